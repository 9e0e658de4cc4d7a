package dev.longhand.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Turns a stream of token ids into text, whole characters only: bytes of an unfinished character wait for the next token. */
public final class Detokenizer {
    private final Tokenizer tokenizer;
    private byte[] held = new byte[64];
    private int size;

    Detokenizer(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The characters that are complete with this token. */
    public String append(int id) {
        byte[] bytes = tokenizer.bytes(id);
        if (size + bytes.length > held.length) {
            held = Arrays.copyOf(held, Math.max(size + bytes.length, held.length * 2));
        }
        System.arraycopy(bytes, 0, held, size, bytes.length);
        size += bytes.length;
        return take(size - unfinished());
    }

    /** What was held back; an unfinished character becomes U+FFFD. */
    public String flush() {
        return take(size);
    }

    private String take(int length) {
        String text = new String(held, 0, length, StandardCharsets.UTF_8);
        System.arraycopy(held, length, held, 0, size - length);
        size -= length;
        return text;
    }

    /** Bytes at the end that begin a character without ending it. */
    private int unfinished() {
        for (int back = 1; back <= Math.min(3, size); back++) {
            int b = held[size - back] & 0xFF;
            if (b >= 0xC2 && b <= 0xF4) {
                int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return length > back ? back : 0;
            }
            if ((b & 0xC0) != 0x80) {
                return 0;
            }
        }
        return 0;
    }
}
