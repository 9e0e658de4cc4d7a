package dev.longhand.engine;

import dev.longhand.base.Check;
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
 * <p>They fill whole blocks, so that a document begins a block of its own: sentences that ask for nothing are added, then line
 * ends.
 * A pure function of the tokenizer and the template; what is in it is part of what a stored document depends on.
 */
final class Front {
    private static final String OPENING = "Read the text and answer the question in one sentence.";
    private static final List<String> FILLERS = List.of(
            " The text is made of documents, and each of them stands between two marks.", " Take what you say from the text.",
            " Use its own words.", " Be exact.");

    private Front() {}

    static int[] of(Tokenizer tokenizer, Optional<ChatFormat> chat) throws Problem {
        int[] bare = before(tokenizer, chat, OPENING);
        int goal = Math.ceilDiv(bare.length + 2, KvShape.BLOCK_TOKENS) * KvShape.BLOCK_TOKENS;
        String opening = OPENING;
        for (int i = 0; i < FILLERS.size(); ) {
            boolean fits = before(tokenizer, chat, opening + FILLERS.get(i) + "\n\n").length <= goal;
            opening = fits ? opening + FILLERS.get(i) : opening;
            i += fits && i == FILLERS.size() - 1 && opening.length() < 1000 ? 0 : 1;
        }
        int[] tokens = before(tokenizer, chat, opening + "\n\n");
        Check.invariant(tokens.length <= goal, "a front of %d tokens for %d", tokens.length, goal);
        int[] end = tokenizer.encode("\n", false);
        int[] whole = Arrays.copyOf(tokens, goal);
        Arrays.fill(whole, tokens.length, goal, end[end.length - 1]);
        return whole;
    }

    private static int[] before(Tokenizer tokenizer, Optional<ChatFormat> chat, String opening) throws Problem {
        if (chat.isPresent()) {
            return chat.get().around(opening, List.of(new ChatFormat.Turn("user", ""))).before();
        }
        int[] text = tokenizer.encode(opening, false);
        if (tokenizer.bosToAdd().isEmpty()) {
            return text;
        }
        int[] begun = new int[text.length + 1];
        begun[0] = tokenizer.bosToAdd().getAsInt();
        System.arraycopy(text, 0, begun, 1, text.length);
        return begun;
    }
}
