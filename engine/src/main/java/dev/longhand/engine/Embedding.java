package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.lm.Embeddings;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Unfinished;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.List;

/** One call that turns texts into vectors, some at a time, each in a sequence of its own. Used by one thread. */
final class Embedding {
    /** Texts that are read at the same time. */
    private static final int AT_ONCE = 16;

    /** Opens sequences. */
    @FunctionalInterface
    interface Opening {
        LocalSequence open(SequenceSpec spec) throws Problem;
    }

    private final Opening opening;
    private final List<int[]> texts;
    private final Pooling pooling;
    private final float[][] vectors; // (texts, dim)
    private Usage used = Usage.NONE;

    Embedding(Opening opening, List<int[]> texts, Pooling pooling) {
        this.opening = opening;
        this.texts = texts;
        this.pooling = pooling;
        this.vectors = new float[texts.size()][];
    }

    Embeddings run() throws Problem {
        try {
            for (int from = 0; from < vectors.length; from += AT_ONCE) {
                run(from, Math.min(vectors.length, from + AT_ONCE));
            }
            return new Embeddings(vectors, used);
        } catch (Problem | RuntimeException e) {
            Unfinished.note(e, used);
            throw e;
        }
    }

    private void run(int from, int to) throws Problem {
        List<LocalSequence> sequences = new ArrayList<>();
        List<EmbedRequest> requests = new ArrayList<>();
        try {
            for (int i = from; i < to; i++) {
                int[] tokens = texts.get(i);
                Check.argument(tokens.length > 0, "text %d has no token", i);
                sequences.add(opening.open(new SequenceSpec(tokens.length)));
                requests.add(sequences.getLast().embed(tokens, pooling));
            }
            for (int i = from; i < to; i++) {
                EmbedRequest request = requests.get(i - from);
                request.await(Sink.SILENT);
                LocalSequence.checkNotCancelled(request);
                vectors[i] = request.vector();
            }
        } finally {
            sequences.forEach(LocalSequence::close);
            requests.forEach(Request::awaitOver);
            for (int i = 0; i < requests.size(); i++) {
                used = used.plus(requests.get(i).usage(0, 0));
                sequences.get(i).end();
            }
        }
    }
}
