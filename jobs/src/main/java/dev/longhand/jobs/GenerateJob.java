package dev.longhand.jobs;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.ledger.OverBudgetProblem;
import dev.longhand.ledger.Payer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A long answer that survives its process: each {@value #TOKENS_AT_ONCE} tokens are kept, and whoever takes the job up goes on
 * behind them with the tokens that the answer would have had. The sampler draws by counting, so the tokens are all its state.
 *
 * <p>Every attempt is booked for itself: reading the prompt again is a cost of the interruption, and the books say so.
 */
public final class GenerateJob implements JobHandler {
    public static final String KIND = "generate";
    public static final int TOKENS_AT_ONCE = 64;

    /** Where models come from. */
    @FunctionalInterface
    public interface Models {
        /** The model of that name, which stays its owner's. */
        LanguageModel model(String name) throws Problem;
    }

    private final Models models;
    private final Books books;
    private final Function<String, Sink> listeners;

    /** @param listeners told of new text as it comes, by the job's id */
    public GenerateJob(Models models, Books books, Function<String, Sink> listeners) {
        this.models = models;
        this.books = books;
        this.listeners = listeners;
    }

    @Override
    public byte[] run(JobContext context, byte[] input) throws Problem {
        Generation wanted = Generation.of(input);
        books.endLost(context.id(), context.fencingToken(), Map.of());
        return context.step("answer", Sha256.of(input), step -> answer(context, step, wanted));
    }

    private byte[] answer(JobContext context, StepContext step, Generation wanted) throws Problem {
        LanguageModel model = models.model(wanted.model());
        if (!model.info().fingerprint().equals(wanted.fingerprint())) {
            throw new JobFailed(Problem.Kind.UNSUPPORTED, ("job %s was begun with another model of the name %s; its tokens mean "
                    + "nothing to this one; put the old model back, or cancel the job and ask anew").formatted(context.id(),
                            wanted.model()));
        }
        List<Integer> before = step.checkpoint().isPresent() ? tokens(step.checkpoint().get()) : List.of();
        Cause cause = step.cause().withPurpose("answer").withPerson(wanted.person()).withDesk(wanted.desk());
        Payer payer = new Payer(context.account().orElse(wanted.account()), cause);
        GenerationSpec spec = wanted.spec().withResumed(before);
        Keeper keeper = new Keeper(context, step, before, spec.tokensMax(), listeners.apply(context.id()));
        MeteredModel metered = books.meter(model, payer);
        try (Sequence sequence = metered.open(new SequenceSpec(wanted.prompt().length + spec.tokensMax())
                .withTenant(wanted.person()))) {
            Generated answer = Generated.of(sequence.generate(wanted.prompt(), spec, keeper));
            step.booked(context.account().isPresent() ? metered.charges().amount() : 0);
            return answer.bytes();
        } catch (NotKept e) {
            throw e.problem;
        } catch (OverBudgetProblem e) {
            throw new JobFailed(e.kind(), context.account().isEmpty() ? e.getMessage() : e.refusal().message()
                    + "; nothing was done; go on with more: longhand jobs resume " + context.id() + " --more EUR");
        }
    }

    /** A checkpoint failed inside the model's call, which takes no problems from a sink. */
    private static final class NotKept extends RuntimeException {
        private final transient Problem problem;

        NotKept(Problem problem) {
            super(problem);
            this.problem = problem;
        }
    }

    /** Keeps tokens as they come. What is kept never holds the newest token, so it never holds the answer's end. */
    private static final class Keeper implements Sink {
        private final JobContext context;
        private final StepContext step;
        private final List<Integer> tokens;
        private final int tokensMax;
        private final Sink listener;

        Keeper(JobContext context, StepContext step, List<Integer> before, int tokensMax, Sink listener) {
            this.context = context;
            this.step = step;
            this.tokens = new ArrayList<>(before);
            this.tokensMax = tokensMax;
            this.listener = listener;
        }

        @Override
        public void token(int id) {
            boolean isDue = tokens.size() % TOKENS_AT_ONCE == 0 && !tokens.isEmpty();
            if (isDue || step.shouldStop()) {
                keep();
            }
            tokens.add(id);
            context.progress(tokens.size(), tokensMax, "tokens", "");
        }

        private void keep() {
            try {
                step.checkpoint(bytes(tokens));
            } catch (Problem e) {
                throw new NotKept(e);
            }
        }

        @Override
        public void text(String piece) {
            listener.text(piece);
        }

        @Override
        public void reasoning(String piece) {
            listener.reasoning(piece);
        }

        @Override
        public void reading(int done, int total) {
            listener.reading(done, total);
        }
    }

    private static byte[] bytes(List<Integer> tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4 + 4 * tokens.size());
        try {
            Generation.writeTokens(new DataOutputStream(bytes), tokens.stream().mapToInt(t -> t).toArray());
        } catch (IOException e) {
            throw new UncheckedIOException("an array does not fail", e);
        }
        return bytes.toByteArray();
    }

    private static List<Integer> tokens(byte[] checkpoint) throws Problem {
        try {
            List<Integer> tokens = new ArrayList<>();
            for (int each : Generation.readTokens(new DataInputStream(new ByteArrayInputStream(checkpoint)))) {
                tokens.add(each);
            }
            return tokens;
        } catch (IOException e) {
            throw new JobFailed(Problem.Kind.MALFORMED, "the tokens that the job kept are damaged: " + e.getMessage());
        }
    }
}
