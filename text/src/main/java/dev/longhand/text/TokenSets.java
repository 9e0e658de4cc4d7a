package dev.longhand.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A vocabulary as masks need it: all tokens with text by their bytes, and apart from that the plain ones, which consist of whole
 * characters of {@link StateTable#PLAIN}, by their length. Most tokens are plain, and where a grammar treats all plain characters
 * alike, as inside strings, only the others have to be walked. Control tokens are in none of the sets. Immutable.
 */
final class TokenSets {
    /** Plain tokens of more characters are walked like the others; there are few. */
    private static final int PLAIN_CHARS_MAX = 32;

    final int size;
    final int words;
    final byte[][] texts; // (size) null for control tokens and those without text
    final int[] ends; // tokens that end an answer
    final TokenTrie all;
    final TokenTrie notPlain;
    final int plainCharsMax;
    private final long[][] plain; // (plainCharsMax + 1, words) tokens of at most so many characters
    private final int[] plainCount; // (plainCharsMax + 1)

    TokenSets(Tokenizer tokenizer) {
        size = tokenizer.size();
        words = (size + 63) >> 6;
        texts = new byte[size][];
        IntList withText = new IntList();
        IntList others = new IntList();
        IntList ending = new IntList();
        int[] chars = new int[size]; // 0 if not plain
        int longest = 0;
        for (int id = 0; id < size; id++) {
            if (tokenizer.isEnd(id)) {
                ending.add(id);
                continue;
            }
            byte[] text = tokenizer.bytes(id);
            if (text.length > 0) {
                texts[id] = text;
                withText.add(id);
                chars[id] = plainChars(texts[id]);
                longest = Math.max(longest, chars[id]);
                if (chars[id] == 0) {
                    others.add(id);
                }
            }
        }
        ends = ending.toArray();
        all = new TokenTrie(withText.toArray(), texts);
        notPlain = new TokenTrie(others.toArray(), texts);
        plainCharsMax = longest;
        plain = new long[longest + 1][words];
        plainCount = new int[longest + 1];
        for (int id : withText.toArray()) {
            for (int length = chars[id]; chars[id] > 0 && length <= longest; length++) {
                plain[length][id >> 6] |= 1L << id;
                plainCount[length]++;
            }
        }
    }

    /** Characters of a plain token, 0 if it is not one. */
    private static int plainChars(byte[] text) {
        boolean isAscii = true;
        for (byte b : text) {
            isAscii &= b >= 0;
        }
        if (!isAscii) {
            return decodedPlainChars(text);
        }
        for (byte b : text) {
            if (b < ' ' || b == '"' || b == '\\' || b == 0x7F) {
                return 0;
            }
        }
        return text.length <= PLAIN_CHARS_MAX ? text.length : 0;
    }

    private static int decodedPlainChars(byte[] text) {
        String decoded = new String(text, StandardCharsets.UTF_8);
        int count = 0;
        for (int i = 0; i < decoded.length(); i += Character.charCount(decoded.codePointAt(i))) {
            if (!StateTable.PLAIN.contains(decoded.codePointAt(i))) {
                return 0;
            }
            count++;
        }
        // bytes that are no whole characters came out as others
        boolean isWhole = Arrays.equals(decoded.getBytes(StandardCharsets.UTF_8), text);
        return isWhole && count <= PLAIN_CHARS_MAX ? count : 0;
    }

    /** Plain tokens of at most {@code chars} characters; the caller must not change them. */
    long[] plain(int chars) {
        return plain[chars];
    }

    int plainCount(int chars) {
        return plainCount[chars];
    }
}
