package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Attended;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.lm.Usage;
import java.util.List;

/** A sequence of a {@link MeteredModel}: each call is booked by what the sequence's usage grew by, also when it fails. */
final class MeteredSequence implements Sequence {
    private final MeteredModel model;
    private final Sequence sequence;

    private final long attached;

    /** @param attached tokens of the documents that stand before it: attention may look them up for each answer */
    MeteredSequence(MeteredModel model, Sequence sequence, long attached) {
        this.model = model;
        this.sequence = sequence;
        this.attached = attached;
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws Problem;
    }

    private <T> T booked(String purpose, long in, long out, Call<T> call) throws Problem {
        Charge charge = model.reserve(purpose, in, out);
        Usage before = sequence.usage();
        model.begins(sequence, before);
        T result;
        try {
            result = call.run();
        } catch (Throwable failure) {
            settleAfter(failure, charge, before, purpose);
            throw failure;
        } finally {
            model.ends();
        }
        settle(charge, before, purpose);
        return result;
    }

    private void settle(Charge charge, Usage before, String purpose) throws Problem {
        model.settle(charge, sequence.usage().minus(before), purpose.isEmpty() ? attached : 0);
    }

    /** The call's own failure is the one to report. */
    private void settleAfter(Throwable failure, Charge charge, Usage before, String purpose) {
        try {
            settle(charge, before, purpose);
        } catch (Problem | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public int tokens() {
        return sequence.tokens();
    }

    @Override
    public Usage usage() {
        return sequence.usage();
    }

    @Override
    public int cachedTokens(int[] prompt) {
        return sequence.cachedTokens(prompt);
    }

    @Override
    public Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
        return booked("", prompt.length, spec.tokensMax(), () -> sequence.generate(prompt, spec, sink));
    }

    @Override
    public Usage read(int[] prompt, Sink sink) throws Problem {
        return booked("read", prompt.length, 0, () -> sequence.read(prompt, sink));
    }

    @Override
    public float[] score(int[] tokens) throws Problem {
        return booked("score", tokens.length, 0, () -> sequence.score(tokens));
    }

    @Override
    public List<TokenLogprob> score(int[] tokens, int top) throws Problem {
        return booked("score", tokens.length, 0, () -> sequence.score(tokens, top));
    }

    @Override
    public void watch() throws Problem {
        sequence.watch();
    }

    @Override
    public Attended attended() {
        return sequence.attended();
    }

    @Override
    public Sequence fork() throws Problem {
        return new MeteredSequence(model, sequence.fork(), attached);
    }

    @Override
    public void close() {
        sequence.close();
    }
}
