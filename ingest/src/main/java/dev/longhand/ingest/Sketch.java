package dev.longhand.ingest;

import dev.longhand.base.Check;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A document's words in {@value #BYTES} bytes, from which the likeness of two documents can be estimated (MinHash, Broder 1997).
 * The same text gives the same sketch on every machine and in every version; it may be kept. Immutable.
 *
 * <p>The set is that of all runs of {@value #RUN} words, in lower case; an ideograph is a word. The likeness is what two sets share
 * of all that either has. With {@value #SIZE} values its estimate has a standard error of 5 % around 80 %.
 */
public final class Sketch {
    static final int SIZE = 64;
    public static final int BYTES = 4 * SIZE + 4;
    private static final int RUN = 5;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /** Runs of words, each place of the text counted; with fewer than a few a likeness says nothing. */
    private final int runs;
    private final int[] least;

    private Sketch(int runs, int[] least) {
        this.runs = runs;
        this.least = least;
    }

    public static Sketch of(Document document) {
        return of(document.reading().chars());
    }

    static Sketch of(String text) {
        long[] least = new long[SIZE];
        Arrays.fill(least, Long.MAX_VALUE);
        long[] words = new long[RUN];
        int count = 0;
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            int length = Character.charCount(c);
            if (Character.isLetterOrDigit(c)) {
                int end = Character.isIdeographic(c) ? at + length : wordEnd(text, at);
                words[count++ % RUN] = hash(text, at, end);
                if (count >= RUN) {
                    add(words, count, least);
                }
                at = end;
            } else {
                at += length;
            }
        }
        int[] folded = new int[SIZE];
        for (int i = 0; i < SIZE; i++) {
            folded[i] = (int) (least[i] >>> 32);
        }
        return new Sketch(Math.max(0, count - RUN + 1), folded);
    }

    private static int wordEnd(String text, int from) {
        int at = from;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            if (!Character.isLetterOrDigit(c) || Character.isIdeographic(c)) {
                break;
            }
            at += Character.charCount(c);
        }
        return at;
    }

    private static long hash(String text, int from, int end) {
        long hash = 0;
        for (int i = from; i < end; i++) {
            hash = (hash ^ Character.toLowerCase(text.charAt(i))) * 0x100000001B3L;
        }
        return mix(hash);
    }

    /** The run that ends with the newest word, under each of the hash functions. */
    private static void add(long[] words, int count, long[] least) {
        long run = 0;
        for (int i = 0; i < RUN; i++) {
            run = mix(run + words[(count + i) % RUN]);
        }
        for (int i = 0; i < SIZE; i++) {
            long hash = mix(run + (i + 1) * GOLDEN) >>> 1;
            least[i] = Math.min(least[i], hash);
        }
    }

    /** SplitMix64's finish. */
    private static long mix(long value) {
        long v = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        v = (v ^ v >>> 27) * 0x94D049BB133111EBL;
        return v ^ v >>> 31;
    }

    /** Runs of words in the text. */
    public int runs() {
        return runs;
    }

    /** The estimated likeness, 0 to 1; 0 if one has no run. */
    public double likeness(Sketch other) {
        if (runs == 0 || other.runs == 0) {
            return 0;
        }
        int same = 0;
        for (int i = 0; i < SIZE; i++) {
            same += least[i] == other.least[i] ? 1 : 0;
        }
        return (double) same / SIZE;
    }

    /** One value of {@code rows} neighbouring ones: equal for two documents that are equal there. */
    long band(int band, int rows) {
        long hash = band;
        for (int i = band * rows; i < (band + 1) * rows; i++) {
            hash = mix(hash + least[i]);
        }
        return hash;
    }

    public byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).putInt(runs);
        for (int each : least) {
            bytes.putInt(each);
        }
        return bytes.array();
    }

    /** The inverse of {@link #bytes}. */
    public static Sketch of(byte[] bytes) {
        Check.argument(bytes.length == BYTES, "a sketch has %d bytes, not %d", BYTES, bytes.length);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int runs = in.getInt();
        int[] least = new int[SIZE];
        for (int i = 0; i < SIZE; i++) {
            least[i] = in.getInt();
        }
        return new Sketch(Math.max(0, runs), least);
    }
}
