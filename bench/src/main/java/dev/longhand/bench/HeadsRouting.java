package dev.longhand.bench;

import dev.longhand.base.Problem;
import dev.longhand.desk.DocumentRouter;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.Message;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Routing by a model's heads: alone over all documents, and over the best of the desk's words, fused with them by reciprocal rank.
 *
 * <p>Documents are read when they are first candidates and kept in the folder. The model belongs to somebody else.
 */
final class HeadsRouting {
    /** Candidates of words that the heads look at. */
    static final int CANDIDATES = 64;
    /** Of reciprocal rank fusion: the smaller, the more the first ranks count. Chosen, with the weight, on the tuning half. */
    private static final int RANK_OFFSET = 2;
    private static final double WORDS_WEIGHT = 2;
    private static final long BYTES_MAX = 64L << 30;

    private final LocalModel model;
    private final Path folder;

    HeadsRouting(LocalModel model, Path folder) {
        this.model = model;
        this.folder = folder;
    }

    Map<String, RoutingBench.Way> ways(boolean isAlone) {
        Map<String, RoutingBench.Way> ways = new LinkedHashMap<>();
        ways.put("fused", set -> new Heads(set, true));
        if (isAlone) {
            ways.put("heads", set -> new Heads(set, false));
        }
        return ways;
    }

    private final class Heads implements RoutingBench.Ranker {
        private final RoutingSet set;
        private final boolean isFused;
        private final DocumentRouter words;
        private final DocumentMemory memory;
        private final Map<Integer, SegmentRef> read = new HashMap<>();

        Heads(RoutingSet set, boolean isFused) throws Problem {
            this.set = set;
            this.isFused = isFused;
            List<DocumentRouter.Document> texts =
                    set.documents().stream().map(d -> new DocumentRouter.Document("", d.text())).toList();
            this.words = DocumentRouter.of(texts, true);
            this.memory = model.memory(folder, BYTES_MAX);
        }

        @Override
        public List<Integer> rank(String question, int documentsMax) throws Problem {
            List<Integer> candidates = isFused
                    ? words.rank(question, CANDIDATES).stream().map(DocumentRouter.Found::document).toList()
                    : IntStream.range(0, set.documents().size()).boxed().toList();
            if (candidates.isEmpty()) {
                return List.of();
            }
            List<SegmentRef> refs = new ArrayList<>();
            for (int each : candidates) {
                refs.add(ref(each));
            }
            int[] tokens = model.renderBehind(List.of(Message.user("Question: " + question)));
            double[] scores = model.relevance(new SequenceSpec(tokens.length), tokens, refs).scores();
            List<Integer> byHeads = IntStream.range(0, scores.length).boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> -scores[i])).toList();
            double[] fused = new double[scores.length];
            for (int rank = 0; rank < fused.length; rank++) {
                fused[byHeads.get(rank)] += 1.0 / (RANK_OFFSET + rank);
                fused[rank] += isFused ? WORDS_WEIGHT / (RANK_OFFSET + rank) : 0; // candidates are in the order of words
            }
            return IntStream.range(0, fused.length).boxed().sorted(Comparator.comparingDouble((Integer i) -> -fused[i]))
                    .limit(documentsMax).map(candidates::get).toList();
        }

        private SegmentRef ref(int document) throws Problem {
            SegmentRef ref = read.get(document);
            if (ref == null) {
                int[] tokens = model.tokenize(set.documents().get(document).text());
                ref = memory.read(tokens, new int[tokens.length], new SequenceSpec(tokens.length), Sink.SILENT).segment();
                read.put(document, ref);
            }
            return ref;
        }

        @Override
        public void close() throws Problem {
            words.close();
            memory.close();
        }
    }
}
