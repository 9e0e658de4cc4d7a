package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Capability;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.ParallelAnswers;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: everything that comes out beside the text is right. Method: SmolLM2 on the best tier of the machine. */
class OutputsTest extends OnSmolLm2 {
    /**
     * Goal: log-probabilities of answered tokens are those of a prefill. Method: score prompt and answer in one pass; compare
     * bits.
     */
    @Test
    void logprobsOfAnAnswerAreTheBitsOfItsScore() throws Problem {
        int[] prompt = chat("What is the capital of France?");
        Answer answer = answer(prompt, GenerationSpec.greedy(24).withLogprobs(5));
        int[] all = java.util.Arrays.copyOf(prompt, prompt.length + answer.tokens().length);
        System.arraycopy(answer.tokens(), 0, all, prompt.length, answer.tokens().length);
        try (Sequence sequence = model.open(new SequenceSpec(all.length))) {
            float[] scores = sequence.score(all);
            List<TokenLogprob> listed = sequence.score(all, 5);
            for (int i = 0; i < answer.tokens().length; i++) {
                TokenLogprob each = answer.logprobs().get(i);
                int at = prompt.length + i - 1;
                assertThat(each.token()).isEqualTo(answer.tokens()[i]);
                assertThat(each.logprob()).as("token %d", i).isEqualTo(scores[at]).isEqualTo(listed.get(at).logprob());
                assertThat(each.top()).hasSize(5).isSortedAccordingTo((a, b) -> Float.compare(b.logprob(), a.logprob()));
                assertThat(each.top().getFirst().token()).as("greedy takes the most probable").isEqualTo(each.token());
                assertThat(each.top()).extracting(TokenLogprob::token)
                        .isEqualTo(listed.get(at).top().stream().map(TokenLogprob::token).toList());
            }
        }
        assertThat(text(answer.logprobs())).startsWith(answer.text());
    }

    private static String text(List<TokenLogprob> tokens) {
        StringBuilder text = new StringBuilder();
        tokens.forEach(t -> text.append(new String(t.bytes(), StandardCharsets.UTF_8)));
        return text.toString();
    }

    @Test
    void zeroTopLogprobsGiveTheTokensOwnAndNoneGiveNothing() throws Problem {
        int[] prompt = chat("Say hello.");
        Answer own = answer(prompt, GenerationSpec.greedy(5).withLogprobs(0));
        assertThat(own.logprobs()).hasSize(own.tokens().length).allSatisfy(t -> assertThat(t.top()).isEmpty());
        assertThat(answer(prompt, GenerationSpec.greedy(5)).logprobs()).isEmpty();
    }

    @Test
    void logprobsAreThoseOfTheModelWhateverTheSampling() throws Problem {
        int[] prompt = chat("Say hello.");
        Sampling hot = new Sampling(2f, 0, 1, 0, 1.5f, 64, 3);
        Answer answer = answer(prompt, new GenerationSpec(6, hot, List.of()).withLogprobs(20));
        double sum = answer.logprobs().getFirst().top().stream().mapToDouble(t -> Math.exp(t.logprob())).sum();
        assertThat(sum).isBetween(0.5, 1.0001);
        Answer greedy = answer(prompt, GenerationSpec.greedy(1).withLogprobs(20));
        assertThat(answer.logprobs().getFirst().top()).extracting(TokenLogprob::logprob)
                .isEqualTo(greedy.logprobs().getFirst().top().stream().map(TokenLogprob::logprob).toList());
    }

    @Test
    void aStopTextEndsTheAnswerWhereverTokensBreak() throws Problem {
        int[] prompt = chat("Count from 1 to 20 with commas between.");
        String whole = answer(prompt, GenerationSpec.greedy(40)).text();
        for (int from = 1; from + 5 < Math.min(40, whole.length()); from += 3) {
            String stop = whole.substring(from, from + 5);
            Answer answer = answer(prompt, GenerationSpec.greedy(40).withStops(List.of("never said", stop)));
            assertThat(answer.text()).as("stop \"%s\"", stop).isEqualTo(whole.substring(0, whole.indexOf(stop)));
            assertThat(answer.stop()).isEqualTo(Answer.Stop.END);
        }
    }

    @Test
    void embeddingsOfLikeTextsAreCloserAndDoNotDependOnTheBatch() throws Problem {
        List<int[]> texts = List.of(model.tokenize("A cat sleeps on the sofa."), model.tokenize("A kitten naps on the couch."),
                model.tokenize("The central bank raised interest rates by half a percent."));
        for (Pooling pooling : new Pooling[] {Pooling.MEAN, Pooling.LAST, Pooling.MEAN.raw()}) {
            float[][] vectors = model.embed(texts, pooling).vectors();
            assertThat(vectors[1]).as("alone, %s", pooling).containsExactly(model.embed(texts.subList(1, 2), pooling).vectors()[0]);
            if (pooling.isNormalised()) {
                assertThat(dot(vectors[0], vectors[0])).isCloseTo(1, within(1e-5));
            } else {
                assertThat(dot(vectors[0], vectors[0])).isGreaterThan(2);
            }
        }
        float[][] mean = model.embed(texts, Pooling.MEAN).vectors();
        assertThat(dot(mean[0], mean[1])).isGreaterThan(dot(mean[0], mean[2]));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @Test
    void aForkGoesOnFromWhatWasReadAndNeitherChangesTheOther() throws Problem {
        int[] prompt = chat("Tell me about the sea. ".repeat(30));
        Answer expected = answer(prompt, GenerationSpec.greedy(12));
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + 40)); Sequence early = sequence.fork()) {
            assertThat(sequence.read(prompt, Sink.SILENT).cachedTokens()).isPositive();
            int lent = model.pool().blocksLent();
            try (Sequence fork = sequence.fork()) {
                assertThat(model.pool().blocksLent()).as("a fork takes no block").isEqualTo(lent);
                assertThat(fork.generate(prompt, GenerationSpec.greedy(12), Sink.SILENT).tokens()).isEqualTo(expected.tokens());
            }
            assertThat(sequence.generate(prompt, GenerationSpec.greedy(12), Sink.SILENT).tokens()).isEqualTo(expected.tokens());
            assertThat(early.tokens()).isZero();
        }
    }

    @Test
    void readingWhatIsThereAlreadyTakesNoStep() throws Problem {
        int[] prompt = chat("Read this once.");
        try (Sequence sequence = model.open(new SequenceSpec(100))) {
            sequence.read(prompt, Sink.SILENT);
            assertThat(sequence.read(prompt, Sink.SILENT).cachedTokens()).isEqualTo(prompt.length);
        }
    }

    @Test
    void parallelAnswersReadThePromptOnceAndDrawWithSeedsOfTheirOwn() throws Problem {
        int[] prompt = chat("Name a colour. ".repeat(20));
        Sampling warm = new Sampling(1f, 0, 1, 0, 1, 64, 11);
        GenerationSpec spec = new GenerationSpec(12, warm, List.of());
        long before = model.counters().promptTokens();
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + 12))) {
            List<Answer> answers = ParallelAnswers.generate(sequence, prompt, spec, 4);
            assertThat(model.counters().promptTokens() - before).isLessThanOrEqualTo(prompt.length + 4);
            assertThat(answers).hasSize(4);
            for (int i = 0; i < 4; i++) {
                assertThat(answers.get(i).tokens()).isEqualTo(answer(prompt, spec.withSampling(warm.withSeed(11 + i))).tokens());
            }
        }
    }

    @Test
    void anotherSequenceOfTheTenantReadsOnlyWhatIsNewAndAnotherTenantReadsAll() throws Problem {
        int[] prompt = chat("The shelf holds forty books about rivers. ".repeat(40));
        GenerationSpec spec = GenerationSpec.greedy(8);
        try (Sequence first = model.open(new SequenceSpec(1_000).withTenant("one"));
                Sequence second = model.open(new SequenceSpec(1_000).withTenant("one"));
                Sequence other = model.open(new SequenceSpec(1_000).withTenant("two"))) {
            Answer read = first.generate(prompt, spec, Sink.SILENT);
            Answer shared = second.generate(prompt, spec, Sink.SILENT);
            Answer foreign = other.generate(prompt, spec, Sink.SILENT);
            int blocks = (prompt.length - 1) / 64 * 64;
            assertThat(read.usage().cachedTokens()).isZero();
            assertThat(shared.usage().cachedTokens()).isEqualTo(blocks);
            assertThat(shared.usage().readTokens()).isEqualTo(prompt.length - blocks);
            assertThat(foreign.usage().cachedTokens()).isZero();
            assertThat(shared.tokens()).isEqualTo(read.tokens()).isEqualTo(foreign.tokens());
        }
    }

    @Test
    void aGrammarHoldsWhateverTheTemperature() throws Problem {
        Constraint form = new Constraint.Gbnf("root ::= \"colour: \" (\"red\" | \"green\" | \"blue\") \"; n=\" [0-9]{1,3}");
        for (int seed = 0; seed < 8; seed++) {
            Sampling hot = new Sampling(1.5f, 0, 1, 0, 1, 64, seed);
            Answer answer = answer(chat("Tell me a story."), new GenerationSpec(40, hot, List.of()).withConstraint(form)
                    .withLogprobs(1));
            assertThat(answer.stop()).isEqualTo(Answer.Stop.END);
            assertThat(answer.text()).matches("colour: (red|green|blue); n=[0-9]{1,3}");
        }
        Answer cut = answer(chat("Hi."), GenerationSpec.greedy(2).withConstraint(form));
        assertThat(cut.stop()).isEqualTo(Answer.Stop.LENGTH);
    }

    @Test
    void jsonHasTheFormOfItsSchemaAndSchemasThatCannotBeKeptAreRefused() throws Problem {
        String schema = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":12},"
                + "\"size\":{\"enum\":[\"small\",\"large\"]}},\"required\":[\"city\",\"size\"],\"additionalProperties\":false}";
        for (int seed = 0; seed < 4; seed++) {
            Sampling hot = new Sampling(1f, 0, 1, 0, 1, 64, seed);
            GenerationSpec spec = new GenerationSpec(120, hot, List.of()).withConstraint(new Constraint.JsonSchema(schema));
            Answer answer = answer(chat("Name a city and its size as JSON."), spec);
            assertThat(answer.stop()).isEqualTo(Answer.Stop.END);
            assertThat(answer.text()).containsPattern("\"size\"\\s*:\\s*\"(small|large)\"").contains("\"city\"");
        }
        GenerationSpec refused = GenerationSpec.greedy(5).withConstraint(
                new Constraint.JsonSchema("{\"type\":\"array\",\"uniqueItems\":true,\"contains\":{\"type\":\"null\"}}"));
        assertThatThrownBy(() -> answer(chat("Hi."), refused)).isInstanceOf(Problem.class)
                .hasMessageContaining("uniqueItems").hasMessageContaining("contains");
    }

    @Test
    void saysWhatItCanDo() {
        assertThat(model.capabilities()).contains(Capability.SCORE, Capability.FORK, Capability.EMBED, Capability.LOGPROBS);
    }
}
