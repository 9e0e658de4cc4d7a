package dev.longhand.lm;

import dev.longhand.base.Problem;
import java.util.List;

/**
 * A language model, here or elsewhere: what everything above this module sees of one.
 *
 * <p>Thread-safe, unless {@link ModelInfo} says otherwise; a {@link Sequence} is not.
 */
public interface LanguageModel extends AutoCloseable {
    ModelInfo info();

    /** Token ids of plain text: no special token is recognised, none is added. */
    int[] tokenize(String text);

    /** Token ids of plain text to go on from: as {@link #tokenize}, behind the token that begins every text where the model wants one. */
    default int[] begin(String text) {
        return tokenize(text);
    }

    /**
     * Token ids of a conversation up to the place where the assistant speaks next. Control tokens come from the model's chat
     * template only; text of the messages that looks like one stays text.
     */
    int[] render(List<Message> conversation) throws Problem;

    /** A new, empty sequence. {@link Problem.Kind#LIMIT} if its memory cannot be had. */
    Sequence open(SequenceSpec spec) throws Problem;

    @Override
    void close();
}
