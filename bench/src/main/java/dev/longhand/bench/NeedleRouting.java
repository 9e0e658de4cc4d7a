package dev.longhand.bench;

import dev.longhand.base.Problem;
import dev.longhand.desk.DocumentRouter;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Whether a model says a number that stands in one of many documents, when what is attached was routed; beside attaching the right
 * document alone.
 *
 * <p>Method: into documents of a set goes one sentence each, "The access code of the amber lantern is 482913.", every key once. The
 * question goes to words and heads; what they name is attached, the best first; the model reads the question and the front of the
 * answer and goes on greedily. It is right if it goes on with the number. Sentences of other keys stand in other documents, so the
 * words of the question are not rare.
 */
final class NeedleRouting {
    /** Needles of a number of documents. */
    static final int NEEDLES = 40;
    /** Documents attached at most, and the share of the best score that a further one must have: the desk's defaults. */
    private static final int PARTS_MAX = 2;
    private static final double SCORE_SHARE_MIN = 0.5;
    private static final int MANY = 4;
    private static final int ANSWER_TOKENS = 10;

    private final LocalModel model;
    private final HeadsRouting heads;
    private final Consumer<String> progress;
    private final long seed;

    NeedleRouting(LocalModel model, HeadsRouting heads, long seed, Consumer<String> progress) {
        this.model = model;
        this.heads = heads;
        this.seed = seed;
        this.progress = progress;
    }

    /** A sentence that was put into a document. */
    record Needle(int document, String key, String value) {
        String sentence() {
            return "The access code of the %s is %s.\n".formatted(key, value);
        }

        String question() {
            return "What is the access code of the %s?".formatted(key);
        }
    }

    /** Documents with needles in them. */
    record Hidden(List<RoutingSet.Document> documents, List<Needle> needles) {
        static Hidden of(RoutingSet set, int count, long seed) {
            Chance chance = new Chance(Chance.seed(seed, set.name(), "needles"));
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < set.documents().size(); i++) {
                order.add(i);
            }
            List<RoutingSet.Document> documents = new ArrayList<>(set.documents());
            List<Needle> needles = new ArrayList<>();
            List<String> keys = chance.shuffled(Needles.allKeys());
            for (int document : chance.shuffled(order).subList(0, count)) {
                Needle needle = new Needle(document, keys.get(needles.size()), Needles.value(chance));
                needles.add(needle);
                RoutingSet.Document old = documents.get(document);
                List<String> lines = new ArrayList<>(List.of(old.text().split("(?<=\n)")));
                lines.add(chance.between(0, lines.size() + 1), needle.sentence());
                documents.set(document, new RoutingSet.Document(old.source(), old.name(), String.join("", lines), old.tokens()));
            }
            return new Hidden(List.copyOf(documents), List.copyOf(needles));
        }
    }

    /** Rows {@code routing/256/needle/...}. */
    List<Measure> run(int documents, List<RoutingSet> sets) throws Problem {
        Map<String, List<Double>> hits = new LinkedHashMap<>();
        int done = 0;
        int attached = 0;
        for (RoutingSet set : sets) {
            Hidden hidden = Hidden.of(set, NEEDLES / sets.size(), seed);
            try (DocumentRouter words = DocumentRouter.of(RoutingBench.texts(hidden.documents), true)) {
                for (Needle needle : hidden.needles) {
                    List<DocumentRouter.Found> found = heads.fused(needle.question(),
                            words.rank(needle.question(), RoutingBench.TOP_MAX), hidden.documents);
                    List<Integer> order = found.stream().map(DocumentRouter.Found::document).toList();
                    List<Integer> routed = routed(found);
                    attached += routed.size();
                    List<Integer> many = order.subList(0, Math.min(MANY, order.size()));
                    add(hits, "right document attached", routed.contains(needle.document));
                    add(hits, "right document among 4", many.contains(needle.document));
                    add(hits, "exact, routed", isSaid(hidden, routed, needle));
                    add(hits, "exact, 4 routed", isSaid(hidden, many, needle));
                    add(hits, "exact, right one alone", isSaid(hidden, List.of(needle.document), needle));
                    if (++done % 10 == 0) {
                        progress.accept("%d documents: %d of %d needles".formatted(documents, done, NEEDLES));
                    }
                }
            }
        }
        List<Measure> measures = new ArrayList<>();
        for (Map.Entry<String, List<Double>> each : hits.entrySet()) {
            Stats stats = Stats.of(each.getValue());
            Optional<Target> target = each.getKey().equals("exact, routed") ? Optional.of(Target.atLeast(85)) : Optional.empty();
            measures.add(Measure.of("routing/%d/needle/%s".formatted(documents, each.getKey()), "-", stats.mean(), "%", target,
                    "standard error", stats.standardError(), "questions", stats.count(), "documents attached, mean",
                    (double) attached / stats.count()));
        }
        return measures;
    }

    private static void add(Map<String, List<Double>> hits, String row, boolean isHit) {
        hits.computeIfAbsent(row, r -> new ArrayList<>()).add(isHit ? 100.0 : 0);
    }

    /** As many as the desk would attach. */
    private static List<Integer> routed(List<DocumentRouter.Found> found) {
        double best = found.stream().mapToDouble(DocumentRouter.Found::score).max().orElse(0);
        return found.stream().filter(f -> f.score() >= SCORE_SHARE_MIN * best).limit(PARTS_MAX)
                .map(DocumentRouter.Found::document).toList();
    }

    private boolean isSaid(Hidden hidden, List<Integer> attached, Needle needle) throws Problem {
        List<SegmentRef> refs = new ArrayList<>();
        for (int each : attached) {
            refs.add(heads.ref(hidden.documents.get(each).text()));
        }
        int[] asked = model.renderBehind(List.of(Message.user("Question: " + needle.question())));
        int[] front = model.tokenize("The access code of the " + needle.key + " is");
        int[] prompt = Arrays.copyOf(asked, asked.length + front.length);
        System.arraycopy(front, 0, prompt, asked.length, front.length);
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + ANSWER_TOKENS), refs)) {
            String said = sequence.generate(prompt, GenerationSpec.greedy(ANSWER_TOKENS), Sink.SILENT).text();
            return said.strip().startsWith(needle.value);
        }
    }
}
