package dev.longhand.desk;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A model that answers by a function of its prompt. A token is a word with the space before it. */
final class FakeModel implements LanguageModel {
    private static final Pattern TOKEN = Pattern.compile("\\s*\\S+|\\s+$");

    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final List<String> texts = new ArrayList<>();
    private final Function<String, String> answerOf;
    private final boolean hasChat;
    private final int contextTokens;
    String promptLast = "";

    FakeModel(int contextTokens, boolean hasChat, Function<String, String> answerOf) {
        this.contextTokens = contextTokens;
        this.hasChat = hasChat;
        this.answerOf = answerOf;
    }

    FakeModel(Function<String, String> answerOf) {
        this(8192, true, answerOf);
    }

    @Override
    public ModelInfo info() {
        return new ModelInfo("fake", "fake", contextTokens, "0".repeat(64), hasChat);
    }

    @Override
    public int[] tokenize(String text) {
        List<Integer> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(text);
        while (matcher.find()) {
            tokens.add(ids.computeIfAbsent(matcher.group(), t -> {
                texts.add(t);
                return texts.size() - 1;
            }));
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public int[] render(List<Message> conversation) {
        StringBuilder text = new StringBuilder();
        conversation.forEach(m -> text.append("[").append(m.role().templateName()).append("] ").append(m.text()).append('\n'));
        return tokenize(text.toString());
    }

    String textOf(int[] tokens) {
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append(texts.get(token));
        }
        return text.toString();
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
            public int cachedTokens(int[] prompt) {
                return 0;
            }

            @Override
            public Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
                promptLast = textOf(prompt);
                String text = answerOf.apply(promptLast);
                sink.text(text);
                int[] tokens = tokenize(text);
                return new Answer(text, tokens, Answer.Stop.END, used(prompt, tokens));
            }

            private Usage used(int[] prompt, int[] tokens) {
                Usage now = Usage.of(prompt.length, 0, tokens.length, 0, 0);
                used = used.plus(now);
                return now;
            }

            @Override
            public Usage usage() {
                return used;
            }

            @Override
            public float[] score(int[] tokens) {
                return new float[tokens.length - 1];
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {}
}
