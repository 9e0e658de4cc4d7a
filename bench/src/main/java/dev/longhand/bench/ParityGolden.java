package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * What llama.cpp predicts over a fixed text with one model file; the layout and how it was made stand in
 * {@code bench/goldens/parity_goldens.py}. Token ids come with it, so no tokenizer takes part. Immutable.
 */
public final class ParityGolden {
    /** Goldens in this jar; each belongs to one model file. */
    public static final List<String> NAMES = List.of("smollm2", "gemma3");

    private static final byte[] MAGIC = {'L', 'H', 'P', 'A', 'R', 'I', 'T', 'Y'};
    private static final int VERSION = 1;
    private static final int BYTES_MAX = 1 << 24;

    private final String name;
    private final Sha256 model;
    private final int vocabulary;
    private final int[][] ids; // (window, position + 1)
    private final double[] sums; // (window)
    private final float[] targets; // (position)
    private final int[][] topIds; // (position, rank)
    private final float[][] topLogs; // (position, rank)
    private final float[] rests; // (position)

    private ParityGolden(String name, ByteBuffer in) {
        this.name = name;
        byte[] magic = new byte[MAGIC.length];
        in.get(magic);
        int version = in.getInt();
        Check.invariant(Arrays.equals(magic, MAGIC) && version == VERSION, "golden %s has another format", name);
        byte[] digest = new byte[32];
        in.get(digest);
        this.model = new Sha256(HexFormat.of().formatHex(digest));
        this.vocabulary = in.getInt();
        int windows = in.getInt();
        int positions = in.getInt();
        int top = in.getInt();
        this.ids = ints(in, windows, positions + 1);
        this.sums = new double[windows];
        for (int i = 0; i < windows; i++) {
            sums[i] = in.getDouble();
        }
        this.targets = floats(in, 1, positions)[0];
        this.topIds = ints(in, positions, top);
        this.topLogs = floats(in, positions, top);
        this.rests = floats(in, 1, positions)[0];
        Check.invariant(!in.hasRemaining(), "golden %s has %d bytes too many", name, in.remaining());
    }

    /** A golden of {@link #NAMES}. */
    public static ParityGolden of(String name) {
        Check.argument(NAMES.contains(name), "no golden is named %s; there are %s", name, NAMES);
        try (InputStream in = ParityGolden.class.getResourceAsStream("parity-" + name + ".bin.gz")) {
            Check.invariant(in != null, "the golden of %s is not in the jar", name);
            byte[] bytes = new GZIPInputStream(in).readNBytes(BYTES_MAX);
            return new ParityGolden(name, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        } catch (IOException | BufferUnderflowException e) {
            throw new IllegalStateException("the golden of " + name + " in the jar is broken", e);
        }
    }

    /** The golden that was made with the model file of this digest. */
    public static ParityGolden ofModel(Sha256 model) throws Problem {
        for (String name : NAMES) {
            ParityGolden golden = of(name);
            if (golden.model.equals(model)) {
                return golden;
            }
        }
        throw new Problem(Problem.Kind.UNSUPPORTED, "no golden was made with the model file of SHA-256 " + model.hex()
                + "; there are goldens of " + NAMES + ", and bench/goldens/parity_goldens.py makes more");
    }

    private static int[][] ints(ByteBuffer in, int rows, int cols) {
        int[][] values = new int[rows][cols];
        for (int[] row : values) {
            in.asIntBuffer().get(row);
            in.position(in.position() + 4 * cols);
        }
        return values;
    }

    private static float[][] floats(ByteBuffer in, int rows, int cols) {
        float[][] values = new float[rows][cols];
        for (float[] row : values) {
            in.asFloatBuffer().get(row);
            in.position(in.position() + 4 * cols);
        }
        return values;
    }

    public String name() {
        return name;
    }

    /** Digest of the model file it was made with. */
    public Sha256 model() {
        return model;
    }

    public int vocabulary() {
        return vocabulary;
    }

    public int windows() {
        return ids.length;
    }

    /** Positions of one window. */
    public int positions() {
        return targets.length;
    }

    /** The tokens a window reads. */
    public int[] tokens(int window) {
        return Arrays.copyOf(ids[window], positions());
    }

    /** The token to predict at {@code position}. */
    public int target(int window, int position) {
        return ids[window][position + 1];
    }

    /** Sum of the log-probabilities of the first {@code positions} targets of the first window, in nats. */
    double targetSum(int positions) {
        double sum = 0;
        for (int i = 0; i < positions; i++) {
            sum += targets[i];
        }
        return sum;
    }

    /** Sum of the log-probabilities of all targets of all windows, in nats. */
    double targetSum() {
        double sum = 0;
        for (double each : sums) {
            sum += each;
        }
        return sum;
    }

    /** The most probable token at {@code position} of the first window. */
    int best(int position) {
        return topIds[position][0];
    }

    /**
     * Kullback-Leibler divergence of another prediction at {@code position} of the first window from this one, in nats, over the
     * listed tokens and the mass of all others.
     */
    double divergence(int position, LogProbabilities other) {
        double divergence = 0;
        double otherMass = 0;
        for (int i = 0; i < topIds[position].length; i++) {
            double log = topLogs[position][i];
            double otherLog = other.of(topIds[position][i]);
            divergence += Math.exp(log) * (log - otherLog);
            otherMass += Math.exp(otherLog);
        }
        double rest = rests[position];
        double otherRest = Math.max(1 - otherMass, 1e-12);
        return rest <= 0 ? divergence : divergence + rest * (Math.log(rest) - Math.log(otherRest));
    }

    /** Another model's log-probability of a token, in nats. */
    interface LogProbabilities {
        double of(int token);
    }
}
