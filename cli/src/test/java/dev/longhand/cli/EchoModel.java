package dev.longhand.cli;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A language model whose tokens are characters and whose answer to anything is what it was asked, piece by piece. */
final class EchoModel implements LanguageModel {
    final List<String> prompts = new ArrayList<>();
    final List<GenerationSpec> specs = new ArrayList<>();
    Runnable afterFirstPiece = () -> {};
    private final boolean hasChat;
    private final int contextTokens;

    EchoModel(boolean hasChat, int contextTokens) {
        this.hasChat = hasChat;
        this.contextTokens = contextTokens;
    }

    @Override
    public ModelInfo info() {
        return new ModelInfo("echo", "none", contextTokens, "0".repeat(64), hasChat);
    }

    @Override
    public int[] tokenize(String text) {
        return text.chars().toArray();
    }

    @Override
    public int[] render(List<Message> conversation) {
        Check.argument(hasChat, "a base model");
        StringBuilder text = new StringBuilder();
        conversation.forEach(m -> text.append('<').append(m.role().templateName()).append('>').append(m.text()));
        return tokenize(text.toString());
    }

    @Override
    public Sequence open(SequenceSpec spec) {
        return new Echo();
    }

    @Override
    public void close() {}

    private final class Echo implements Sequence {
        private int[] held = {};
        private Usage used = Usage.NONE;

        @Override
        public Usage usage() {
            return used;
        }

        @Override
        public int tokens() {
            return held.length;
        }

        @Override
        public int cachedTokens(int[] prompt) {
            int same = Arrays.mismatch(held, prompt);
            return same < 0 ? held.length : same;
        }

        @Override
        public Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
            String text = new String(prompt, 0, prompt.length);
            prompts.add(text);
            specs.add(spec);
            String asked = text.substring(text.lastIndexOf('>') + 1);
            String[] pieces = ("You said: " + asked).split("(?<= )");
            StringBuilder said = new StringBuilder();
            Answer.Stop stop = Answer.Stop.END;
            for (int i = 0; i < pieces.length; i++) {
                if (sink.isCancelled()) {
                    stop = Answer.Stop.CANCELLED;
                    break;
                }
                if (i == spec.tokensMax()) {
                    stop = Answer.Stop.LENGTH;
                    break;
                }
                said.append(pieces[i]);
                sink.text(pieces[i]);
                if (i == 0) {
                    afterFirstPiece.run();
                }
            }
            int cached = cachedTokens(prompt);
            held = prompt;
            Usage now = Usage.of(prompt.length - cached, cached, pieces.length, 0.5, 0.5);
            used = used.plus(now);
            return new Answer(said.toString(), new int[0], stop, now);
        }

        @Override
        public float[] score(int[] tokens) {
            return new float[tokens.length - 1];
        }

        @Override
        public void close() {}
    }
}
