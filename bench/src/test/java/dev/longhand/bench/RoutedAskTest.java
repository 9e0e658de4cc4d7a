package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.Desks;
import dev.longhand.desk.Heads;
import dev.longhand.desk.Judge;
import dev.longhand.desk.PartPlan;
import dev.longhand.desk.ReadListener;
import dev.longhand.desk.Recall;
import dev.longhand.desk.Recalled;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.lm.Capability;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.RealModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents are chosen by the heads of a real model. */
class RoutedAskTest {
    private static final String QUESTION = "In which year was the older pump installed?";
    private static final List<String> TEXTS = List.of(
            "The silver moth lays its eggs on birch bark in late August, and the eggs are grey.",
            "The older bridge was installed over the river by a company from the north.",
            "The pump house at Varen runs two pumps. The older one was put there in 1987 and is serviced every spring.",
            "A lamp in the harbour was lit by hand every year, until a new one came.",
            "Every year the older children of the village plant a tree beside the school.");

    /** Heads of SmolLM2 that calibration finds. */
    private static final int[] HEADS = {9, 23, 24, 43, 51, 52, 56, 58, 61, 62, 69, 71, 72, 79, 84};

    @TempDir
    private Path temp;

    private static BitSet sensitive() {
        BitSet heads = new BitSet();
        for (int head : HEADS) {
            heads.set(head);
        }
        return heads;
    }

    private static LocalModel open(LookupOptions lookup) throws Problem {
        return LocalModel.open(RealModels.smolLm2(), "test", "0".repeat(64),
                EngineOptions.DEFAULT.withKvBytesMax(1L << 30).withLookup(lookup), Clock.SYSTEM);
    }

    /**
     * Goal: the heads give a document most when it is the one that is quoted, and the same whatever the order. Method: questions
     * that hold a stretch of each document in turn; again with the candidates turned round.
     */
    @Test
    void headsFindTheDocumentThatIsQuoted() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT.withSensitive(sensitive()));
                DocumentMemory memory = model.memory(temp.resolve("memory"), 1L << 30)) {
            assertThat(model.capabilities()).contains(Capability.ROUTE);
            List<Judge.Candidate> candidates = new ArrayList<>();
            for (String text : TEXTS) {
                int[] tokens = model.tokenize(text);
                SegmentRef ref = memory.read(tokens, new int[tokens.length], new SequenceSpec(tokens.length), Sink.SILENT)
                        .segment();
                candidates.add(new Judge.Candidate("", text, Optional.of(ref)));
            }
            candidates.add(new Judge.Candidate("", "never read", Optional.empty()));
            List<double[]> byQuestion = new ArrayList<>();
            for (int right = 0; right < TEXTS.size(); right++) {
                String question = "Where does it say \"" + TEXTS.get(right).substring(4, 60) + "\"?";
                Judge.Opinion opinion = new Heads(model).judge(question, candidates);
                double[] scores = opinion.scores();
                byQuestion.add(scores);
                assertThat(scores[TEXTS.size()]).isNaN();
                assertThat(opinion.usage().readTokens()).isBetween(8, 64);
                double[] turned = new Heads(model).judge(question, candidates.reversed()).scores();
                for (int i = 0; i < TEXTS.size(); i++) {
                    assertThat(turned[scores.length - 1 - i]).isEqualTo(scores[i]);
                }
            }
            for (int document = 0; document < TEXTS.size(); document++) {
                for (double[] scores : byQuestion) {
                    assertThat(byQuestion.get(document)[document]).as("document %d", document).isGreaterThanOrEqualTo(
                            scores[document]);
                }
            }
        }
    }

    /** Goal: what is asked is answered from the document routed, and says how it was routed. Method: a desk, cold, then read. */
    @Test
    void asksWithTheDocumentThatWordsAndHeadsName() throws Exception {
        Path documents = Files.createDirectories(temp.resolve("docs"));
        for (int i = 0; i < TEXTS.size(); i++) {
            Files.writeString(documents.resolve("text" + i + ".md"), TEXTS.get(i) + "\n");
        }
        Desks desks = new Desks(new Home(temp.resolve("home").toAbsolutePath()), Disk.REAL, Clock.SYSTEM);
        AskSpec spec = AskSpec.DEFAULT.withAnswerTokensMax(32).withRecall(new Recall(1, 0.5, 0));
        try (LocalModel model = open(LookupOptions.DEFAULT.withSensitive(sensitive()));
                Desk desk = desks.forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
            try (DeskMemory memory = DeskMemory.open(desk, model, PartPlan.DEFAULT, 1L << 30)) {
                Ask ask = new Ask(desk, model).withMemory(memory, line -> { });
                AskResult cold = ask.ask(QUESTION, spec, Sink.SILENT);
                assertThat(cold.recalled().routing().why()).isEqualTo("the model has read none of them");
                for (int i = 0; i < TEXTS.size(); i++) {
                    memory.segments("text" + i + ".md", Sink.SILENT);
                }
                AskResult warm = ask.ask(QUESTION, spec, Sink.SILENT);
                Recalled.Routing routing = warm.recalled().routing();
                assertThat(routing.judged()).isEqualTo(routing.candidates()).isGreaterThan(1);
                Recalled.Attachment attached = warm.recalled().documents().getFirst();
                assertThat(attached.path()).isEqualTo("text2.md");
                assertThat(attached.place().heads()).isBetween(1, routing.judged());
                assertThat(warm.text()).contains("1987");
            }
        }
        try (LocalModel model = open(LookupOptions.DEFAULT); Desk desk = desks.forFolder(documents, "d")) {
            assertThat(model.capabilities()).contains(Capability.ATTACH).doesNotContain(Capability.ROUTE);
            try (DeskMemory memory = DeskMemory.open(desk, model, PartPlan.DEFAULT, 1L << 30)) {
                Ask.Prepared prepared = new Ask(desk, model).withMemory(memory, line -> { }).prepare(QUESTION, spec);
                assertThat(prepared.routing().why()).startsWith("test is not calibrated");
            }
        }
    }
}
