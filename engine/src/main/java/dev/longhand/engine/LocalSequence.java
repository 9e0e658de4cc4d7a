package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.kernels.Floats;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.memory.KvView;
import dev.longhand.text.Detokenizer;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * One conversation on the local engine: token ids, their KV and the sampling loop.
 *
 * <p>Invariant between calls: {@code ids[0 .. kv.tokens())} are the tokens whose keys and values {@code kv} holds.
 */
final class LocalSequence implements Sequence {
    /** Rows of logits computed at once when scoring. */
    private static final int SCORE_ROWS = 16;

    private final LocalModel owner;
    private final KvView kv;
    private final Arena arena = Arena.ofShared();
    private final Floats logits; // (SCORE_ROWS, vocabulary)
    private final Sampler sampler;
    private final int[] ids; // (kv.tokensMax)
    private boolean isClosed;

    LocalSequence(LocalModel owner, KvView kv) {
        this.owner = owner;
        this.kv = kv;
        int vocabulary = owner.model.config().vocabulary();
        this.logits = Floats.allocate(arena, Math.min(SCORE_ROWS, owner.model.rowsMax()), vocabulary);
        this.sampler = new Sampler(vocabulary);
        this.ids = new int[kv.tokensMax()];
    }

    @Override
    public int tokens() {
        return kv.tokens();
    }

    @Override
    public int cachedTokens(int[] prompt) {
        int common = Arrays.mismatch(ids, 0, kv.tokens(), prompt, 0, prompt.length);
        return common < 0 ? prompt.length : common;
    }

    @Override
    public Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
        checkFits(prompt, spec.tokensMax());
        checkPlain(spec);
        long start = owner.clock.nanos();
        // The last prompt token always goes through the model: its logits are needed.
        int cached = Math.min(cachedTokens(prompt), prompt.length - 1);
        kv.truncate(cached);
        int read = read(prompt, cached, sink);
        double readSeconds = owner.clock.secondsSince(start);
        long answerStart = owner.clock.nanos();
        Generation generation = new Generation(spec, sink);
        if (cached + read == prompt.length) {
            generation.run();
        } else {
            generation.stop = Answer.Stop.CANCELLED;
        }
        Usage usage = new Usage(read, cached, generation.count, readSeconds, owner.clock.secondsSince(answerStart));
        return new Answer(generation.text.toString(), Arrays.copyOf(generation.answered, generation.count), generation.stop, usage);
    }

    private void checkPlain(GenerationSpec spec) throws Problem {
        if (spec.deadline().isPresent() || spec.logprobs().isPresent() || spec.constraint().isPresent()
                || spec.reasoningTokensMax() < Integer.MAX_VALUE) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "the local engine has no deadline, logprobs, constraint or reasoning limit");
        }
    }

    private void checkFits(int[] prompt, int tokensMax) throws Problem {
        Check.argument(prompt.length > 0, "the prompt has no token");
        if (prompt.length + (long) tokensMax > ids.length) {
            throw new Problem(Problem.Kind.LIMIT, "the prompt has %s tokens and up to %s are to be answered; together they exceed the %s that this sequence holds"
                    .formatted(Units.count(prompt.length), Units.count(tokensMax), Units.count(ids.length)));
        }
        int vocabulary = owner.model.config().vocabulary();
        for (int id : prompt) {
            Check.index(id, vocabulary, "token id");
        }
    }

    /** Reads {@code prompt} from position {@code from} on, in chunks; returns how many tokens it read before a cancel. */
    private int read(int[] prompt, int from, Sink sink) throws Problem {
        int at = from;
        while (at < prompt.length && !sink.isCancelled()) {
            int count = Math.min(owner.model.rowsMax(), prompt.length - at);
            boolean isLast = at + count == prompt.length;
            pass(prompt, at, count, isLast);
            at += count;
            sink.reading(at - from, prompt.length - from);
        }
        return at - from;
    }

    /** One forward pass; with {@code wantsLogits} the last row's logits lie in the sampler afterwards. */
    private void pass(int[] tokens, int from, int count, boolean wantsLogits) throws Problem {
        owner.turn.lock();
        try {
            System.arraycopy(tokens, from, ids, kv.tokens(), count);
            owner.model.forward(tokens, from, count, kv);
            if (wantsLogits) {
                owner.model.logits(count - 1, 1, logits);
                logits.copyRow(0, sampler.logits());
            }
        } finally {
            owner.turn.unlock();
        }
    }

    /** The state of one answer. */
    private final class Generation {
        final GenerationSpec spec;
        final Sink sink;
        final StringBuilder text = new StringBuilder();
        final int[] answered;
        final Detokenizer detokenizer = owner.tokenizer.detokenizer();
        final StopMatcher stops;
        int count;
        Answer.Stop stop = Answer.Stop.LENGTH;

        Generation(GenerationSpec spec, Sink sink) {
            this.spec = spec;
            this.sink = sink;
            this.answered = new int[spec.tokensMax()];
            this.stops = new StopMatcher(spec.stops());
        }

        void run() throws Problem {
            while (count < spec.tokensMax()) {
                if (sink.isCancelled()) {
                    stop = Answer.Stop.CANCELLED;
                    break;
                }
                int id = next();
                answered[count++] = id;
                if (owner.tokenizer.isEnd(id)) {
                    stop = Answer.Stop.END;
                    break;
                }
                emit(stops.accept(detokenizer.append(id)));
                if (stops.isStopped()) {
                    stop = Answer.Stop.END;
                    break;
                }
                if (count < spec.tokensMax()) {
                    pass(answered, count - 1, 1, true);
                }
            }
            emit(stops.accept(detokenizer.flush()));
            emit(stops.finish());
        }

        private int next() throws Problem {
            int id = sampler.choose(spec.sampling(), ids, kv.tokens(), count);
            if (id == Sampler.NOT_A_NUMBER) {
                throw new Problem(Problem.Kind.MALFORMED, ("%s gave logits that are not numbers at position %d; "
                        + "the model file is probably damaged: check it with `longhand doctor`").formatted(owner.info().name(), kv.tokens()));
            }
            return id;
        }

        private void emit(String piece) {
            if (!piece.isEmpty()) {
                text.append(piece);
                sink.text(piece);
            }
        }
    }

    @Override
    public float[] score(int[] tokens) throws Problem {
        checkFits(tokens, 0);
        kv.truncate(0);
        float[] scores = new float[tokens.length - 1];
        for (int at = 0; at < tokens.length; ) {
            int count = Math.min(owner.model.rowsMax(), tokens.length - at);
            owner.turn.lock();
            try {
                System.arraycopy(tokens, at, ids, kv.tokens(), count);
                owner.model.forward(tokens, at, count, kv);
                scoreRows(tokens, at, count, scores);
            } finally {
                owner.turn.unlock();
            }
            at += count;
        }
        return scores;
    }

    private void scoreRows(int[] tokens, int at, int count, float[] scores) throws Problem {
        for (int row = 0; row < count; row += logits.rows()) {
            int rows = Math.min(logits.rows(), count - row);
            owner.model.logits(row, rows, logits);
            for (int r = 0; r < rows && at + row + r + 1 < tokens.length; r++) {
                logits.copyRow(r, sampler.logits());
                scores[at + row + r] = logProbability(sampler.logits(), tokens[at + row + r + 1]);
            }
        }
    }

    private static float logProbability(float[] logits, int id) {
        float most = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        return (float) (logits[id] - most - Math.log(sum));
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            kv.close();
            arena.close();
        }
    }
}
