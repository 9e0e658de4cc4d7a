package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * SentencePiece by pair merges (Kudo and Richardson 2018), as llama.cpp runs it for Llama 2 and Gemma.
 *
 * <p>Spaces are U+2581. Symbols start as characters; the pair whose joined text is the token of highest score is merged, the leftmost
 * among equals. A character that is no token falls apart into byte tokens.
 */
final class SentencePieceTokenizer extends Tokenizer {
    private static final byte[] SPACE = "\u2581".getBytes(StandardCharsets.UTF_8);
    private static final int NO_BYTE = -1;

    private final ByteTable texts;
    private final float[] scores; // (size)
    private final int[] byteTokens = new int[256];
    private final boolean addsSpace;

    SentencePieceTokenizer(Vocabulary vocabulary, ModelFile file) throws Problem {
        super(vocabulary);
        addsSpace = file.flag("tokenizer.ggml.add_space_prefix", true);
        scores = file.reals("tokenizer.ggml.scores");
        if (scores.length != vocabulary.size()) {
            throw vocabulary.malformed("tokenizer.ggml.scores has %d elements and there are %d tokens".formatted(scores.length, vocabulary.size()));
        }
        texts = new ByteTable(vocabulary.size(), vocabulary.texts.bytes().length);
        Arrays.fill(byteTokens, NO_BYTE);
        for (int id = 0; id < vocabulary.size(); id++) {
            int start = vocabulary.texts.start(id);
            texts.add(vocabulary.texts.bytes(), start, vocabulary.texts.end(id) - start);
            vocabulary.checkDistinct(texts.clash(), id);
            int value = byteValue(id);
            if (value >= 0 && byteTokens[value] == NO_BYTE) {
                byteTokens[value] = id;
            }
        }
    }

    /** The byte that {@code <0xNN>} stands for, or -1. */
    private int byteValue(int id) {
        if (vocabulary.types[id] != Vocabulary.TYPE_BYTE) {
            return -1;
        }
        byte[] bytes = vocabulary.texts.bytes();
        int start = vocabulary.texts.start(id);
        if (vocabulary.texts.end(id) - start != 6 || bytes[start] != '<' || bytes[start + 1] != '0' || bytes[start + 2] != 'x' || bytes[start + 5] != '>') {
            return -1;
        }
        int high = Character.digit(bytes[start + 3], 16);
        int low = Character.digit(bytes[start + 4], 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    @Override
    void encode(String text, boolean isFirst, IntList out) {
        byte[] bytes = escaped(text, isFirst && addsSpace);
        Symbols symbols = new Symbols(bytes);
        symbols.merge();
        for (int i = 0; i < symbols.count; i = symbols.after[i]) {
            emit(bytes, symbols.starts[i], symbols.ends[i], out);
        }
    }

    private static byte[] escaped(String text, boolean withSpace) {
        byte[] bytes = new byte[3 * text.length() + SPACE.length];
        int n = withSpace ? putSpace(bytes, 0) : 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            n = c == ' ' ? putSpace(bytes, n) : Utf8.put(c, bytes, n);
            i += Character.charCount(c);
        }
        return Arrays.copyOf(bytes, n);
    }

    private static int putSpace(byte[] bytes, int at) {
        System.arraycopy(SPACE, 0, bytes, at, SPACE.length);
        return at + SPACE.length;
    }

    private void emit(byte[] bytes, int start, int end, IntList out) {
        int id = texts.find(bytes, start, end - start);
        if (id != ByteTable.ABSENT) {
            out.add(id);
            return;
        }
        for (int i = start; i < end; i++) {
            int byteToken = byteTokens[bytes[i] & 0xFF];
            if (byteToken != NO_BYTE) {
                out.add(byteToken);
            } else {
                drop(1);
            }
        }
    }

    @Override
    byte[] text(int id) {
        int value = byteValue(id);
        if (value >= 0) {
            return new byte[] {(byte) value};
        }
        byte[] raw = texts.get(id);
        return vocabulary.types[id] == Vocabulary.TYPE_USER_DEFINED ? raw : unescaped(raw);
    }

    private static byte[] unescaped(byte[] raw) {
        byte[] out = new byte[raw.length];
        int n = 0;
        for (int i = 0; i < raw.length; ) {
            if (i + 2 < raw.length && raw[i] == SPACE[0] && raw[i + 1] == SPACE[1] && raw[i + 2] == SPACE[2]) {
                out[n++] = ' ';
                i += 3;
            } else {
                out[n++] = raw[i++];
            }
        }
        return Arrays.copyOf(out, n);
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
