package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.lm.TokenLogprob;
import java.util.ArrayList;
import java.util.List;

/** Log-probabilities of a prompt's own tokens, and of the most probable ones in their places. */
final class ScoreRequest extends Request {
    private final int top;
    private final float[] scores; // (promptLength - 1); element i is that of token i + 1
    private final int[] topIds; // (promptLength - 1, top)
    private final float[] topLogprobs; // (promptLength - 1, top)

    ScoreRequest(LocalSequence sequence, int promptLength, int top) {
        super(sequence, promptLength);
        this.top = top;
        this.scores = new float[promptLength - 1];
        this.topIds = new int[scores.length * top];
        this.topLogprobs = new float[scores.length * top];
    }

    float[] scores() {
        return scores;
    }

    List<TokenLogprob> listed(TokenTexts texts) {
        List<TokenLogprob> all = new ArrayList<>(scores.length);
        for (int i = 0; i < scores.length; i++) {
            List<TokenLogprob> best = new ArrayList<>(top);
            for (int k = i * top; k < (i + 1) * top; k++) {
                best.add(texts.logprob(topIds[k], topLogprobs[k], List.of()));
            }
            all.add(texts.logprob(ids[i + 1], scores[i], best));
        }
        return all;
    }

    @Override
    int lengthMax() {
        return promptLength;
    }

    @Override
    int keptMax() {
        return 0;
    }

    @Override
    boolean isWorthKeeping() {
        return false;
    }

    @Override
    int logitsFrom(int from, int count) {
        return from;
    }

    @Override
    void onLogits(int position, StepScratch step, int row) throws Problem {
        if (position >= scores.length) {
            return;
        }
        Logprobs logprobs = step.logprobs();
        logprobs.read(step.sampler(row).logits(), top);
        scores[position] = logprobs.of(step.logits().get(row, ids[position + 1]));
        logprobs.copyTo(topIds, topLogprobs, position * top, top);
        if (Float.isNaN(scores[position])) {
            throw step.notANumber(position);
        }
    }

    @Override
    boolean isComplete() {
        return isRead;
    }
}
