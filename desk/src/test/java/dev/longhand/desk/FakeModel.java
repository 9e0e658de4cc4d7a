package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Attended;
import dev.longhand.lm.Capability;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Relevance;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model that answers by a function of its prompt, behind the text of what is attached. A token is a word with the space before
 * it.
 * Each token of an answer attends to the stretches of 64 tokens that hold it, and a little to the first one.
 */
final class FakeModel implements LanguageModel {
    private static final Pattern TOKEN = Pattern.compile("\\s*\\S+|\\s+$");

    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final List<String> texts = new ArrayList<>();
    private final Function<String, String> answerOf;
    private final boolean hasChat;
    private final int contextTokens;
    private final int documentTokensMax;
    final List<FakeMemory> memories = new ArrayList<>();
    String promptLast = "";
    Runnable beforeAttach = () -> { };
    /** How much the text of a document matters to a question; null where heads are not known. */
    ToDoubleBiFunction<String, String> relevanceOf;
    int judged;
    /** For whom it worked. */
    final Set<String> tenants = new TreeSet<>();

    FakeModel(int contextTokens, boolean hasChat, Function<String, String> answerOf) {
        this(contextTokens, hasChat, 0, answerOf);
    }

    /** One that can attach documents of that many tokens. */
    static FakeModel attaching(int documentTokensMax, Function<String, String> answerOf) {
        return new FakeModel(8192, true, documentTokensMax, answerOf);
    }

    private FakeModel(int contextTokens, boolean hasChat, int documentTokensMax, Function<String, String> answerOf) {
        this.documentTokensMax = documentTokensMax;
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
    public Set<Capability> capabilities() {
        return documentTokensMax == 0 ? Set.of()
                : relevanceOf == null ? Set.of(Capability.ATTACH) : Set.of(Capability.ATTACH, Capability.ROUTE);
    }

    @Override
    public DocumentMemory memory(Path folder, long bytesMax) throws Problem {
        if (documentTokensMax == 0) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "fake keeps no documents");
        }
        memories.add(new FakeMemory(folder, bytesMax, documentTokensMax, tenants));
        return memories.getLast();
    }

    @Override
    public int[] renderBehind(List<Message> conversation) {
        return render(conversation);
    }

    @Override
    public Sequence open(SequenceSpec spec) {
        tenants.add(spec.tenant());
        return sequence(List.of());
    }

    @Override
    public Sequence open(SequenceSpec spec, List<SegmentRef> attached) throws Problem {
        tenants.add(spec.tenant());
        beforeAttach.run();
        List<FakeMemory.Segment> segments = attached.stream().map(FakeMemory.Segment.class::cast).toList();
        for (FakeMemory.Segment each : segments) {
            each.check();
        }
        return sequence(segments);
    }

    @Override
    public Relevance relevance(SequenceSpec spec, int[] question, List<SegmentRef> candidates) throws Problem {
        tenants.add(spec.tenant());
        double[] scores = new double[candidates.size()];
        for (int i = 0; i < scores.length; i++) {
            FakeMemory.Segment each = (FakeMemory.Segment) candidates.get(i);
            each.check();
            scores[i] = relevanceOf.applyAsDouble(textOf(question), textOf(each.ids()));
        }
        judged += scores.length;
        return new Relevance(scores, Usage.of(question.length, 0, 0, 0, 0));
    }

    private Attended attended(List<FakeMemory.Segment> segments, int[] answer) {
        List<Attended.Span> spans = new ArrayList<>();
        List<List<String>> words = new ArrayList<>();
        for (FakeMemory.Segment each : segments) {
            for (int from = 0; from < each.tokens(); from += 64) {
                int to = Math.min(each.tokens(), from + 64);
                spans.add(new Attended.Span(each.id(), from, to));
                words.add(Arrays.stream(each.ids(), from, to).mapToObj(t -> texts.get(t).strip()).toList());
            }
        }
        float[][] shares = new float[answer.length][spans.size()];
        for (int t = 0; t < answer.length; t++) {
            for (int i = 0; i < spans.size(); i++) {
                shares[t][i] = (words.get(i).contains(texts.get(answer[t]).strip()) ? 0.5f / spans.size() : 0) + (i == 0 ? 0.4f
                        : 0);
            }
        }
        return new Attended(spans, shares);
    }

    private Sequence sequence(List<FakeMemory.Segment> segments) {
        return new Sequence() {
            private Attended attended = Attended.NOTHING;
            private boolean isWatched;
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
                StringBuilder whole = new StringBuilder();
                segments.forEach(s -> whole.append(textOf(s.ids())));
                promptLast = whole + textOf(prompt);
                String text = answerOf.apply(promptLast);
                int[] tokens = tokenize(text);
                for (int token : tokens) {
                    sink.token(token);
                    sink.text(texts.get(token));
                }
                attended = isWatched ? FakeModel.this.attended(segments, tokens) : Attended.NOTHING;
                return new Answer(text, tokens, Answer.Stop.END, used(prompt, tokens));
            }

            private Usage used(int[] prompt, int[] tokens) {
                Usage now = Usage.of(prompt.length, 0, tokens.length, 0, 0);
                used = used.plus(now);
                return now;
            }

            @Override
            public void watch() {
                isWatched = true;
            }

            @Override
            public Attended attended() {
                return attended;
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
