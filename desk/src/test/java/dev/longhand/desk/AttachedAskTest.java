package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Sink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions that are asked with documents attached. */
class AttachedAskTest {
    private static final String QUESTION = "When was the older pump unit installed?";
    private static final AskSpec SPEC = AskSpec.DEFAULT.withRecall(new Recall(2, 0.3, 0));

    @TempDir
    private Path temp;
    private Path documents;
    private Desk desk;
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void openDesk() throws Exception {
        documents = Files.createDirectories(temp.resolve("docs"));
        write("pump.md", "# Pumps\n\nThe pump house at Varen runs two electric pumps.\nThe older unit was installed in 1987.\n\n"
                + filler("pump", 60) + "\nA new pump unit was painted green in 2011.\n");
        write("moth.md", "# Moths\n\nThe silver moth lays its eggs on birch bark.\n" + filler("moth", 60));
        desk = new Desks(new Home(temp.resolve("home")), Disk.REAL, Clock.SYSTEM).forFolder(documents, "d");
        desk.refresh(ReadListener.SILENT);
    }

    private static String filler(String word, int lines) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lines; i++) {
            text.append("Line %d tells %s something of %s%d and more.\n".formatted(i, i % 2 == 0 ? "us" : "them", word, i));
        }
        return text.toString();
    }

    @AfterEach
    void closeDesk() {
        desk.close();
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(documents.resolve(name), text);
    }

    private static FakeModel model() {
        return FakeModel.attaching(2048, p -> p.contains("installed in 1987") ? "The older unit was installed in 1987."
                : p.contains("installed in 1999") ? "The older unit was installed in 1999." : "Nobody knows.");
    }

    private DeskMemory memory(FakeModel model) throws Problem {
        return DeskMemory.open(desk, model, new PartPlan(256), 1 << 20);
    }

    private AskResult ask(FakeModel model) throws Problem {
        return ask(model, SPEC, Sink.SILENT);
    }

    private AskResult ask(FakeModel model, AskSpec spec, Sink sink) throws Problem {
        try (DeskMemory memory = memory(model)) {
            return new Ask(desk, model).withMemory(memory, told::add).ask(QUESTION, spec, sink);
        }
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.list(desk.memoryFolder())) {
            return files.filter(f -> f.toString().endsWith(".segment")).sorted().toList();
        }
    }

    /**
     * Goal: the document is read once and attached, and the page can say so. Method: ask twice, the second time with a new model.
     */
    @Test
    void readsTheRightPartOnceAndAttachesIt() throws Exception {
        AskResult first = ask(model());
        assertThat(first.text()).isEqualTo("The older unit was installed in 1987.");
        Recalled.Attachment best = first.recalled().documents().getFirst();
        assertThat(best.path()).isEqualTo("pump.md");
        assertThat(best.part()).isZero();
        assertThat(best.parts()).isGreaterThan(1);
        assertThat(best.isRead()).isTrue();
        assertThat(best.score()).isPositive();
        assertThat(best.found()).extracting(Passage::text).anySatisfy(t -> assertThat(t).contains("installed in 1987"));
        assertThat(first.recalled().attachedTokens()).isEqualTo(first.recalled().readTokens()).isPositive();
        assertThat(told.getFirst()).matches("reading \\d parts? of pump\\.md \\([0-9,]+ tokens\\)");
        assertThat(first.usage().readTokens()).isEqualTo(first.recalled().readTokens() + first.promptTokens());
        told.clear();
        AskResult second = ask(model());
        assertThat(second.text()).isEqualTo(first.text());
        assertThat(second.recalled().readTokens()).isZero();
        assertThat(second.recalled().attachedTokens()).isEqualTo(first.recalled().attachedTokens());
        assertThat(told).isEmpty();
        assertThat(second.notes()).isEmpty();
    }

    /** Goal: whatever the model does for a question, it does for who asks. Method: read, judge and answer; then from the prompt. */
    @Test
    void theModelWorksForTheTenantWhoAsks() throws Exception {
        FakeModel model = model();
        model.relevanceOf = (question, text) -> text.contains("1987") ? 1 : 0;
        try (DeskMemory memory = memory(model)) {
            Ask ask = new Ask(desk, model).withTenant("red").withMemory(memory, told::add);
            ask.ask("Which pump unit does the silver moth use, the older unit?", SPEC, Sink.SILENT);
            ask.ask("Which pump unit does the silver moth use, the older unit?", SPEC, Sink.SILENT);
            assertThat(told).isNotEmpty();
            assertThat(model.tenants).containsExactly("red");
            ask.ask(QUESTION, SPEC.withRecall(Recall.NONE), Sink.SILENT);
            assertThat(model.tenants).containsExactly("red");
        }
        try (DeskMemory memory = memory(model)) {
            Ask late = new Ask(desk, model).withMemory(memory, told::add);
            assertThatThrownBy(() -> late.withTenant("red")).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Goal: citations are the lines that were attended to, in the file now. Method: the fake attends to the words that it says. */
    @Test
    void citesTheLinesThatTheAnswerAttendedTo() throws Exception {
        AskResult result = ask(model());
        Citation first = result.citations().getFirst();
        assertThat(first.state()).isEqualTo(Citation.State.VERIFIED);
        assertThat(first.quote()).contains("installed in 1987");
        List<String> lines = Files.readAllLines(documents.resolve("pump.md"));
        assertThat(first.quote()).isEqualTo(String.join("\n", lines.subList(first.quoteFirst() - 1, first.quoteLast())));
        AskResult.Sentence sentence = result.sentences().getFirst();
        assertThat(sentence.isSupported()).isTrue();
        AskResult.Carrier carrier = sentence.carriers().getFirst();
        assertThat(carrier.path()).isEqualTo("pump.md");
        assertThat(lines.subList(carrier.lineFirst() - 1, carrier.lineLast())).anySatisfy(l -> assertThat(l).contains("1987"));
        assertThat(sentence.carriers().stream().mapToDouble(AskResult.Carrier::share).sum()).isBetween(0.1, 1.0);
        assertThat(first.lineFirst()).isGreaterThanOrEqualTo(carrier.lineFirst());
        assertThat(first.lineLast()).isLessThanOrEqualTo(carrier.lineLast());
        assertThat(result.recalled().lookedUpTokens()).isPositive().isLessThanOrEqualTo(result.recalled().attachedTokens());
    }

    /** Goal: a change of a document is read, and only it. Method: change the fact, refresh, ask. */
    @Test
    void readsAgainOnlyWhatChanged() throws Exception {
        FakeModel model = model();
        ask(model);
        write("pump.md", Files.readString(documents.resolve("pump.md")).replace("1987", "1999"));
        desk.refresh(ReadListener.SILENT);
        AskResult changed = ask(model);
        assertThat(changed.text()).contains("1999");
        assertThat(model.memories.getLast().read).hasSize(1);
        assertThat(changed.recalled().documents().getFirst().isRead()).isTrue();
    }

    /** Goal: damage changes no answer, and is told. Method: overwrite every segment; ask again; then once more. */
    @Test
    void readsADamagedDocumentAgainAndAnswersTheSame() throws Exception {
        AskResult whole = ask(model());
        for (Path segment : segments()) {
            Files.writeString(segment, "rubbish");
        }
        StringBuilder streamed = new StringBuilder();
        AskResult damaged = ask(model(), SPEC, streamed::append);
        assertThat(damaged.text()).isEqualTo(whole.text()).isEqualTo(streamed.toString());
        assertThat(damaged.notes()).anySatisfy(n -> assertThat(n).startsWith("the memory of pump.md:1-")
                .endsWith("it was read again"));
        assertThat(damaged.recalled().documents().getFirst().isRead()).isTrue();
        assertThat(ask(model()).notes()).isEmpty();
    }

    /** Goal: a full desk still answers. Method: a quota that takes nothing. */
    @Test
    void answersWhereNothingMoreCanBeKeptAndSaysWhy() throws Exception {
        FakeModel model = model();
        try (DeskMemory memory = DeskMemory.open(desk, model, new PartPlan(256), 1)) {
            AskResult result = new Ask(desk, model).withMemory(memory, told::add).ask(QUESTION, SPEC, Sink.SILENT);
            assertThat(result.text()).contains("1987");
            assertThat(result.notes()).anySatisfy(n -> assertThat(n).contains("is not kept").contains("the limit is 1 bytes"));
        }
        assertThat(segments()).isEmpty();
    }

    @Test
    void asksWithPassagesWhereTheModelCannotAttachAndSaysSo() throws Exception {
        FakeModel plain = new FakeModel(p -> "In 1987.");
        AskResult result = new Ask(desk, plain).ask(QUESTION, SPEC, Sink.SILENT);
        assertThat(result.recalled().documents()).isEmpty();
        assertThat(result.notes()).contains("fake cannot attach documents; passages stand in the prompt");
        assertThat(plain.promptLast).contains("installed in 1987");
        assertThat(DeskMemory.of(desk, plain)).isEmpty();
        assertThatThrownBy(() -> memory(plain)).isInstanceOf(Problem.class);
    }

    /** Goal: parts that do not fit are never cut. Method: a model that takes less than a passage at once. */
    @Test
    void fallsBackToThePromptWhereAModelTakesTooLittleAtOnce() throws Exception {
        AskResult result = ask(FakeModel.attaching(16, p -> "In 1987."));
        assertThat(result.recalled().documents()).isEmpty();
        assertThat(result.notes()).anySatisfy(n -> assertThat(n).contains("passages stand in the prompt"));
        assertThat(result.citations().getFirst().quote()).contains("1987");
    }

    /** Goal: only what is asked for is attached. Method: one part, two parts, and the best passage's text again. */
    @Test
    void attachesAsManyPartsAsAskedAndRepeatsTextWhereAsked() throws Exception {
        FakeModel model = model();
        assertThat(ask(model, SPEC.withRecall(new Recall(1, 0, 0)), Sink.SILENT).recalled().documents()).hasSize(1);
        assertThat(model.promptLast.split("installed in 1987", -1)).hasSize(2);
        AskResult many = ask(model, SPEC.withRecall(new Recall(4, 0, 0)), Sink.SILENT);
        assertThat(many.recalled().documents()).hasSizeGreaterThan(1).isSortedAccordingTo((a, b) -> Double.compare(b.score(),
                a.score()));
        assertThat(many.context()).containsAll(many.citations().stream().map(Citation::passage).toList());
        ask(model, SPEC.withRecall(new Recall(1, 0, 1)), Sink.SILENT);
        assertThat(model.promptLast.split("installed in 1987", -1)).hasSize(3);
    }

    /**
     * Goal: the model's heads lift a document above where words had it, once it was read, and what that cost is counted. Method:
     * heads that want the reeds; nothing was read, then all but the part that words have first.
     */
    @Test
    void heedsTheHeadsOnDocumentsThatWereRead() throws Exception {
        for (String wood : List.of("birch", "alder", "willow")) {
            write(wood + ".md", "# Woods\n\nThe older pump unit of the " + wood + " wood was not installed early.\n"
                    + filler(wood, 20));
        }
        write("reed.md", "# Reeds\n\nAn older unit for reeds was an installed pump.\n" + filler("reed", 20));
        desk.refresh(ReadListener.SILENT);
        FakeModel model = model();
        model.relevanceOf = (question, text) -> text.contains("Reeds") ? 1 : 0;
        AskSpec spec = SPEC.withRecall(new Recall(1, 0, 0));
        AskResult cold = ask(model, spec, Sink.SILENT);
        assertThat(cold.recalled().routing().judged()).isZero();
        assertThat(cold.recalled().routing().why()).isEqualTo("the model has read none of them");
        assertThat(cold.recalled().documents().getFirst().place()).isEqualTo(new Fusion.Place(1, 0));
        try (DeskMemory memory = memory(model)) {
            for (String path : List.of("birch.md", "alder.md", "willow.md", "reed.md", "moth.md")) {
                memory.segments(path, Sink.SILENT);
            }
        }
        AskResult warm = ask(model, spec.withRecall(new Recall(16, 0, 0)), Sink.SILENT);
        Recalled recalled = warm.recalled();
        assertThat(recalled.routing().judged()).isGreaterThan(2).isLessThanOrEqualTo(recalled.routing().candidates());
        Recalled.Attachment reeds = recalled.documents().stream().filter(a -> a.path().equals("reed.md")).findFirst().orElseThrow();
        assertThat(reeds.place().heads()).isEqualTo(1);
        assertThat(reeds.place().words()).isGreaterThan(1);
        assertThat(recalled.documents().indexOf(reeds)).isLessThan(reeds.place().words() - 1);
        assertThat(warm.usage().readTokens()).isGreaterThan(recalled.readTokens() + warm.promptTokens());
    }

    @Test
    void saysThatWordsAloneChoseWhereTheModelIsNotCalibrated() throws Exception {
        assertThat(ask(model()).recalled().routing().why())
                .isEqualTo("fake is not calibrated; longhand desk calibrate does that once");
    }

    /** Goal: another judge can take the heads' place. Method: one that wants what words have last. */
    @Test
    void takesAnotherJudge() throws Exception {
        FakeModel model = model();
        List<String> judged = new ArrayList<>();
        Judge last = (question, candidates) -> {
            double[] scores = new double[candidates.size()];
            for (int i = 0; i < scores.length; i++) {
                judged.add(candidates.get(i).path());
                assertThat(candidates.get(i).text()).contains("<source>");
                scores[i] = i;
            }
            return new Judge.Opinion(scores, dev.longhand.lm.Usage.NONE, "");
        };
        try (DeskMemory memory = memory(model)) {
            AskResult result = new Ask(desk, model).withMemory(memory, last, told::add).ask(QUESTION,
                    SPEC.withRecall(new Recall(2, 1, 0)), Sink.SILENT);
            assertThat(judged).hasSizeGreaterThan(1).contains("pump.md");
            assertThat(result.recalled().documents()).extracting(a -> a.place().heads()).contains(1);
        }
    }

    /**
     * Goal: documents are not cut for a judge that cannot tell. Method: more documents of the same words than passages are chosen,
     * once with a judge that can tell.
     */
    @Test
    void looksAtNoMoreThanWordsWantWhereNobodyCanJudge() throws Exception {
        for (int i = 0; i < 20; i++) {
            write("unit%02d.md".formatted(i), "# Unit " + i + "\n\nNobody knows when the older pump unit was installed.\n"
                    + filler("u" + i + "x", 9));
        }
        desk.refresh(ReadListener.SILENT);
        FakeModel model = model();
        try (DeskMemory memory = memory(model)) {
            Ask.Prepared alone = new Ask(desk, model).withMemory(memory, told::add).prepare(QUESTION, SPEC);
            assertThat(alone.routing().candidates()).isBetween(1, SPEC.passagesMax());
            model.relevanceOf = (question, text) -> 1;
            Ask.Prepared judged = new Ask(desk, model).withMemory(memory, told::add).prepare(QUESTION, SPEC);
            assertThat(judged.routing().candidates()).isBetween(SPEC.passagesMax() + 1, Fusion.CANDIDATES_MAX);
            assertThat(judged.context()).first().isEqualTo(alone.context().getFirst());
        }
    }

    /** Goal: memory that is damaged when heads look at it costs a note in the routing, not the answer. */
    @Test
    void answersWhereHeadsMeetDamage() throws Exception {
        FakeModel model = model();
        model.relevanceOf = (question, text) -> 1;
        String whole = ask(model, SPEC.withRecall(new Recall(4, 0, 0)), Sink.SILENT).text();
        for (Path segment : segments()) {
            Files.writeString(segment, "rubbish");
        }
        AskResult damaged = ask(model, SPEC.withRecall(new Recall(4, 0, 0)), Sink.SILENT);
        assertThat(damaged.text()).isEqualTo(whole);
        assertThat(damaged.recalled().routing().judged()).isZero();
        assertThat(damaged.recalled().routing().why()).contains("cannot be used");
    }

    /** Goal: a question too long to be worth it is answered by words alone. */
    @Test
    void judgesNoLongQuestions() throws Exception {
        FakeModel model = model();
        model.relevanceOf = (question, text) -> 1;
        try (DeskMemory memory = memory(model)) {
            memory.segments("pump.md", Sink.SILENT);
            String question = QUESTION + " pump".repeat(Heads.QUESTION_TOKENS_MAX);
            AskResult result = new Ask(desk, model).withMemory(memory, told::add).ask(question, SPEC, Sink.SILENT);
            assertThat(result.recalled().routing().why()).isEqualTo("the question is long");
            assertThat(model.judged).isZero();
        }
    }

    /** Goal: a Ctrl-C while documents are read ends the question. Method: a sink that is cancelled when reading begins. */
    @Test
    void endsWhereItIsStoppedWhileItReads() {
        boolean[] isReading = new boolean[1];
        Sink stopped = new Sink() {
            @Override
            public void text(String piece) {}

            @Override
            public void reading(int done, int total) {
                isReading[0] = true;
            }

            @Override
            public boolean isCancelled() {
                return isReading[0];
            }
        };
        assertThatThrownBy(() -> ask(model(), SPEC, stopped)).isInstanceOfSatisfying(Problem.class,
                p -> assertThat(p.kind()).isEqualTo(Problem.Kind.CANCELLED));
    }

    /** Goal: a desk that is removed while it is asked still answers. Method: remove it between finding and answering. */
    @Test
    void answersFromADeskThatIsRemovedMeanwhileAndLeavesNothingOfIt() throws Exception {
        FakeModel model = model();
        Path folder = desk.memoryFolder().getParent();
        try (DeskMemory memory = memory(model)) {
            Ask ask = new Ask(desk, model).withMemory(memory, told::add);
            Ask.Prepared prepared = ask.prepare(QUESTION, SPEC);
            new Desks(new Home(temp.resolve("home")), Disk.REAL, Clock.SYSTEM).remove("d");
            AskResult result = ask.answer(QUESTION, prepared, SPEC, Sink.SILENT);
            assertThat(result.text()).contains("1987");
            assertThat(result.notes()).anySatisfy(n -> assertThat(n).contains("is not kept: desk d was removed meanwhile"));
            assertThat(result.citations().getFirst().quote()).contains("installed in 1987");
        }
        assertThat(folder).doesNotExist();
    }

    /** Goal: memory that vanishes between finding and attaching is read again. Method: a model that loses it once. */
    @Test
    void readsAgainWhatAnotherProcessRemoved() throws Exception {
        ask(model());
        FakeModel model = model();
        try (DeskMemory memory = memory(model)) {
            Ask ask = new Ask(desk, model).withMemory(memory, line -> { });
            Ask.Prepared prepared = ask.prepare(QUESTION, SPEC);
            model.beforeAttach = () -> {
                model.beforeAttach = () -> { };
                try {
                    for (Path each : segments()) {
                        Files.delete(each);
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            };
            AskResult result = ask.answer(QUESTION, prepared, SPEC, Sink.SILENT);
            assertThat(result.text()).contains("1987");
            assertThat(result.notes()).anySatisfy(n -> assertThat(n).contains("it was read again"));
        }
    }
}
