package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.lm.Sink;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import jdk.jfr.consumer.RecordingStream;

/**
 * What the engine takes of the machine: resident memory, Java heap per token, pauses of the garbage collector.
 *
 * <p>Method: the heap is what the engine's and the kernels' threads allocate over {@value #HEAP_TOKENS} answered tokens, by the
 * JVM's own count per thread. Then resident memory comes from {@code /proc}, and {@value #SEQUENCES} callers ask again and again
 * for the time given; pauses come from the flight recorder, whose own start is not counted: it brings some megabytes that the
 * first collection has to move.
 */
public final class MemoryBench {
    private static final int SEQUENCES = 16;
    private static final int PROMPT = 512;
    private static final int ANSWER = 128;
    private static final int HEAP_TOKENS = 1000;
    /** What a JVM with its code may take beside weights and KV. */
    private static final double BASE_BYTES = 150e6;
    /** After which a recording stream has handed over what happened before. */
    private static final long FLUSH_NANOS = 3_000_000_000L;

    private final Clock clock;
    private final Consumer<String> progress;

    public MemoryBench(Clock clock, Consumer<String> progress) {
        this.clock = clock;
        this.progress = progress;
    }

    public List<Measure> run(EngineSubject subject, double minutes) throws Problem {
        try (EngineRig rig = new EngineRig(subject, subject.options(), clock)) {
            List<Measure> measures = new ArrayList<>();
            List<int[]> prompts = rig.lasting(SEQUENCES, PROMPT, ANSWER);
            measures.add(heap(subject.name(), rig));
            progress.accept("memory: heap per token is counted; now " + minutes + " minutes of batches");
            measures.add(resident(subject.name(), rig));
            measures.add(pauses(subject.name(), rig, prompts, minutes));
            return measures;
        }
    }

    /** Bytes that each thread of ours has allocated so far; callers are not ours. */
    private static Map<String, Long> allocated() {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Map<String, Long> bytes = new TreeMap<>();
        for (Thread each : Thread.getAllStackTraces().keySet()) {
            if (each.getName().startsWith("longhand-")) {
                bytes.put(each.getName(), threads.getThreadAllocatedBytes(each.threadId()));
            }
        }
        return bytes;
    }

    private Measure heap(String name, EngineRig rig) throws Problem {
        int[] prompt = rig.lasting(1, PROMPT, HEAP_TOKENS).getFirst();
        Map<String, Long> before = allocated();
        int answered = rig.ask("heap", prompt, HEAP_TOKENS, Sink.SILENT).usage().answeredTokens();
        Map<String, Object> byThread = new TreeMap<>();
        double bytes = 0;
        for (Map.Entry<String, Long> each : allocated().entrySet()) {
            double grown = each.getValue() - before.getOrDefault(each.getKey(), 0L);
            byThread.put(each.getKey(), grown / answered);
            bytes += grown / answered;
        }
        return Measure.of(name + "/heap-per-token", rig.label(), bytes, "bytes", Optional.of(Target.atMost(256)),
                "tokens", answered, "bytes by thread", byThread);
    }

    private static Measure resident(String name, EngineRig rig) throws Problem {
        double resident = residentBytes();
        double weights = rig.model.weightBytes();
        double kv = rig.model.kvBytes();
        double allowed = weights + kv + BASE_BYTES;
        return Measure.of(name + "/resident", rig.label(), resident / allowed, "x (weights + KV + 150 MB)",
                Optional.of(Target.atMost(1.15)), "resident MB", resident / 1e6, "weights MB", weights / 1e6, "KV MB", kv / 1e6,
                "Java heap used MB", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted() / 1e6);
    }

    private static double residentBytes() throws Problem {
        Path status = Path.of("/proc/self/status");
        try {
            return Files.readAllLines(status).stream().filter(l -> l.startsWith("VmRSS:")).findFirst()
                    .map(l -> Double.parseDouble(l.replaceAll("[^0-9]", "")) * 1024).orElse(Double.NaN);
        } catch (IOException e) {
            throw Disk.problem("reading", status, e);
        }
    }

    private Measure pauses(String name, EngineRig rig, List<int[]> prompts, double minutes) throws Problem {
        List<Double> pausesMs = Collections.synchronizedList(new ArrayList<>());
        int batches = 0;
        double seconds;
        try (RecordingStream events = new RecordingStream()) {
            events.enable("jdk.GCPhasePause").withoutStackTrace();
            events.onEvent("jdk.GCPhasePause", e -> pausesMs.add(e.getDuration().toNanos() / 1e6));
            events.startAsync();
            rig.together("first batch", prompts, ANSWER);
            System.gc();
            clock.sleep(FLUSH_NANOS);
            pausesMs.clear();
            long start = clock.nanos();
            while (clock.secondsSince(start) < 60 * minutes) {
                rig.together("batch " + batches++, prompts, ANSWER);
            }
            seconds = clock.secondsSince(start);
            events.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted", e);
        }
        double[] all = pausesMs.stream().mapToDouble(Double::doubleValue).toArray();
        return Measure.of(name + "/gc-pause-p99", rig.label(), EngineRig.quantile(all, 0.99), "ms", Optional.of(Target.atMost(5)),
                "pauses", all.length, "largest ms", EngineRig.quantile(all, 1), "batches", batches, "minutes",
                seconds / 60);
    }
}
