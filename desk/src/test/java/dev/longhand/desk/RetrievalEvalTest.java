package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.SourcePackages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How well questions find their sources, over real documents. No model is needed: the answer does not change the sources. */
class RetrievalEvalTest {
    private static final long SEED = 20261123;
    private static final Map<String, Desk> DESKS = new HashMap<>();

    @TempDir
    private static Path temp;

    /** Which places a method would send the reader to. */
    @FunctionalInterface
    private interface Method {
        List<Place> places(EvalData.Question question) throws Problem;
    }

    private record Place(String path, int first, int last) {
        private static Place of(Passage passage) {
            return new Place(passage.path(), passage.lineFirst(), passage.lineLast());
        }
    }

    @BeforeAll
    static void readDocuments() throws Problem {
        Desks desks = new Desks(new Home(temp.toAbsolutePath()), Disk.REAL, Clock.SYSTEM);
        for (String corpus : List.of("docs", "click", "urllib3", "pypinyin")) {
            Desk desk = desks.forFolder(folder(corpus), corpus);
            desk.refresh(ReadListener.SILENT);
            DESKS.put(corpus, desk);
        }
    }

    @AfterAll
    static void closeDesks() {
        DESKS.values().forEach(Desk::close);
        DESKS.clear();
    }

    private static Path folder(String corpus) {
        return corpus.equals("docs")
                ? Path.of("..", "docs").toAbsolutePath().normalize()
                : SourcePackages.valueOf(corpus.toUpperCase(java.util.Locale.ROOT)).folder();
    }

    /** Goal: the right passage is among the first three citations. Method: 60 questions; random and BM25's first beside it. */
    @Test
    void findsTheRightPassageAmongTheFirstThreeCitations() throws Exception {
        List<EvalData.Question> questions = EvalData.questions();
        Gen gen = new Gen(SEED);
        Map<String, Method> methods = new java.util.LinkedHashMap<>();
        methods.put("random 3", q -> random(q, gen));
        methods.put("BM25 first", q ->
                DESKS.get(q.corpus()).router().route(q.text(), 1).stream().map(r -> Place.of(r.passage())).toList());
        methods.put("ask, 3 passages", q -> context(q).stream().limit(3).map(Place::of).toList());
        methods.put("ask, 3 quotes", q -> cited(q).stream().map(c -> new Place(c.path(), c.quoteFirst(), c.quoteLast())).toList());
        methods.put("ask, 3 citations", q -> cited(q).stream().map(c -> new Place(c.path(), c.lineFirst(), c.lineLast())).toList());
        Map<String, Double> literal = new HashMap<>();
        System.out.println("method            literal  paraphrase  CJK literal  CJK paraphrase");
        for (Map.Entry<String, Method> each : methods.entrySet()) {
            double[] shares = new double[4];
            for (int part = 0; part < 4; part++) {
                boolean isLiteral = part % 2 == 0;
                boolean cjkOnly = part >= 2;
                List<EvalData.Question> asked = questions.stream()
                        .filter(q -> q.isLiteral() == isLiteral && (!cjkOnly || q.corpus().equals("pypinyin"))).toList();
                shares[part] = share(asked, each.getValue(), each.getKey().equals("ask, 3 citations") && isLiteral && !cjkOnly);
            }
            literal.put(each.getKey(), shares[0]);
            System.out.printf("%-17s %6.1f%%  %9.1f%%  %10.1f%%  %13.1f%%%n", each.getKey(), shares[0], shares[1], shares[2],
                    shares[3]);
        }
        assertThat(literal.get("ask, 3 citations")).as("literal half").isGreaterThanOrEqualTo(85);
        assertThat(literal.get("random 3")).isLessThan(literal.get("BM25 first"));
    }

    private static double share(List<EvalData.Question> questions, Method method, boolean printsMisses) throws Problem,
            IOException {
        int right = 0;
        for (EvalData.Question question : questions) {
            int[] target = target(question);
            boolean found = method.places(question).stream()
                    .anyMatch(p -> p.path().equals(question.file()) && p.first() <= target[1] && target[0] <= p.last());
            right += found ? 1 : 0;
            if (!found && printsMisses) {
                System.out.println("miss " + question.id() + " " + question.text() + " -> " + method.places(question));
            }
        }
        return 100.0 * right / questions.size();
    }

    private static List<Place> random(EvalData.Question question, Gen gen) throws Problem {
        List<Passage> all = DESKS.get(question.corpus()).allPassages();
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            places.add(Place.of(all.get(gen.between(0, all.size()))));
        }
        return places;
    }

    private static List<Passage> context(EvalData.Question question) throws Problem {
        try {
            return new Ask(DESKS.get(question.corpus()), new FakeModel(p -> "")).prepare(question.text(), AskSpec.DEFAULT)
                    .context();
        } catch (Problem e) {
            assertThat(e.kind()).isEqualTo(Problem.Kind.NOT_FOUND);
            return List.of();
        }
    }

    private static List<Citation> cited(EvalData.Question question) throws Problem {
        if (context(question).isEmpty()) {
            return List.of();
        }
        return new Ask(DESKS.get(question.corpus()), new FakeModel(p -> "")).ask(question.text(), AskSpec.DEFAULT, Sink.SILENT)
                .citations();
    }

    /** Goal: every printed quote is in its file, at its lines. Method: read the files here, by other means. */
    @Test
    void printsOnlyQuotesThatAreInTheFile() throws Exception {
        int quotes = 0;
        for (EvalData.Question question : EvalData.questions()) {
            for (Citation citation : cited(question)) {
                assertThat(citation.state()).isEqualTo(Citation.State.VERIFIED);
                assertThat(citation.lineLast() - citation.lineFirst() + 1).isBetween(1, 30);
                List<String> lines = Files.readAllLines(folder(question.corpus()).resolve(citation.path()));
                assertThat(citation.quoteFirst()).isBetween(citation.lineFirst(), citation.lineLast());
                assertThat(citation.quoteLast()).isBetween(citation.quoteFirst(), citation.lineLast());
                String inFile = String.join("\n", lines.subList(citation.quoteFirst() - 1, citation.quoteLast()));
                assertThat(inFile.replace("\r", "")).as(question.id() + " " + citation.place())
                        .startsWith(citation.quote().replace("\r", ""));
                assertThat(citation.quote()).isNotBlank();
                quotes++;
            }
        }
        System.out.println("quotes verified: " + quotes);
        assertThat(quotes).isGreaterThan(100);
    }

    /** Goal: the targets exist and the halves are what they claim. Method: find each quote; compare stems. */
    @Test
    void asksHalfOfTheQuestionsInOtherWordsThanTheTargets() throws Exception {
        List<EvalData.Question> questions = EvalData.questions();
        assertThat(questions).hasSize(60);
        assertThat(questions.stream().filter(EvalData.Question::isLiteral)).hasSize(30);
        assertThat(questions.stream().filter(q -> q.corpus().equals("pypinyin"))).hasSize(10);
        for (EvalData.Question question : questions) {
            int[] target = target(question);
            if (question.from() > 0) {
                assertThat(question.from()).as(question.id()).isLessThanOrEqualTo(target[0]);
                assertThat(question.to()).as(question.id()).isGreaterThanOrEqualTo(target[1]);
            }
            if (!question.isLiteral()) {
                Words words = new Words();
                int[] lines = question.from() > 0 ? new int[] {question.from(), question.to()} : target;
                List<String> all = Files.readAllLines(folder(question.corpus()).resolve(question.file()));
                Set<String> shared = new HashSet<>(words.contentStems(question.text()));
                shared.retainAll(words.contentStems(String.join("\n", all.subList(lines[0] - 1, lines[1]))));
                assertThat(shared).as(question.id() + " " + question.text()).isEmpty();
            }
        }
    }

    /** First and last line of the words that the question is about. */
    private static int[] target(EvalData.Question question) throws IOException {
        List<String> lines = Files.readAllLines(folder(question.corpus()).resolve(question.file()));
        String wanted = plain(question.quote());
        for (int first = 0; first < lines.size(); first++) {
            StringBuilder window = new StringBuilder();
            for (int last = first; last < Math.min(lines.size(), first + 12); last++) {
                window.append(' ').append(lines.get(last));
                if (plain(window.toString()).contains(wanted)) {
                    return plain(String.join(" ", lines.subList(first + 1, last + 1))).contains(wanted)
                            ? shrink(lines, first, last, wanted)
                            : new int[] {first + 1, last + 1};
                }
            }
        }
        throw new AssertionError(question.id() + ": " + question.file() + " no longer holds \"" + question.quote() + "\"");
    }

    private static int[] shrink(List<String> lines, int first, int last, String wanted) {
        int from = first;
        while (plain(String.join(" ", lines.subList(from + 1, last + 1))).contains(wanted)) {
            from++;
        }
        return new int[] {from + 1, last + 1};
    }

    private static String plain(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
