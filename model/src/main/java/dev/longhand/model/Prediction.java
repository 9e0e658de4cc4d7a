package dev.longhand.model;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Tensor;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How fast a model will be, before it is loaded: sample matrices of its own types and shapes are multiplied for a moment, and the
 * time
 * is scaled to the whole model. What experts must be read from the disk is added at the speed that the model's own file is read
 * with.
 *
 * <p>For short texts: attention over many tokens is not in it. Needs about a second and a few times {@link #SAMPLE_BYTES} of
 * memory.
 *
 * @param decodeTokensPerSecond  answering, one sequence
 * @param prefillTokensPerSecond reading a prompt in passes of {@link #PREFILL_ROWS}
 * @param decodeBytesPerSecond   weights read per second while answering
 * @param macsPerSecond          multiply-adds per second while reading
 * @param diskBytesPerSecond     reads of the model file; 0 where all experts stay in memory
 * @param missBytesPerToken      bytes of experts read per answered token if all experts are used alike
 */
public record Prediction(
        Footprint footprint, double decodeTokensPerSecond, double prefillTokensPerSecond, double decodeBytesPerSecond,
                double macsPerSecond,
        double diskBytesPerSecond, double missBytesPerToken) {
    static final int PREFILL_ROWS = 256;
    static final long SAMPLE_BYTES = 40L << 20;
    private static final long DISK_SAMPLE_BYTES = 48L << 20;
    private static final double SECONDS_PER_SAMPLE = 0.12;
    private static final int ROUNDS_MIN = 3;
    /** Operations on one row beside products, per layer: norms, RoPE, KV, attention, gate, sums. */
    private static final int SMALL_OPS_PER_LAYER = 9;

    /** Products of one type: of the layers, of the experts or of the head. */
    private record Group(String type, boolean isExpert, boolean isHead) {}

    /** Seconds for all products of a group: of one answered token, of one token that is read. */
    private record Cost(double decode, double prefill) {}

    /**
     * Measures for about a second.
     *
     * @param expertBytesMax memory for experts; what does not fit is read from disk
     */
    public static Prediction of(ModelFile file, Kernels kernels, long expertBytesMax, Clock clock) throws Problem {
        Footprint footprint = Footprint.of(file, kernels);
        Map<Group, List<Footprint.Product>> groups = new LinkedHashMap<>();
        for (Footprint.Product each : footprint.products()) {
            Group group = new Group(each.type().name(), each.isExpert(), each.isHead());
            groups.computeIfAbsent(group, g -> new ArrayList<>()).add(each);
        }
        double decode = 0;
        double prefill = 0;
        for (List<Footprint.Product> group : groups.values()) {
            Cost cost = measure(group, kernels, clock);
            decode += cost.decode;
            prefill += group.getFirst().isHead() ? 0 : cost.prefill;
        }
        double products = decode;
        double productsRead = prefill;
        decode += smallOps(footprint, kernels, 1, clock);
        prefill += smallOps(footprint, kernels, PREFILL_ROWS, clock) / PREFILL_ROWS;
        double share = footprint.expertBytes() == 0 ? 0 : Math.max(0, 1 - (double) expertBytesMax / footprint.expertBytes());
        double missed = 0;
        double disk = 0;
        if (share > 0) {
            int used = footprint.config().mixture().orElseThrow().used();
            missed = share * used * footprint.config().layers() * footprint.expertRecordBytes();
            disk = diskSpeed(file, clock);
            decode += missed / disk;
            prefill += share * footprint.expertBytes() / disk / PREFILL_ROWS;
        }
        long macs = footprint.products().stream().filter(p -> !p.isHead()).mapToLong(Footprint.Product::macs).sum();
        return new Prediction(footprint, 1 / decode, 1 / prefill, footprint.activeBytes() / products, macs / productsRead, disk,
                missed);
    }

    private static Cost measure(List<Footprint.Product> group, Kernels kernels, Clock clock) throws Problem {
        try (Arena arena = Arena.ofShared()) {
            List<Matrix> samples = samples(group, kernels, arena);
            long sampled = samples.stream().mapToLong(m -> (long) m.rows() * m.cols()).sum();
            long all = group.stream().mapToLong(Footprint.Product::macs).sum();
            Footprint.Product first = group.getFirst();
            int rows = Math.max(1, PREFILL_ROWS * first.used() / first.experts());
            double one = seconds(samples, kernels, arena, 1, clock);
            double many = seconds(samples, kernels, arena, rows, clock);
            return new Cost(one * all / sampled, many / rows * all / sampled);
        }
    }

    private static List<Matrix> samples(List<Footprint.Product> group, Kernels kernels, Arena arena) throws Problem {
        List<Matrix> samples = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; bytes < SAMPLE_BYTES && i < group.size() * group.getFirst().experts(); i++) {
            Footprint.Product each = group.get(i % group.size());
            long rowBytes = Math.max(1, each.type().rowBytes(each.cols()));
            int rows = (int) Math.min(each.rows(), Math.max(16, SAMPLE_BYTES / rowBytes));
            Matrix matrix = kernels.pack(arena, each.type(), rows, each.cols(), (offset, into) -> into.fill((byte) 0x11));
            samples.add(matrix);
            bytes += matrix.bytes();
        }
        return samples;
    }

    /** The mean time of the later half of rounds over all samples: code is warm, and what neighbours take is in it. */
    private static double seconds(List<Matrix> samples, Kernels kernels, Arena arena, int rows, Clock clock) {
        Activations[] xs = new Activations[samples.size()];
        Floats[] ys = new Floats[samples.size()];
        Map<Integer, Activations> byCols = new LinkedHashMap<>();
        Map<Integer, Floats> byRows = new LinkedHashMap<>();
        for (int i = 0; i < xs.length; i++) {
            xs[i] = byCols.computeIfAbsent(samples.get(i).cols(), cols -> filled(kernels, arena, rows, cols));
            ys[i] = byRows.computeIfAbsent(samples.get(i).rows(), n -> Floats.allocate(arena, rows, n));
        }
        return mean(ROUNDS_MIN, clock, () -> {
            for (int i = 0; i < xs.length; i++) {
                kernels.matmul(samples.get(i), xs[i], rows, ys[i]);
            }
        });
    }

    private static double mean(int roundsMin, Clock clock, Runnable round) {
        List<Double> seconds = new ArrayList<>();
        for (long start = clock.nanos(); seconds.size() < roundsMin || clock.secondsSince(start) < SECONDS_PER_SAMPLE; ) {
            long from = clock.nanos();
            round.run();
            seconds.add(clock.secondsSince(from));
        }
        return seconds.subList(seconds.size() / 2, seconds.size()).stream().mapToDouble(Double::doubleValue).average()
                .orElseThrow();
    }

    private static Activations filled(Kernels kernels, Arena arena, int rows, int cols) {
        Floats x = Floats.allocate(arena, rows, cols);
        Floats ones = Floats.allocate(arena, 1, cols);
        for (int t = 0; t < rows; t++) {
            for (int i = 0; i < cols; i++) {
                x.set(t, i, (i * 37 + t * 11) % 64 - 31.5f);
                ones.set(0, i, 1);
            }
        }
        Activations out = kernels.activations(arena, rows, cols);
        kernels.rmsNorm(x, rows, ones, 1e-5f, out);
        return out;
    }

    /** Everything of a pass of {@code rows} that is no product. */
    private static double smallOps(Footprint footprint, Kernels kernels, int rows, Clock clock) {
        int dim = footprint.config().dim();
        try (Arena arena = Arena.ofShared()) {
            Floats x = Floats.allocate(arena, rows, dim);
            Floats weight = Floats.allocate(arena, 1, dim);
            Activations out = kernels.activations(arena, rows, dim);
            double seconds = mean(50, clock, () -> kernels.rmsNorm(x, rows, weight, 1e-5f, out));
            return seconds * SMALL_OPS_PER_LAYER * footprint.config().layers();
        }
    }

    /** Reads some of the largest tensor; from the page cache where the file was read lately, as the experts' file will be too. */
    private static double diskSpeed(ModelFile file, Clock clock) throws Problem {
        Tensor largest = file.tensors().stream().max(java.util.Comparator.comparingLong(Tensor::bytes)).orElseThrow();
        long bytes = Math.min(DISK_SAMPLE_BYTES, largest.bytes());
        try (Arena arena = Arena.ofConfined()) {
            var into = arena.allocate(Math.min(bytes, 4L << 20));
            long done = 0;
            long start = clock.nanos();
            while (done < bytes) {
                long n = Math.min(into.byteSize(), bytes - done);
                file.read(largest, done, into.asSlice(0, n));
                done += n;
            }
            return bytes / Math.max(1e-9, clock.secondsSince(start));
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "%s cannot be read: %s".formatted(file.path(), e.getMessage()), e);
        }
    }
}
