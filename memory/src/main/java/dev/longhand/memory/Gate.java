package dev.longhand.memory;

import dev.longhand.base.Check;
import java.util.Map;
import java.util.TreeMap;

/**
 * A learned way to say how much a block matters to a head: {@code docs/formats/gate.md}.
 *
 * <p>A head's queries, as they are before RoPE, become one vector of {@code rank} numbers; a block's keys before RoPE, by their
 * greatest, least and mean in each dimension, another; the score is their product. Immutable; arrays are not copied and must not
 * be changed.
 *
 * @param model of which it is: its fingerprint
 * @param heads those that have it, by {@code layer * kvHeads + kvHead}
 */
public record Gate(String model, Shape shape, Map<Integer, Head> heads) {
    public static final int RANK_MAX = 1 << 10;
    static final int MODEL_CHARS_MAX = 1 << 10;

    /**
     * @param layers  of the model
     * @param group   query heads of a KV head
     * @param rank    numbers of a vector, even
     * @param theta   base of the vectors' own RoPE; 0: none
     * @param epsilon added to the mean square before a norm
     */
    public record Shape(int layers, int kvHeads, int group, int headDim, int rank, float theta, float epsilon) {
        public Shape {
            Check.argument(layers > 0 && kvHeads > 0 && (long) layers * kvHeads <= SegmentLimits.HEADS_MAX,
                    "%d layers of %d KV heads; at most %d together", layers, kvHeads, SegmentLimits.HEADS_MAX);
            Check.argument(group > 0 && group <= SegmentLimits.HEAD_DIM_MAX && headDim > 0 && headDim <= SegmentLimits.HEAD_DIM_MAX,
                    "%d query heads of %d dimensions; each in [1, %d]", group, headDim, SegmentLimits.HEAD_DIM_MAX);
            Check.argument(rank > 0 && rank % 2 == 0 && rank <= RANK_MAX, "vectors of %d numbers; even, at most %d", rank,
                    RANK_MAX);
            Check.argument(theta >= 0 && theta < Float.POSITIVE_INFINITY && epsilon >= 0 && epsilon < Float.POSITIVE_INFINITY,
                    "theta %s, epsilon %s; both 0 or more", theta, epsilon);
        }

        int queryCols() {
            return group * headDim;
        }

        int keyCols() {
            return 3 * headDim;
        }

        /** Numbers of one head. */
        long numbers() {
            return (long) rank * (queryCols() + keyCols() + 2);
        }
    }

    /**
     * One head.
     *
     * @param wq    {@code (rank, group * headDim)}, of the query heads one after another
     * @param wk    {@code (rank, 3 * headDim)}, of greatest, least and mean
     * @param normQ {@code (rank)}
     * @param normK {@code (rank)}
     */
    public record Head(float[] wq, float[] wk, float[] normQ, float[] normK) {}

    public Gate {
        Check.argument(model.length() <= MODEL_CHARS_MAX, "a fingerprint of %d characters; at most %d", model.length(),
                MODEL_CHARS_MAX);
        heads = new TreeMap<>(heads);
        for (Map.Entry<Integer, Head> each : heads.entrySet()) {
            Check.argument(each.getKey() >= 0 && each.getKey() < shape.layers * shape.kvHeads, "head %d of %d", each.getKey(),
                    shape.layers * shape.kvHeads);
            Head head = each.getValue();
            hasNumbers("Wq", head.wq, shape.rank * shape.queryCols());
            hasNumbers("Wk", head.wk, shape.rank * shape.keyCols());
            hasNumbers("the queries' norm", head.normQ, shape.rank);
            hasNumbers("the keys' norm", head.normK, shape.rank);
        }
    }

    private static void hasNumbers(String what, float[] numbers, int count) {
        Check.argument(numbers.length == count, "%s has %d numbers; the shape asks for %d", what, numbers.length, count);
        for (float each : numbers) {
            Check.argument(Math.abs(each) < Float.POSITIVE_INFINITY, "%s holds %s", what, each);
        }
    }
}
