package dev.longhand.bench;

import dev.longhand.base.Problem;
import dev.longhand.desk.DocumentRouter;
import dev.longhand.formats.ModelFile;
import dev.longhand.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How often the right document is among the first 1, 2 and 4 that a way of routing names, by number of documents and kind of
 * question; and among the first 64, which is what another way could still put right.
 *
 * <p>The same sets serve every way, so that their rows compare, question by question.
 */
public final class RoutingBench {
    public static final List<Integer> DOCUMENTS = List.of(16, 256, 4096);
    private static final List<Integer> TOPS = List.of(1, 2, 4, 64);
    static final int TOP_MAX = 64;
    /** What the desk has without a model: BM25 with words that stand close together and stretches of the question lifted. */
    static final String WORDS = "words";
    static final String HEADS = "heads";
    static final String FUSED = "fused";
    /** Percent of quotes and of facts whose document is among the first four, which can be attached. */
    private static final double AMONG_FOUR = 97;

    /** Names documents of one set. */
    public interface Ranker extends AutoCloseable {
        /** At most so many documents, best first, each once. */
        List<Integer> rank(String question, int documentsMax) throws Problem;

        @Override
        default void close() throws Problem {}
    }

    /** A way of routing, prepared for one set. */
    @FunctionalInterface
    public interface Way {
        Ranker open(RoutingSet set) throws Problem;
    }

    /** BM25 alone, and the desk's words. Names of documents do not count. */
    public static Map<String, Way> words() {
        Map<String, Way> ways = new LinkedHashMap<>();
        ways.put("BM25", set -> words(set, false));
        ways.put(WORDS, set -> words(set, true));
        return ways;
    }

    static List<DocumentRouter.Document> texts(List<RoutingSet.Document> documents) {
        return documents.stream().map(d -> new DocumentRouter.Document("", d.text())).toList();
    }

    private static Ranker words(RoutingSet set, boolean isLifting) throws Problem {
        DocumentRouter router = DocumentRouter.of(texts(set.documents()), isLifting);
        return new Ranker() {
            @Override
            public List<Integer> rank(String question, int documentsMax) throws Problem {
                return router.rank(question, documentsMax).stream().map(DocumentRouter.Found::document).toList();
            }

            @Override
            public void close() throws Problem {
                router.close();
            }
        };
    }

    private final Map<String, Way> ways;

    public RoutingBench(Map<String, Way> ways) {
        this.ways = new LinkedHashMap<>(ways);
    }

    /** Of one kind of question, one way and one top, in the order of the questions: 100 or 0. */
    private record Cell(RoutingSet.Kind kind, String way, int top) {
        String row(int documents) {
            return "routing/%d/%s/%s/top-%d".formatted(documents, kind.name().toLowerCase(Locale.ROOT), way, top);
        }
    }

    /**
     * One measure for each way, kind of question and top: {@code "routing/256/quote/words/top-1"}, percent, with standard error.
     * Where words and heads are fused also how much that is better than words alone, in points: it must not be worse by more than
     * the standard error of that difference.
     */
    public List<Measure> run(int documents, List<RoutingSet> sets) throws Problem {
        Map<Cell, List<Double>> hits = new LinkedHashMap<>();
        for (Map.Entry<String, Way> way : ways.entrySet()) {
            for (RoutingSet set : sets) {
                try (Ranker ranker = way.getValue().open(set)) {
                    for (RoutingSet.Question question : set.questions()) {
                        List<Integer> ranked = ranker.rank(question.text(), TOP_MAX);
                        for (int top : TOPS) {
                            boolean isHit = ranked.subList(0, Math.min(top, ranked.size())).contains(question.document());
                            hits.computeIfAbsent(new Cell(question.kind(), way.getKey(), top), r -> new ArrayList<>())
                                    .add(isHit ? 100.0 : 0);
                        }
                    }
                }
            }
        }
        List<Measure> measures = new ArrayList<>();
        hits.forEach((cell, each) -> measures.add(measure(cell.row(documents), Stats.of(each), "%", target(cell), sets.size())));
        hits.forEach((cell, each) -> {
            List<Double> words = hits.get(new Cell(cell.kind, WORDS, cell.top));
            if (cell.way.equals(FUSED) && words != null) {
                Stats gain = gain(each, words);
                measures.add(measure(new Cell(cell.kind, "fused - words", cell.top).row(documents), gain, "points",
                        Optional.of(Target.atLeast(floor(gain.standardError()))), sets.size()));
            }
        });
        return measures;
    }

    private static double floor(double standardError) {
        return standardError == 0 ? 0 : -Math.ceil(100 * standardError) / 100;
    }

    /** Of the same questions, one by one. */
    private static Stats gain(List<Double> some, List<Double> others) {
        double[] gains = new double[some.size()];
        for (int i = 0; i < gains.length; i++) {
            gains[i] = some.get(i) - others.get(i);
        }
        return Stats.of(gains);
    }

    private static Optional<Target> target(Cell cell) {
        boolean isSought = cell.way.equals(FUSED) && cell.top == 4 && cell.kind != RoutingSet.Kind.PARAPHRASE;
        return isSought ? Optional.of(Target.atLeast(AMONG_FOUR)) : Optional.empty();
    }

    private static Measure measure(String row, Stats stats, String unit, Optional<Target> target, int sets) {
        return Measure.of(row, "-", stats.mean(), unit, target, "standard error", stats.standardError(), "questions", stats.count(),
                "sets", sets);
    }

    /** A line for each number of documents, kind and way: the share of hits among the first of each number. */
    public static List<String> table(List<Measure> measures) {
        Map<String, StringBuilder> lines = new LinkedHashMap<>();
        for (Measure each : measures) {
            if (!each.row().contains("/top-")) {
                continue;
            }
            String row = each.row().substring(0, each.row().lastIndexOf('/'));
            lines.computeIfAbsent(row, r -> new StringBuilder("%-46s".formatted(r))).append(String.format(Locale.ROOT,
                    "%8.1f +- %-4.1f", each.figure(), (double) each.details().get("standard error")));
        }
        List<String> table = new ArrayList<>(List.of("%-46s%12s%16s%16s%16s".formatted("", "top-1", "top-2", "top-4", "top-64")));
        lines.values().forEach(l -> table.add(l.toString().stripTrailing()));
        return table;
    }

    /** Prints the table of words alone. */
    public static void main(String[] arguments) throws Problem {
        if (arguments.length != 1) {
            throw new Problem(Problem.Kind.USAGE, "usage: RoutingBench MODEL.gguf, whose tokenizer measures the documents");
        }
        Corpus corpus = Corpus.of(CorpusPlan.WIDE, new PackageFetcher(System.getenv())).half(Half.TEST);
        List<Measure> measures = new ArrayList<>();
        try (ModelFile file = ModelFile.open(Path.of(arguments[0]))) {
            Tokenizer tokenizer = Tokenizer.from(file);
            RoutingQuestions questions =
                    new RoutingQuestions(corpus, text -> tokenizer.encode(text, false).length, LookupTasks.SEED);
            for (int documents : DOCUMENTS) {
                List<RoutingSet> sets = questions.sets(documents);
                System.out.println(documents + " documents, sets " + sets.size() + ", digest " + sets.getFirst().digest());
                measures.addAll(new RoutingBench(words()).run(documents, sets));
            }
        }
        table(measures).forEach(System.out::println);
    }
}
