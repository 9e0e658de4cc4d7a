package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Charges;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.util.List;

/** A model to talk to, here or in a server. Every call is booked. Used by one thread. */
interface Talk extends AutoCloseable {
    /** What a model is to answer, in tokens. */
    interface Prompt {
        int tokens();

        /** @throws Problem CANCELLED where an answer that was stopped is no answer at all */
        Answer answer(GenerationSpec spec, Sink sink) throws Problem;
    }

    ModelInfo info();

    /** Of a model with a chat template. */
    Prompt prompt(List<Message> conversation) throws Problem;

    /** Of a base model. */
    Prompt prompt(String text) throws Problem;

    /** Of all calls so far. */
    Charges charges();

    /** Soft limits that were passed, each said once. */
    List<String> warnings();

    /** Whether what an answer took is known; else the books alone know it. */
    default boolean isCounted(Answer answer) {
        return answer.stop() != Answer.Stop.CANCELLED || !answer.usage().equals(Usage.NONE);
    }

    /** Has a Ctrl-C end an answer that this thread waits for, where asking its sink now and then does not. */
    default void wake(Thread answering) {}

    @Override
    void close();
}
