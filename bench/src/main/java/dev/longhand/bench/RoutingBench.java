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
 * <p>Documents are of the test half. The same sets serve every way, so that their rows compare.
 */
public final class RoutingBench {
    static final List<Integer> DOCUMENTS = List.of(16, 256, 4096);
    private static final List<Integer> TOPS = List.of(1, 2, 4, 64);
    private static final int TOP_MAX = 64;

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

    /** What the desk has without a model: words, and words that stand close together. Names of documents do not count. */
    public static Map<String, Way> words() {
        Map<String, Way> ways = new LinkedHashMap<>();
        ways.put("BM25", set -> words(set, false));
        ways.put("BM25-close", set -> words(set, true));
        return ways;
    }

    private static Ranker words(RoutingSet set, boolean prefersClose) throws Problem {
        List<DocumentRouter.Document> documents =
                set.documents().stream().map(d -> new DocumentRouter.Document("", d.text())).toList();
        DocumentRouter router = DocumentRouter.of(documents, prefersClose);
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

    /** One measure for each way, kind of question and top: {@code "routing/256/QUOTE/BM25/top-1"}, percent, with standard error. */
    public List<Measure> run(int documents, List<RoutingSet> sets) throws Problem {
        Map<String, List<Double>> hits = new LinkedHashMap<>();
        for (Map.Entry<String, Way> way : ways.entrySet()) {
            for (RoutingSet set : sets) {
                try (Ranker ranker = way.getValue().open(set)) {
                    for (RoutingSet.Question question : set.questions()) {
                        List<Integer> ranked = ranker.rank(question.text(), TOP_MAX);
                        for (int top : TOPS) {
                            boolean isHit = ranked.subList(0, Math.min(top, ranked.size())).contains(question.document());
                            hits.computeIfAbsent(row(documents, question.kind(), way.getKey(), top), r -> new ArrayList<>())
                                    .add(isHit ? 100.0 : 0);
                        }
                    }
                }
            }
        }
        List<Measure> measures = new ArrayList<>();
        hits.forEach((row, each) -> {
            Stats stats = Stats.of(each);
            measures.add(Measure.of(row, "-", stats.mean(), "%", Optional.empty(), "standard error", stats.standardError(),
                    "questions", stats.count(), "sets", sets.size()));
        });
        return measures;
    }

    private static String row(int documents, RoutingSet.Kind kind, String way, int top) {
        return "routing/%d/%s/%s/top-%d".formatted(documents, kind.name().toLowerCase(Locale.ROOT), way, top);
    }

    /** A line for each number of documents, kind and way: the share of hits among the first of each number. */
    public static List<String> table(List<Measure> measures) {
        Map<String, StringBuilder> lines = new LinkedHashMap<>();
        for (Measure each : measures) {
            String row = each.row().substring(0, each.row().lastIndexOf('/'));
            lines.computeIfAbsent(row, r -> new StringBuilder("%-36s".formatted(r))).append(String.format(Locale.ROOT,
                    "%8.1f +- %-4.1f", each.figure(), (double) each.details().get("standard error")));
        }
        List<String> table = new ArrayList<>(List.of("%-36s%12s%16s%16s%16s".formatted("", "top-1", "top-2", "top-4", "top-64")));
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
