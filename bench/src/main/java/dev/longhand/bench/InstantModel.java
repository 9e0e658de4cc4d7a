package dev.longhand.bench;

import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.util.List;

/** Answers at once, so that what a request takes is what booking it takes. */
final class InstantModel implements LanguageModel {
    private static final Usage USAGE = new Usage(100, 20, 30, 0, 0, 0, 0, 2_000_000, 1_000_000);

    @Override
    public ModelInfo info() {
        return new ModelInfo("instant", "none", 4096, "0", true);
    }

    @Override
    public int[] tokenize(String text) {
        return new int[text.length()];
    }

    @Override
    public int[] render(List<Message> conversation) {
        return new int[100];
    }

    @Override
    public Sequence open(SequenceSpec spec) {
        return new Sequence() {
            private Usage used = Usage.NONE;

            @Override
            public int tokens() {
                return 0;
            }

            @Override
            public Usage usage() {
                return used;
            }

            @Override
            public int cachedTokens(int[] prompt) {
                return 0;
            }

            @Override
            public Answer generate(int[] prompt, GenerationSpec wish, Sink sink) {
                used = used.plus(USAGE);
                return new Answer("yes", new int[1], Answer.Stop.END, USAGE);
            }

            @Override
            public float[] score(int[] tokens) {
                used = used.plus(USAGE);
                return new float[Math.max(0, tokens.length - 1)];
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {}
}
