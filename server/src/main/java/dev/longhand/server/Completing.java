package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.ParallelAnswers;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * Continues plain texts, all in the same way.
 *
 * @param tokensMax of each answer; 0 answers nothing
 * @param spec      how to answer, if something is answered
 * @param count     answers to each text
 * @param scored    how many likely tokens to tell beside each token of the texts themselves; empty tells nothing of them
 * @param owner     tenant and priority; its length is not looked at
 */
record Completing(int tokensMax, GenerationSpec spec, int count, OptionalInt scored, SequenceSpec owner) {
    /**
     * What one text came to.
     *
     * @param scores  of the text's own tokens, if they were wanted; the first has no log-probability
     * @param answers as many as were wanted; empty ones if nothing was to be answered
     * @param usage   of all together, the text counted once
     */
    record Done(OpenAiTexts.Text text, List<TokenLogprob> scores, List<Answer> answers, Usage usage) {}

    private static final Answer NOTHING = new Answer("", new int[0], Answer.Stop.LENGTH, Usage.NONE);

    /** @param sinks one for each answer */
    Done one(MeteredModel model, OpenAiTexts.Text text, List<? extends Sink> sinks) throws Problem {
        int[] prompt = text.tokens();
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + tokensMax, owner.tenant(), owner.priority()))) {
            List<TokenLogprob> scores = scored.isPresent() ? scores(model, sequence, prompt) : List.of();
            if (tokensMax == 0) {
                return new Done(text, scores, Collections.nCopies(count, NOTHING), sequence.usage());
            }
            if (count > 1) {
                List<Answer> answers = ParallelAnswers.generate(sequence, prompt, spec, sinks);
                Usage usage = answers.stream().map(a -> withoutCached(a.usage())).reduce(sequence.usage(), Usage::plus);
                return new Done(text, scores, answers, usage);
            }
            Usage before = sequence.usage();
            Answer answer = sequence.generate(prompt, spec, sinks.getFirst());
            return new Done(text, scores, List.of(answer),
                    scored.isPresent() ? before.plus(withoutCached(answer.usage())) : answer.usage());
        }
    }

    /** What was read for this request a moment ago counts as read, not as cached. */
    static Usage withoutCached(Usage usage) {
        return usage.minus(new Usage(0, usage.cachedTokens(), 0, 0, 0, 0, 0, 0, 0));
    }

    private List<TokenLogprob> scores(MeteredModel model, Sequence sequence, int[] prompt) throws Problem {
        List<TokenLogprob> scores = new ArrayList<>();
        scores.add(new TokenLogprob(prompt[0], model.bytes(prompt[0]), Float.NaN, List.of()));
        if (prompt.length > 1) {
            scores.addAll(sequence.score(prompt, scored.getAsInt()));
        }
        return scores;
    }
}
