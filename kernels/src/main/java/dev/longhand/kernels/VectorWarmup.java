package dev.longhand.kernels;

import dev.longhand.base.Clock;
import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.base.Threads;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the vector tier's kernels on small made-up operands while a model loads, so that the compiler has seen them before the
 * first prefill: until it has, each vector is an object and a kernel is some hundred times slower.
 *
 * <p>Knows operations and panel types, no model. Begins with what every model needs and adds a panel type when the first matrix
 * of it is packed. A step is warm once a call takes about what compiled code takes; steps that never get there are given up
 * {@link #WALL_MS_MAX} after the last matrix. Operands, scratch and results are its own: what it does is never seen.
 *
 * <p>A thread of its own, because compiled code belongs to the process and the team is packing weights meanwhile. Tiny operands,
 * because a method is compiled after so many calls and loop rounds of whatever size; the launcher lowers these counts for the
 * classes {@code Vector*} only. Threads: {@link #packed} and {@link #await} come from the calling thread of the kernels.
 */
final class VectorWarmup implements Warmup {
    /** Longest time that is spent on steps that do not get warm, and that {@link #await} waits. */
    static final long WALL_MS_MAX = 1_000;

    /** A vector operation takes 0.3 to 1 ns in the last compiler's code, 30 and more in the first one's. */
    private static final long WARM_NS_PER_VECTOR = 6;
    /** What a call may take besides: argument checks that are not compiled. */
    private static final long WARM_NS = 20_000;
    /** Calls of each step before the compiler is given {@link #PAUSE_NS} of this thread's core. */
    private static final int BURST_CALLS = 6;
    private static final long PAUSE_NS = 2_000_000;

    private final Ops ops;
    private final Clock clock;
    private final ConcurrentLinkedQueue<ElementType> types = new ConcurrentLinkedQueue<>();
    private final Set<PanelType> seen = EnumSet.noneOf(PanelType.class);
    private final AtomicInteger cold = new AtomicInteger(1); // groups of steps not yet warm; the first: operations without weights
    private final Thread thread;
    private volatile long lastPackedNs;
    private volatile boolean isOver;

    VectorWarmup(Ops ops, Clock clock) {
        this.ops = ops;
        this.clock = clock;
        this.lastPackedNs = clock.nanos();
        this.thread = Thread.ofPlatform().daemon().name("longhand-warmup").start(this::run);
    }

    @Override
    public void packed(ElementType source) {
        if (isOver) {
            return;
        }
        lastPackedNs = clock.nanos();
        if (seen.add(ops.panelType(source))) {
            cold.incrementAndGet();
            types.add(source);
        }
    }

    @Override
    public void await() {
        while (!isOver && cold.get() > 0 && !isLate()) {
            LockSupport.parkNanos(PAUSE_NS / 4);
        }
        isOver = true;
    }

    private boolean isLate() {
        return clock.nanos() - lastPackedNs > WALL_MS_MAX * 1_000_000;
    }

    private void run() {
        try (Arena arena = Arena.ofConfined(); TeamKernels kernels = new TeamKernels(ops, 1)) {
            VectorWarmupSteps steps = new VectorWarmupSteps(kernels, arena);
            List<List<VectorWarmupSteps.Step>> groups = new ArrayList<>();
            groups.add(new ArrayList<>(steps.withoutWeights()));
            while (!isOver && !isLate()) {
                for (ElementType source = types.poll(); source != null; source = types.poll()) {
                    groups.add(new ArrayList<>(steps.of(source)));
                }
                groups.removeIf(this::isWarmNow);
                LockSupport.parkNanos(PAUSE_NS);
            }
        } catch (Problem e) {
            throw new IllegalStateException("operands made here cannot be unreadable", e);
        } finally {
            isOver = true;
        }
    }

    /** Runs what is not yet warm of a group; whether nothing is left. */
    private boolean isWarmNow(List<VectorWarmupSteps.Step> group) {
        group.removeIf(this::isWarmNow);
        if (group.isEmpty()) {
            cold.decrementAndGet();
        }
        return group.isEmpty();
    }

    private boolean isWarmNow(VectorWarmupSteps.Step step) {
        for (int i = 0; i < BURST_CALLS && !isOver; i++) {
            long before = clock.nanos();
            step.call().run();
            if (clock.nanos() - before < WARM_NS + WARM_NS_PER_VECTOR * step.vectors()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        isOver = true;
        Threads.join(thread);
    }
}
