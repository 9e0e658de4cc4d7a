package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import java.util.Arrays;

/**
 * SentencePiece by pair merges (Kudo and Richardson 2018), as llama.cpp runs it for Llama 2 and Gemma.
 *
 * <p>Spaces are U+2581. Symbols start as characters; the pair whose joined text is the token of highest score is merged, the
 * leftmost
 * among equals. A character that is no token falls apart into byte tokens.
 */
final class SentencePieceTokenizer extends PieceTokenizer {
    private final float[] scores; // (size)

    SentencePieceTokenizer(Vocabulary vocabulary, ModelFile file) throws Problem {
        super(vocabulary, file.flag("tokenizer.ggml.add_space_prefix", true) ? SpacePrefix.ALWAYS : SpacePrefix.NEVER);
        scores = file.reals("tokenizer.ggml.scores");
        if (scores.length != vocabulary.size()) {
            throw vocabulary.malformed("tokenizer.ggml.scores has %d elements and there are %d tokens".formatted(scores.length,
                    vocabulary.size()));
        }
    }

    @Override
    void encode(byte[] bytes, IntList out) {
        Symbols symbols = new Symbols(bytes);
        symbols.merge();
        for (int i = 0; i < symbols.count; i = symbols.after[i]) {
            emit(bytes, symbols.starts[i], symbols.ends[i], out);
        }
    }

    /** The linked symbols of one text and the heap of pairs that make a token. */
    private final class Symbols {
        final byte[] bytes;
        final int[] starts;
        final int[] ends; // exclusive; equal to the start once merged away
        final int[] before;
        final int[] after;
        final int count;
        /** (entries, 2): key = score order then left index; and the length of the pair's text when it was pushed. */
        private long[] keys;
        private int[] lengths;
        private int heapSize;

        Symbols(byte[] bytes) {
            this.bytes = bytes;
            int n = 0;
            for (byte b : bytes) {
                n += (b & 0xC0) != 0x80 ? 1 : 0;
            }
            count = n;
            starts = new int[n];
            ends = new int[n];
            before = new int[n];
            after = new int[n];
            keys = new long[2 * n + 16];
            lengths = new int[2 * n + 16];
            int at = -1;
            for (int i = 0; i < bytes.length; i++) {
                if ((bytes[i] & 0xC0) != 0x80) {
                    starts[++at] = i;
                }
                ends[at] = i + 1;
            }
            for (int i = 0; i < n; i++) {
                before[i] = i - 1;
                after[i] = i + 1;
            }
        }

        void merge() {
            for (int i = 0; i + 1 < count; i++) {
                push(i, i + 1);
            }
            while (heapSize > 0) {
                int left = (int) keys[0];
                int length = lengths[0];
                pop();
                int right = after[left];
                if (ends[left] == starts[left] || right >= count || ends[right] - starts[left] != length) {
                    continue; // one side was merged meanwhile
                }
                ends[left] = ends[right];
                ends[right] = starts[right];
                after[left] = after[right];
                if (after[right] < count) {
                    before[after[right]] = left;
                }
                if (before[left] >= 0) {
                    push(before[left], left);
                }
                if (after[left] < count) {
                    push(left, after[left]);
                }
            }
        }

        private void push(int left, int right) {
            int length = ends[right] - starts[left];
            int id = texts.find(bytes, starts[left], length);
            if (id == ByteTable.ABSENT) {
                return;
            }
            if (heapSize == keys.length) {
                keys = Arrays.copyOf(keys, heapSize * 2);
                lengths = Arrays.copyOf(lengths, heapSize * 2);
            }
            long key = (long) order(scores[id]) << 32 | left;
            int i = heapSize++;
            while (i > 0 && keys[(i - 1) / 2] > key) {
                move((i - 1) / 2, i);
                i = (i - 1) / 2;
            }
            keys[i] = key;
            lengths[i] = length;
        }

        private void pop() {
            heapSize--;
            long key = keys[heapSize];
            int length = lengths[heapSize];
            int i = 0;
            for (int child; (child = 2 * i + 1) < heapSize; i = child) {
                if (child + 1 < heapSize && keys[child + 1] < keys[child]) {
                    child++;
                }
                if (keys[child] >= key) {
                    break;
                }
                move(child, i);
            }
            keys[i] = key;
            lengths[i] = length;
        }

        private void move(int from, int to) {
            keys[to] = keys[from];
            lengths[to] = lengths[from];
        }
    }

    /** Maps scores to ints so that a higher score is smaller. */
    private static int order(float score) {
        int bits = Float.floatToIntBits(score + 0f);
        int ascending = bits >= 0 ? bits : bits ^ 0x7FFFFFFF;
        return ~ascending;
    }
}
