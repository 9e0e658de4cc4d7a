package dev.longhand.model;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.kernels.ExpertPlan;
import dev.longhand.kernels.Matrix;
import dev.longhand.model.ExpertTensors.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/**
 * Experts of a mixture that is larger than memory: read from an {@link ExpertCache} into slots when a layer's plan needs them.
 *
 * <p>All missing experts of a plan are read at once, by several threads. A slot goes to a new expert when its own has been used
 * least;
 * counts are halved now and then, so hot experts stay and cold ones that were hot once leave. What a plan needs is never evicted
 * for
 * the same plan. After a failed read the slot is empty and the store is whole. One thread at a time; counters are for all.
 */
public final class PagedExperts implements ExpertStore {
    private static final int READERS = 4;
    private static final int NONE = -1;
    /** Passes after which use counts are halved. */
    private static final int AGEING_PASSES = 256;

    private final ExpertCache cache;
    private final ExpertTensorsShape shape;
    private final Arena arena = Arena.ofShared();
    private final long slotBytes;
    private final MemorySegment slots; // (slots, slotBytes)
    private final int[] holds; // (slots) layer * experts + expert, or NONE
    private final int[] slotOf; // (layer * experts + expert) slot, or NONE
    private final int[] uses; // (layer * experts + expert), aged
    private final Weights[] layers;
    private final ExecutorService readers = Executors.newFixedThreadPool(READERS, Thread.ofPlatform().daemon()
            .name("longhand-experts-", 0).factory());
    private final LongAdder readBytes = new LongAdder();
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private int passes;

    /** Shapes that outlive the model file. */
    private record ExpertTensorsShape(int layers, int experts, dev.longhand.base.ElementType[][] types, int[] rows, int[] cols) {
        static ExpertTensorsShape of(ExpertTensors tensors) throws Problem {
            Kind[] kinds = Kind.values();
            var types = new dev.longhand.base.ElementType[tensors.layers()][kinds.length];
            int[] rows = new int[kinds.length];
            int[] cols = new int[kinds.length];
            for (Kind kind : kinds) {
                rows[kind.ordinal()] = tensors.rows(kind);
                cols[kind.ordinal()] = tensors.cols(kind);
                for (int layer = 0; layer < tensors.layers(); layer++) {
                    types[layer][kind.ordinal()] = tensors.type(layer, kind);
                }
            }
            return new ExpertTensorsShape(tensors.layers(), tensors.experts(), types, rows, cols);
        }
    }

    /** What the store did so far. */
    public record Counters(long readBytes, long hits, long misses) {}

    /**
     * A store of at most {@code bytesMax} bytes over the cache {@code file}, which is made where it is missing or stale.
     *
     * @param fingerprint of the model, SHA-256
     */
    public static Factory factory(Path file, String fingerprint, long bytesMax, Disk disk) {
        return tensors -> new PagedExperts(ExpertCache.open(file, fingerprint, tensors, disk), tensors, bytesMax);
    }

    PagedExperts(ExpertCache cache, ExpertTensors tensors, long bytesMax) throws Problem {
        this.cache = cache;
        this.shape = ExpertTensorsShape.of(tensors);
        long largest = 0;
        for (int layer = 0; layer < shape.layers; layer++) {
            largest = Math.max(largest, cache.recordBytes(layer));
        }
        slotBytes = largest;
        int count = (int) Math.min((long) shape.layers * shape.experts, bytesMax / slotBytes);
        if (count < shape.experts) {
            cache.close();
            readers.shutdown();
            arena.close();
            throw new Problem(Problem.Kind.LIMIT, "%s for experts; the %d experts of one layer need %s at least: raise --memory"
                    .formatted(Units.bytes(Math.max(0, bytesMax)), shape.experts, Units.bytes(slotBytes * shape.experts)));
        }
        slots = arena.allocate(slotBytes * count, 64);
        holds = filled(count);
        slotOf = filled(shape.layers * shape.experts);
        uses = new int[slotOf.length];
        layers = new Weights[shape.layers];
        for (int layer = 0; layer < layers.length; layer++) {
            int n = shape.experts;
            layers[layer] = new Weights(new Matrix[][] {new Matrix[n], new Matrix[n]}, new Matrix[n]);
            for (int e = 0; e < n; e++) {
                place(layer, e, 0);
            }
        }
    }

    private static int[] filled(int n) {
        int[] values = new int[n];
        Arrays.fill(values, NONE);
        return values;
    }

    /** Points an expert's matrices at a slot's address, or at none. */
    private void place(int layer, int expert, long address) {
        Weights weights = layers[layer];
        long at = address;
        for (Kind kind : Kind.values()) {
            ExpertCache.Form form = cache.form(layer, kind);
            int k = kind.ordinal();
            Matrix matrix = new Matrix(shape.types[layer][k], form.type(), shape.rows[k], shape.cols[k], address == 0 ? 0 : at,
                    form.bytes());
            (kind == Kind.DOWN ? weights.down() : weights.gateUp()[k])[expert] = matrix;
            at += form.bytes();
        }
    }

    @Override
    public Weights acquire(int layer, ExpertPlan plan) throws Problem {
        age(layer);
        List<Integer> missing = new ArrayList<>();
        for (int e = 0; e < shape.experts; e++) {
            int slots = plan.slotsOf(e);
            if (slots == 0) {
                continue;
            }
            int key = layer * shape.experts + e;
            uses[key] = Math.min(Integer.MAX_VALUE / 2, uses[key] + slots);
            if (slotOf[key] == NONE) {
                missing.add(e);
            }
        }
        int used = used(plan);
        hits.add(used - missing.size());
        misses.add(missing.size());
        if (!missing.isEmpty()) {
            load(layer, plan, missing);
        }
        return layers[layer];
    }

    private int used(ExpertPlan plan) {
        int used = 0;
        for (int e = 0; e < shape.experts; e++) {
            used += plan.slotsOf(e) > 0 ? 1 : 0;
        }
        return used;
    }

    private void age(int layer) {
        if (layer == 0 && ++passes % AGEING_PASSES == 0) {
            for (int i = 0; i < uses.length; i++) {
                uses[i] >>= 1;
            }
        }
    }

    private void load(int layer, ExpertPlan plan, List<Integer> missing) throws Problem {
        List<Future<?>> reads = new ArrayList<>();
        int[] taken = new int[missing.size()];
        for (int i = 0; i < taken.length; i++) {
            int expert = missing.get(i);
            int slot = victim(layer, plan, taken, i);
            taken[i] = slot;
            empty(slot);
            reads.add(readers.submit(() -> {
                cache.read(layer, expert, memory(slot));
                return null;
            }));
        }
        Problem failure = null;
        for (int i = 0; i < taken.length; i++) {
            Problem each = await(reads.get(i));
            if (each == null) {
                int key = layer * shape.experts + missing.get(i);
                holds[taken[i]] = key;
                slotOf[key] = taken[i];
                place(layer, missing.get(i), memory(taken[i]).address());
                readBytes.add(cache.recordBytes(layer));
            }
            failure = failure == null ? each : failure;
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** The problem of a read, or null; waits for its end in any case, for it writes to a slot. */
    private static Problem await(Future<?> read) {
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    read.get();
                    return null;
                } catch (InterruptedException e) {
                    isInterrupted = true;
                } catch (ExecutionException e) {
                    return e.getCause() instanceof Problem problem ? problem
                            : new Problem(Problem.Kind.DISK, "an expert could not be read: " + e.getCause(), e.getCause());
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private MemorySegment memory(int slot) {
        return slots.asSlice(slot * slotBytes, slotBytes);
    }

    /** The slot to fill next: an empty one, else the one whose expert was used least and is not in the plan. */
    private int victim(int layer, ExpertPlan plan, int[] taken, int takenCount) {
        int best = NONE;
        for (int slot = 0; slot < holds.length; slot++) {
            if (isTaken(slot, taken, takenCount)) {
                continue;
            }
            if (holds[slot] == NONE) {
                return slot;
            }
            boolean isNeeded = holds[slot] / shape.experts == layer && plan.slotsOf(holds[slot] % shape.experts) > 0;
            if (!isNeeded && (best == NONE || uses[holds[slot]] < uses[holds[best]])) {
                best = slot;
            }
        }
        Check.invariant(best != NONE, "no slot of %d is free for a plan of layer %d", holds.length, layer);
        return best;
    }

    private static boolean isTaken(int slot, int[] taken, int count) {
        for (int i = 0; i < count; i++) {
            if (taken[i] == slot) {
                return true;
            }
        }
        return false;
    }

    private void empty(int slot) {
        if (holds[slot] != NONE) {
            slotOf[holds[slot]] = NONE;
            place(holds[slot] / shape.experts, holds[slot] % shape.experts, 0);
            holds[slot] = NONE;
        }
    }

    /** Experts that fit in memory. */
    public int slots() {
        return holds.length;
    }

    public Counters counters() {
        return new Counters(readBytes.sum(), hits.sum(), misses.sum());
    }

    @Override
    public long bytes() {
        long bytes = 0;
        for (int layer = 0; layer < shape.layers; layer++) {
            bytes += cache.recordBytes(layer) * shape.experts;
        }
        return bytes;
    }

    @Override
    public long residentBytes() {
        return slotBytes * holds.length;
    }

    @Override
    public void close() {
        readers.shutdown();
        cache.close();
        arena.close();
    }
}
