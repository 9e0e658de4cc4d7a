package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import java.util.Arrays;

/**
 * Unigram (Kudo 2018): the pieces whose log-probabilities sum highest, found by Viterbi's algorithm.
 *
 * <p>A character that is no piece costs ten below the worst piece and becomes its bytes' tokens. Time is the text's length times
 * the
 * longest piece's.
 */
final class UnigramTokenizer extends PieceTokenizer {
    private static final float UNKNOWN_PENALTY = 10;
    /** Bytes of the longest piece that is looked for; published vocabularies stay below it. */
    private static final int PIECE_BYTES_MAX = 256;

    private final float[] scores; // (size)
    private final float unknownScore;
    private final int pieceBytesMax;
    private final boolean splits;

    UnigramTokenizer(Vocabulary vocabulary, ModelFile file, SpacePrefix prefix) throws Problem {
        super(vocabulary, prefix);
        splits = file.flag("tokenizer.longhand.splits_at_spaces", false);
        scores = file.reals("tokenizer.ggml.scores");
        if (scores.length != vocabulary.size()) {
            throw vocabulary.malformed("tokenizer.ggml.scores has %d elements and there are %d tokens".formatted(scores.length,
                    vocabulary.size()));
        }
        float worst = 0;
        int longest = 0;
        for (int id = 0; id < scores.length; id++) {
            worst = Math.min(worst, scores[id]);
            longest = Math.max(longest, texts.length(id));
        }
        unknownScore = worst - UNKNOWN_PENALTY;
        pieceBytesMax = Math.min(longest, PIECE_BYTES_MAX);
    }

    @Override
    void encode(byte[] bytes, IntList out) {
        for (int start = 0; start < bytes.length; ) {
            int end = splits ? start + 1 : bytes.length;
            while (end < bytes.length && !isSpaceAt(bytes, end)) {
                end++;
            }
            best(bytes, start, end, out);
            start = end;
        }
    }

    private static boolean isInside(byte[] bytes, int at) {
        return at < bytes.length && (bytes[at] & 0xC0) == 0x80;
    }

    private void best(byte[] bytes, int from, int to, IntList out) {
        int n = to - from;
        double[] sums = new double[n + 1]; // of the best pieces up to here
        int[] begins = new int[n + 1]; // of the last of them
        Arrays.fill(sums, 1, n + 1, Double.NEGATIVE_INFINITY);
        for (int at = 0; at < n; at++) {
            if (isInside(bytes, from + at)) {
                continue;
            }
            boolean isFirstCharacter = true;
            for (int end = at + 1; end <= Math.min(n, at + Math.max(4, pieceBytesMax)); end++) {
                if (from + end < to && isInside(bytes, from + end)) {
                    continue;
                }
                double score = score(bytes, from + at, end - at, isFirstCharacter);
                if (sums[at] + score > sums[end]) {
                    sums[end] = sums[at] + score;
                    begins[end] = at;
                }
                isFirstCharacter = false;
            }
        }
        int[] ends = new int[n];
        int count = 0;
        for (int end = n; end > 0; end = begins[end]) {
            ends[count++] = end;
        }
        for (int i = count - 1, start = 0; i >= 0; start = ends[i--]) {
            emit(bytes, from + start, from + ends[i], out);
        }
    }

    private double score(byte[] bytes, int at, int length, boolean isCharacter) {
        int id = texts.find(bytes, at, length);
        boolean isPiece = id != ByteTable.ABSENT && vocabulary.types[id] == Vocabulary.TYPE_NORMAL;
        return isPiece ? scores[id] : isCharacter ? unknownScore : Double.NEGATIVE_INFINITY;
    }
}
