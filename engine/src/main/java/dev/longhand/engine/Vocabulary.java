package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.text.ChatFormat;
import dev.longhand.text.Tokenizer;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What a model's file says of text, read while weights are.
 *
 * @param front tokens behind which documents are read; none where none are
 */
record Vocabulary(Tokenizer tokenizer, Optional<ChatFormat> chat, int[] front) {
    static Vocabulary of(ModelFile source, boolean hasFront) throws Problem {
        Tokenizer tokenizer = Tokenizer.from(source);
        Optional<ChatFormat> chat = ChatFormat.of(source, tokenizer);
        return new Vocabulary(tokenizer, chat, hasFront ? Front.of(tokenizer, chat) : new int[0]);
    }

    static Vocabulary await(FutureTask<Vocabulary> task) throws Problem {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Problem problem) {
                throw problem;
            }
            throw new IllegalStateException("reading the vocabulary failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted while the model was loading", e);
        }
    }

    /** The file must not be closed while the vocabulary is still being read from it. */
    static void awaitQuietly(FutureTask<Vocabulary> task) {
        try {
            await(task);
        } catch (Problem | RuntimeException e) {
            // Another failure is being reported already.
        }
    }
}
