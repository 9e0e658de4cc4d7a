package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.RealModels;
import dev.longhand.testkit.SchemaGen;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ConstrainedAnswersTest {
    /** Pairs of schema and prompt; 500 with {@code -Dlonghand.constraints.pairs=500}. */
    private static final int PAIRS = Integer.getInteger("longhand.constraints.pairs", 40);
    private static final int TOKENS_MAX = 512;
    private static final int AT_ONCE = PAIRS > 100 ? 16 : 8;
    private static final List<String> TOPICS = List.of("a lighthouse keeper", "a bicycle shop", "a recipe for soup",
            "a train journey",
            "a small library", "an old radio", "the weather in Oslo", "a chess club", "a garden in spring", "a repair order");

    private record Outcome(int seed, String schema, Answer answer, List<Error> errors) {
        boolean isEnded() {
            return answer.stop() == Answer.Stop.END;
        }
    }

    private static LocalModel open() throws Problem {
        return LocalModel.open(RealModels.smolLm2(), "smollm2", "f", EngineOptions.DEFAULT, Clock.SYSTEM);
    }

    private static List<Error> errors(String schema, String text) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(schema, InputFormat.JSON)
                .validate(text, InputFormat.JSON,
                context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
    }

    /** Few pairs have short schemas, so that a build does not wait; many have schemas of every kind. */
    private static Outcome run(LocalModel model, int seed) throws Problem {
        Gen gen = new Gen(seed);
        boolean isLong = PAIRS >= 500;
        String schema = new SchemaGen(gen, isLong ? 2 : 1, !isLong || gen.chance(0.5)).schema();
        String topic = TOPICS.get(gen.between(0, TOPICS.size()));
        int[] prompt = model.render(List.of(Message.user("Describe " + topic
                + " as a short JSON object. It must fit this schema:\n" + schema)));
        Sampling sampling = new Sampling(1, 0, 1, 0, 1, 0, seed);
        GenerationSpec spec = new GenerationSpec(TOKENS_MAX, sampling, List.of()).withConstraint(new Constraint.JsonSchema(schema));
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + TOKENS_MAX))) {
            Answer answer = sequence.generate(prompt, spec, Sink.SILENT);
            return new Outcome(seed, schema, answer, answer.stop() == Answer.Stop.END ? errors(schema, answer.text()) : List.of());
        }
    }

    /**
     * Goal: every constrained answer that ends is what the schema asks for, and nearly all end. Method: seeded schemas with nested
     * objects, arrays, choices and references at temperature 1, eight at once; an independent validator judges.
     */
    @Test
    void answersThatEndFitTheirSchema() throws Exception {
        List<Outcome> outcomes = new ArrayList<>();
        try (LocalModel model = open(); ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Callable<Outcome>> tasks = new ArrayList<>();
            for (int seed = 1; seed <= PAIRS; seed++) {
                int number = seed;
                tasks.add(() -> run(model, number));
            }
            for (Future<Outcome> each : threads.invokeAll(tasks)) {
                outcomes.add(each.get());
            }
            model.checkIntegrity();
        }
        for (Outcome each : outcomes) {
            assertThat(each.errors()).as("seed %d: %s\nfor %s", each.seed(), each.answer().text(), each.schema()).isEmpty();
        }
        List<Outcome> unended = outcomes.stream().filter(o -> !o.isEnded()).toList();
        int tokens = outcomes.stream().mapToInt(o -> o.answer().tokens().length).sum();
        System.out.printf("constrained: %d of %d answers ended within %d tokens, all of them valid; %.1f tokens each%n",
                PAIRS - unended.size(), PAIRS, TOKENS_MAX, (double) tokens / PAIRS);
        unended.forEach(o -> System.out.printf("not ended: seed %d %s%n  %s%n", o.seed(), o.schema(), o.answer().text()));
        assertThat(unended.size()).isLessThanOrEqualTo(PAIRS / 20);
    }

    /** Goal: a form that cannot be held is refused before anything runs. Method: one of each kind; the sequence stays empty. */
    @Test
    void refusesFormsBeforeItReads() throws Problem {
        try (LocalModel model = open(); Sequence sequence = model.open(new SequenceSpec(128))) {
            int[] prompt = model.tokenize("Hello");
            for (Constraint bad : List.of(new Constraint.JsonSchema("{\"not\":{}}"), new Constraint.JsonSchema("{"),
                    new Constraint.Gbnf("root ::= x"))) {
                assertThatThrownBy(() -> sequence.generate(prompt, GenerationSpec.greedy(8).withConstraint(bad), Sink.SILENT))
                        .isInstanceOf(Problem.class);
                assertThat(sequence.tokens()).isZero();
            }
        }
    }

    /** Goal: the other forms hold too, greedily and at temperature 1. Method: a grammar of a few words; any JSON. */
    @Test
    void holdsGrammarsAndAnyJson() throws Problem {
        try (LocalModel model = open(); Sequence sequence = model.open(new SequenceSpec(600))) {
            int[] prompt = model.render(List.of(Message.user("Is the sky blue? Answer yes or no.")));
            Constraint words = new Constraint.Gbnf("root ::= (\"yes\" | \"no\" | \"perhaps\") \".\"");
            for (int seed = 0; seed < 8; seed++) {
                Sampling sampling = seed == 0 ? Sampling.GREEDY : new Sampling(1, 0, 1, 0, 1, 0, seed);
                Answer answer = sequence.generate(prompt, new GenerationSpec(16, sampling, List.of()).withConstraint(words),
                        Sink.SILENT);
                assertThat(answer.stop()).isEqualTo(Answer.Stop.END);
                assertThat(answer.text()).isIn("yes.", "no.", "perhaps.");
            }
            Answer json = sequence.generate(prompt, GenerationSpec.greedy(256).withConstraint(new Constraint.AnyJson()),
                    Sink.SILENT);
            assertThat(json.stop()).isEqualTo(Answer.Stop.END);
            assertThat(errors("true", json.text())).isEmpty();
        }
    }
}
