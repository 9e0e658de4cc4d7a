package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.kernels.KvShape;
import dev.longhand.text.ChatFormat;
import dev.longhand.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The tokens behind which every document is read and that every question about documents begins with: the chat template up to the
 * place of documents in the first user turn, for a base model one line.
 *
 * <p>They fill whole blocks, so that a document begins a block of its own: line ends are added. (Sentences in their place were
 * echoed by small models; {@code docs/LOG.md}.) A pure function of the tokenizer and the template; what is in it is part of what a
 * stored document depends on.
 */
final class Front {
    private static final String OPENING = "Read the text and answer the question in one sentence.\n\n";

    private Front() {}

    static int[] of(Tokenizer tokenizer, Optional<ChatFormat> chat) throws Problem {
        int[] tokens = before(tokenizer, chat);
        int[] end = tokenizer.encode("\n", false);
        int[] whole = Arrays.copyOf(tokens, Math.ceilDiv(tokens.length, KvShape.BLOCK_TOKENS) * KvShape.BLOCK_TOKENS);
        Arrays.fill(whole, tokens.length, whole.length, end[end.length - 1]);
        return whole;
    }

    private static int[] before(Tokenizer tokenizer, Optional<ChatFormat> chat) throws Problem {
        if (chat.isPresent()) {
            return chat.get().around(OPENING, List.of(new ChatFormat.Turn("user", ""))).before();
        }
        int[] text = tokenizer.encode(OPENING, false);
        if (tokenizer.bosToAdd().isEmpty()) {
            return text;
        }
        int[] begun = new int[text.length + 1];
        begun[0] = tokenizer.bosToAdd().getAsInt();
        System.arraycopy(text, 0, begun, 1, text.length);
        return begun;
    }
}
