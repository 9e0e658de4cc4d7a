package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.util.List;

/**
 * Answering with documents attached, from the attaching on.
 *
 * @param attachSeconds     until the sequence is open
 * @param firstTokenSeconds from then until the first token of an answer to a short question
 * @param tokensPerSecond   of a second answer in the same sequence
 */
record BehindDocuments(double attachSeconds, double firstTokenSeconds, double tokensPerSecond) {
    private static final int ANSWER_TOKENS = 32;
    private static final String QUESTION = "Question: Which of these classes reads a file line by line?";

    static BehindDocuments measure(LanguageModel model, List<SegmentRef> documents, Clock clock) throws Problem {
        int[] question = model.renderBehind(List.of(Message.user(QUESTION)));
        long start = clock.nanos();
        try (Sequence sequence = model.open(new SequenceSpec(question.length + 2 * ANSWER_TOKENS), documents)) {
            double attachSeconds = clock.secondsSince(start);
            FirstToken first = new FirstToken(clock);
            sequence.generate(question, GenerationSpec.greedy(2), first);
            Usage usage = sequence.generate(question, GenerationSpec.greedy(ANSWER_TOKENS), Sink.SILENT).usage();
            return new BehindDocuments(attachSeconds, first.seconds(), usage.answeredTokens() / usage.answerSeconds());
        }
    }

    /** The faster of two, figure by figure. */
    BehindDocuments best(BehindDocuments other) {
        return new BehindDocuments(Math.min(attachSeconds, other.attachSeconds),
                Math.min(firstTokenSeconds, other.firstTokenSeconds), Math.max(tokensPerSecond, other.tokensPerSecond));
    }
}
