package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.DocumentRouter;
import dev.longhand.desk.Fusion;
import dev.longhand.desk.Heads;
import dev.longhand.desk.Judge;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Routing by a model's heads: alone, and fused with the desk's words as the desk does it ({@link Fusion}, {@link Heads}).
 *
 * <p>Documents are read when they are first candidates and kept in the folder, where a run that was stopped finds them again. The
 * model belongs to somebody else.
 */
final class HeadsRouting implements AutoCloseable {
    /** Documents that heads look at alone; of more, those that words name first. */
    static final int ALONE_MAX = 256;
    private static final long BYTES_MAX = 64L << 30;
    private static final int PROGRESS_EVERY = 100;

    private final LocalModel model;
    private final Clock clock;
    private final Consumer<String> progress;
    private final Heads heads;
    private final DocumentMemory memory;
    private final Map<String, SegmentRef> read = new HashMap<>(); // by text
    private final List<Double> millis = new ArrayList<>(); // of each opinion on at most Fusion.CANDIDATES_MAX candidates
    private int judged; // candidates of all those opinions

    HeadsRouting(LocalModel model, Path folder, Clock clock, Consumer<String> progress) throws Problem {
        this.model = model;
        this.clock = clock;
        this.progress = progress;
        this.heads = new Heads(model);
        this.memory = model.memory(folder, BYTES_MAX);
    }

    Map<String, RoutingBench.Way> ways() {
        Map<String, RoutingBench.Way> ways = new LinkedHashMap<>();
        ways.put(RoutingBench.HEADS, set -> new Ranker(set, false));
        ways.put(RoutingBench.FUSED, set -> new Ranker(set, true));
        return ways;
    }

    /** The document as the model has read it; read now if it was not. */
    SegmentRef ref(String text) throws Problem {
        SegmentRef ref = read.get(text);
        if (ref == null) {
            int[] tokens = model.tokenize(text);
            ref = memory.read(tokens, new int[tokens.length], new SequenceSpec(tokens.length), Sink.SILENT).segment();
            read.put(text, ref);
            if (read.size() % PROGRESS_EVERY == 0) {
                progress.accept(read.size() + " documents read");
            }
        }
        return ref;
    }

    /** What the heads make of so many of the documents found; the others are not judged. */
    private double[] judge(String question, List<String> texts, int count) throws Problem {
        List<Judge.Candidate> candidates = new ArrayList<>();
        for (String each : texts.subList(0, count)) {
            candidates.add(new Judge.Candidate("", each, Optional.of(ref(each))));
        }
        long start = clock.nanos();
        double[] scores = heads.judge(question, candidates).scores();
        if (count <= Fusion.CANDIDATES_MAX) {
            millis.add(1e3 * clock.secondsSince(start));
            judged += count;
        }
        double[] all = Arrays.copyOf(scores, texts.size());
        Arrays.fill(all, count, all.length, Double.NaN);
        return all;
    }

    /**
     * The documents found in the order of words and heads.
     *
     * @param found by words, best first
     */
    List<DocumentRouter.Found> fused(String question, List<DocumentRouter.Found> found, List<RoutingSet.Document> documents)
            throws Problem {
        int worth = Fusion.worthJudging(found.stream().map(DocumentRouter.Found::score).toList());
        if (worth < 2) {
            return found;
        }
        double[] scores = judge(question, found.stream().map(f -> documents.get(f.document()).text()).toList(), worth);
        return Fusion.order(scores).stream().map(place -> found.get(place.words() - 1)).toList();
    }

    /** Milliseconds that the heads take for a question on documents that were read, and how many candidates those had. */
    List<Measure> cost(String subject, String tier, int documents) {
        if (millis.isEmpty()) {
            return List.of();
        }
        Stats stats = Stats.of(millis);
        Measure measure = Measure.of(subject + "/routing/" + documents + "/heads-time", tier, stats.mean(), "ms", Optional.empty(),
                "standard error", stats.standardError(), "questions", stats.count(), "candidates of one",
                (double) judged / stats.count(), "ms per candidate", stats.mean() * stats.count() / judged);
        millis.clear();
        judged = 0;
        return List.of(measure);
    }

    private final class Ranker implements RoutingBench.Ranker {
        private final RoutingSet set;
        private final boolean isFused;
        private final DocumentRouter words;

        Ranker(RoutingSet set, boolean isFused) throws Problem {
            this.set = set;
            this.isFused = isFused;
            this.words = DocumentRouter.of(RoutingBench.texts(set.documents()), true);
        }

        @Override
        public List<Integer> rank(String question, int documentsMax) throws Problem {
            List<DocumentRouter.Found> found = words.rank(question, documentsMax);
            return isFused ? fused(question, found, set.documents()).stream().map(DocumentRouter.Found::document).toList()
                    : alone(question, found, documentsMax);
        }

        private List<Integer> alone(String question, List<DocumentRouter.Found> found, int documentsMax) throws Problem {
            List<Integer> candidates = set.documents().size() <= ALONE_MAX
                    ? IntStream.range(0, set.documents().size()).boxed().toList()
                    : found.stream().map(DocumentRouter.Found::document).limit(Fusion.CANDIDATES_MAX).toList();
            List<String> texts = candidates.stream().map(c -> set.documents().get(c).text()).toList();
            double[] scores = texts.size() < 2 ? new double[texts.size()] : judge(question, texts, texts.size());
            return IntStream.range(0, scores.length).boxed().sorted(Comparator.comparingDouble((Integer i) -> -scores[i]))
                    .limit(documentsMax).map(candidates::get).toList();
        }

        @Override
        public void close() throws Problem {
            words.close();
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
