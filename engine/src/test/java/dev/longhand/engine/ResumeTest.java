package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.KvType;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.SequenceSpec.Priority;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.lm.Usage;
import dev.longhand.testkit.RealModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: an answer that was cut off goes on with the very tokens that it would have had. Method: whole answers of every kind, cut
 * at several places and resumed; tokens, text, reasoning, log-probabilities and the reason of the end are compared exactly, and
 * the sink's part with what is new.
 */
class ResumeTest {
    private static final String SCHEMA = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":12},"
            + "\"size\":{\"enum\":[\"small\",\"large\"]}},\"required\":[\"city\",\"size\"],\"additionalProperties\":false}";
    private static final Sampling WARM = new Sampling(0.9f, 50, 0.95f, 0.02f, 1.1f, 64, 5);
    /** Draws from all tokens, with a window longer than what is resumed. */
    private static final Sampling HOT = new Sampling(1f, 0, 1, 0, 1.3f, 400, 11);

    @TempDir
    Path folder;

    /** What a caller hears. */
    private static final class Heard implements Sink {
        final List<Integer> tokens = new ArrayList<>();
        final StringBuilder text = new StringBuilder();
        final StringBuilder reasoning = new StringBuilder();

        @Override
        public void text(String piece) {
            text.append(piece);
        }

        @Override
        public void reasoning(String piece) {
            reasoning.append(piece);
        }

        @Override
        public void token(int id) {
            tokens.add(id);
        }
    }

    private static LocalModel smolLm2(KvType type) throws Problem {
        return LocalModel.open(RealModels.smolLm2(), "smollm2", "", EngineOptions.DEFAULT.withKvType(type), Clock.SYSTEM);
    }

    private static Map<String, GenerationSpec> specs() {
        Map<String, GenerationSpec> specs = new TreeMap<>();
        specs.put("greedy", GenerationSpec.greedy(40));
        specs.put("drawn", new GenerationSpec(40, WARM, List.of()).withLogprobs(3));
        specs.put("drawn with another seed", new GenerationSpec(40, WARM.withSeed(77), List.of()));
        specs.put("drawn from all, long window", new GenerationSpec(40, HOT, List.of()));
        specs.put("stop texts", GenerationSpec.greedy(40).withStops(List.of("7, 8", "never said")));
        specs.put("schema", new GenerationSpec(90, WARM, List.of()).withConstraint(new Constraint.JsonSchema(SCHEMA)));
        return specs;
    }

    private static int[] prompt(LocalModel model) throws Problem {
        return model.render(List.of(Message.user("Count from 1 to 20 with commas between, like 1, 2, 3.")));
    }

    private static Answer answer(LocalModel model, int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + spec.tokensMax()))) {
            return sequence.generate(prompt, spec, sink);
        }
    }

    private static GenerationSpec cut(GenerationSpec spec, Answer whole, int at) {
        return spec.withResumed(Arrays.stream(whole.tokens()).limit(at).boxed().toList());
    }

    /** First and second token, around the middle and at the end. */
    private static TreeSet<Integer> places(Answer whole) {
        int n = whole.tokens().length;
        return new TreeSet<>(List.of(0, Math.min(1, n), Math.min(2, n), n / 3, n / 2, n - 1, n));
    }

    private static void same(Answer resumed, Heard heard, Answer whole, int at, String what) {
        assertThat(resumed.tokens()).as(what).isEqualTo(whole.tokens());
        assertThat(resumed.text()).as(what).isEqualTo(whole.text()).endsWith(heard.text);
        assertThat(resumed.reasoning()).as(what).isEqualTo(whole.reasoning()).endsWith(heard.reasoning);
        assertThat(resumed.stop()).as(what).isEqualTo(whole.stop());
        assertThat(heard.tokens).as(what).isEqualTo(Arrays.stream(whole.tokens()).skip(at).boxed().toList());
        assertThat(resumed.usage().answeredTokens()).as(what).isEqualTo(whole.tokens().length - at);
        assertThat(resumed.logprobs()).as(what).hasSize(whole.logprobs().size());
        for (int i = 0; i < whole.logprobs().size(); i++) {
            TokenLogprob found = resumed.logprobs().get(i);
            assertThat(found.token()).as(what).isEqualTo(whole.tokens()[i]);
            if (i < at) {
                assertThat(found.logprob()).as(what).isNaN();
                assertThat(found.top()).as(what).isEmpty();
            } else {
                assertThat(found.logprob()).as(what).isEqualTo(whole.logprobs().get(i).logprob());
                assertThat(found.top()).extracting(TokenLogprob::logprob)
                        .isEqualTo(whole.logprobs().get(i).top().stream().map(TokenLogprob::logprob).toList());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void anAnswerGoesOnWithTheTokensThatItWouldHaveHad(KvType type) throws Exception {
        try (LocalModel model = smolLm2(type)) {
            int[] prompt = prompt(model);
            for (Map.Entry<String, GenerationSpec> each : specs().entrySet()) {
                Heard all = new Heard();
                Answer whole = answer(model, prompt, each.getValue(), all);
                same(whole, all, whole, 0, each.getKey());
                assertThat(all.text).hasToString(whole.text());
                for (int at : places(whole)) {
                    Heard heard = new Heard();
                    Answer resumed = answer(model, prompt, cut(each.getValue(), whole, at), heard);
                    same(resumed, heard, whole, at, "%s of %s KV, cut at %d".formatted(each.getKey(), type, at));
                }
            }
            model.checkIntegrity();
        }
    }

    /** Goal: who else runs changes nothing. Method: all cuts of all kinds at once, beside answers of others. */
    @Test
    void resumedAnswersAreTheSameAmongOthers() throws Exception {
        try (LocalModel model = smolLm2(KvType.F16)) {
            int[] prompt = prompt(model);
            List<FutureTask<Void>> running = new ArrayList<>();
            List<FutureTask<Answer>> others = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                int[] other = model.begin("Story " + i + ": once upon a time");
                others.add(start(() -> answer(model, other, GenerationSpec.greedy(120), Sink.SILENT)));
            }
            for (Map.Entry<String, GenerationSpec> each : specs().entrySet()) {
                Answer whole = answer(model, prompt, each.getValue(), Sink.SILENT);
                for (int at : places(whole)) {
                    running.add(start(() -> {
                        Heard heard = new Heard();
                        Answer resumed = answer(model, prompt, cut(each.getValue(), whole, at), heard);
                        same(resumed, heard, whole, at, "%s, cut at %d".formatted(each.getKey(), at));
                        return null;
                    }));
                }
            }
            for (FutureTask<?> each : running) {
                each.get();
            }
            for (FutureTask<Answer> each : others) {
                each.get();
            }
            model.checkIntegrity();
        }
    }

    /**
     * Goal: reasoning, its limit and the form behind it go on, too. Method: a tiny model whose prompt ends in an open mark; cuts at
     * every token: in the reasoning, in the mark that ends it by force, behind it.
     */
    @ParameterizedTest
    @EnumSource(KvType.class)
    void reasoningGoesOnWhereverItWasCut(KvType type) throws Exception {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT.withKvType(type), Clock.SYSTEM)) {
            int[] open = {'H', 'i', TinyLlama.THINK, '\n'};
            Constraint form = new Constraint.Gbnf("root ::= [a-z]{8,20} \"!\"");
            for (Sampling sampling : List.of(Sampling.GREEDY, HOT)) {
                GenerationSpec spec = new GenerationSpec(40, sampling, List.of()).withReasoningTokensMax(9);
                resumeEverywhere(model, open, spec);
                resumeEverywhere(model, open, spec.withConstraint(form));
                resumeEverywhere(model, new int[] {'H', 'i'}, spec.withConstraint(form));
            }
            model.checkIntegrity();
        }
    }

    private static void resumeEverywhere(LocalModel model, int[] prompt, GenerationSpec spec) throws Problem {
        Answer whole = answer(model, prompt, spec, Sink.SILENT);
        boolean isOpen = prompt.length > 2;
        if (isOpen) {
            assertThat(whole.reasoning()).isNotEmpty();
            assertThat(whole.tokens()).contains(TinyLlama.CLOSE);
            assertThat(whole.text()).isNotEmpty();
        }
        if (spec.constraint().isPresent()) {
            assertThat(whole.text()).matches("[a-z]{8,20}!");
        }
        for (int at = 0; at <= whole.tokens().length; at++) {
            Heard heard = new Heard();
            Answer resumed = answer(model, prompt, cut(spec, whole, at), heard);
            same(resumed, heard, whole, at, "cut at %d".formatted(at));
            int reasoning = resumed.usage().reasoningTokens();
            assertThat(reasoning).isEqualTo(Math.max(0, whole.usage().reasoningTokens() - at));
        }
    }

    /** Goal: lost memory changes nothing. Method: long answers, each resumed, with memory for few of them at a time. */
    @Test
    void aResumedAnswerThatLosesItsMemoryIsTheSame() throws Exception {
        List<Answer> whole = new ArrayList<>();
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM)) {
            for (int i = 0; i < 10; i++) {
                whole.add(answer(model, EngineTest.prompt(i, 100 + 7 * i), longSpec(i), Sink.SILENT));
            }
        }
        EngineOptions small = EngineOptions.DEFAULT.withKvBytesMax(9 * TinyLlama.BLOCK_BYTES);
        try (LocalModel model = TinyLlama.open(folder, small, Clock.SYSTEM)) {
            List<FutureTask<Answer>> running = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                int seed = i;
                GenerationSpec spec = cut(longSpec(i), whole.get(i), 5 + 9 * i);
                Priority priority = i % 3 == 0 ? Priority.INTERACTIVE : Priority.BATCH;
                running.add(start(() -> {
                    try (Sequence sequence = model.open(new SequenceSpec(400, "t", priority))) {
                        return sequence.generate(EngineTest.prompt(seed, 100 + 7 * seed), spec, Sink.SILENT);
                    }
                }));
            }
            for (int i = 0; i < 10; i++) {
                assertThat(running.get(i).get().tokens()).as("answer %d", i).isEqualTo(whole.get(i).tokens());
            }
            assertThat(model.counters().preempted()).isPositive();
            model.checkIntegrity();
        }
    }

    private static GenerationSpec longSpec(int i) {
        return new GenerationSpec(150, i % 2 == 0 ? Sampling.GREEDY : HOT.withSeed(i), List.of());
    }

    @Test
    void whatIsHeldOfTheCutAnswerIsNotReadAgain() throws Exception {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM);
                Sequence sequence = model.open(new SequenceSpec(200))) {
            int[] prompt = EngineTest.prompt(1, 50);
            Answer whole = sequence.generate(prompt, GenerationSpec.greedy(60), Sink.SILENT);
            Answer resumed = sequence.generate(prompt, cut(GenerationSpec.greedy(60), whole, 20), Sink.SILENT);
            assertThat(resumed.tokens()).isEqualTo(whole.tokens());
            assertThat(resumed.usage().cachedTokens()).isEqualTo(69);
            assertThat(resumed.usage().readTokens()).isEqualTo(1);
            assertThat(resumed.usage().answeredTokens()).isEqualTo(40);
        }
    }

    @Test
    void anAnswerThatHadEndedIsAnsweredAtOnce() throws Exception {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM);
                Sequence sequence = model.open(new SequenceSpec(200))) {
            int[] prompt = EngineTest.prompt(1, 10);
            GenerationSpec spec = GenerationSpec.greedy(4).withStops(List.of("xyz"));
            for (List<Integer> tokens : List.of(List.of((int) 'a', TinyLlama.END), ids("wxyz"), ids("abcd"))) {
                Answer answer = sequence.generate(prompt, spec.withResumed(tokens), Sink.SILENT);
                assertThat(answer.tokens()).containsExactly(tokens.stream().mapToInt(i -> i).toArray());
                assertThat(answer.usage()).isEqualTo(Usage.NONE);
                assertThat(answer.text()).isEqualTo(tokens.size() == 2 ? "a" : tokens.getFirst() == 'w' ? "w" : "abcd");
                assertThat(answer.stop()).isEqualTo(tokens.getFirst() == 'a' && tokens.size() == 4 ? Answer.Stop.LENGTH
                        : Answer.Stop.END);
            }
            assertThat(model.counters().steps()).isZero();
        }
    }

    @Test
    void tokensThatCannotBeginTheAnswerAreRefusedWithTheirPlace() throws Exception {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM);
                Sequence sequence = model.open(new SequenceSpec(200))) {
            GenerationSpec spec = GenerationSpec.greedy(20);
            refuses(sequence, spec.withResumed(List.of((int) 'a', TinyLlama.END, (int) 'b')), "token 2 stands behind the end");
            refuses(sequence, spec.withStops(List.of("xy")).withResumed(ids("axyb")), "token 3 stands behind the end");
            refuses(sequence, spec.withConstraint(new Constraint.Gbnf("root ::= \"ab\" [0-9]+")).withResumed(ids("ab1c")),
                    "token 3, 99, breaks the form");
            refuses(sequence, spec.withResumed(List.of(320)), "resumed token id is 320; it must lie in [0, 320)");
            refuses(sequence, spec.withResumed(List.of(-1)), "resumed token id is -1");
            List<Integer> thinking = new ArrayList<>(List.of(TinyLlama.THINK));
            thinking.addAll(ids("abc"));
            refuses(sequence, spec.withReasoningTokensMax(3).withResumed(thinking), "token 3 is 99; the reasoning is over there");
            assertThat(sequence.generate(EngineTest.prompt(1, 10), spec, Sink.SILENT).tokens()).hasSize(20);
            model.checkIntegrity();
        }
    }

    private static void refuses(Sequence sequence, GenerationSpec spec, String why) {
        assertThatThrownBy(() -> sequence.generate(EngineTest.prompt(1, 10), spec, Sink.SILENT))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(why);
    }

    private static List<Integer> ids(String text) {
        return text.chars().boxed().toList();
    }

    private static <T> FutureTask<T> start(java.util.concurrent.Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }
}
