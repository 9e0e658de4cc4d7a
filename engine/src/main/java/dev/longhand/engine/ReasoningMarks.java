package dev.longhand.engine;

import dev.longhand.text.ChatFormat;
import dev.longhand.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a model marks what it thinks before it answers: {@code <think>} and {@code </think>}.
 *
 * <p>A model has such marks if its chat template or its vocabulary names them; for any other these are words like all words.
 * Immutable and thread-safe.
 */
final class ReasoningMarks {
    static final String OPEN = "<think>";
    static final String CLOSE = "</think>";
    /** Tokens at the end of a prompt among which an open mark is looked for; a template puts it last or before a line break. */
    private static final int PROMPT_TOKENS = 16;

    private final Tokenizer tokenizer;
    private final int[] closing; // tokens that end the reasoning
    private final OptionalInt open; // the token that is the open mark, if one is

    private ReasoningMarks(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.closing = tokenizer.encode(CLOSE + "\n\n", true);
        int[] opening = tokenizer.encode(OPEN, true);
        this.open = opening.length == 1 ? OptionalInt.of(opening[0]) : OptionalInt.empty();
    }

    static Optional<ReasoningMarks> of(Tokenizer tokenizer, Optional<ChatFormat> chat) {
        boolean isNamed = tokenizer.encode(CLOSE, true).length == 1 || chat.isPresent() && chat.get().mentions(CLOSE);
        return isNamed ? Optional.of(new ReasoningMarks(tokenizer)) : Optional.empty();
    }

    /** Tokens that end the reasoning by force. */
    int[] closing() {
        return closing;
    }

    OptionalInt open() {
        return open;
    }

    /** Text of a token, marks included even where they are control tokens. */
    byte[] bytes(int id) {
        byte[] bytes = tokenizer.bytes(id);
        if (bytes.length == 0) {
            String listed = tokenizer.listedText(id);
            if (listed.equals(OPEN) || listed.equals(CLOSE)) {
                return listed.getBytes(StandardCharsets.US_ASCII);
            }
        }
        return bytes;
    }

    /** Whether the prompt ends inside an open mark. */
    boolean isOpenAfter(int[] prompt, int length) {
        StringBuilder end = new StringBuilder();
        for (int id : Arrays.copyOfRange(prompt, Math.max(0, length - PROMPT_TOKENS), length)) {
            end.append(new String(bytes(id), StandardCharsets.ISO_8859_1));
        }
        return end.lastIndexOf(OPEN) > end.lastIndexOf(CLOSE);
    }
}
