package dev.longhand.engine;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.TierChoice;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.model.Model;
import dev.longhand.model.Models;
import dev.longhand.text.ChatFormat;
import dev.longhand.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A model file run in this process.
 *
 * <p>Knows token ids, never documents. One forward pass runs at a time; sequences take turns at the granularity of a pass.
 * Thread-safe; closing waits for the pass that runs.
 */
public final class LocalModel implements LanguageModel {
    final Model model;
    final Tokenizer tokenizer;
    final Clock clock;
    final ReentrantLock turn = new ReentrantLock(true);
    private final Kernels kernels;
    private final TierChoice tierChoice;
    private final KvPool pool;
    private final Optional<ChatFormat> chat;
    private final ModelInfo info;

    private LocalModel(Parts parts, String name, String fingerprint, EngineOptions options, Clock clock) {
        this.kernels = parts.kernels.kernels();
        this.tierChoice = parts.kernels.choice();
        this.model = parts.model;
        this.tokenizer = parts.vocabulary.tokenizer;
        this.chat = parts.vocabulary.chat;
        this.clock = clock;
        this.pool = new KvPool(model.kvShape(), new Limits(options.kvBytesMax()));
        this.info = new ModelInfo(name, model.config().architecture(), model.config().contextTokens(), fingerprint, chat.isPresent());
    }

    private record Vocabulary(Tokenizer tokenizer, Optional<ChatFormat> chat) {}

    private record Parts(KernelsFactory.Opened kernels, Model model, Vocabulary vocabulary) {}

    /**
     * Loads a model file: weights into the kernels' layout, the vocabulary beside it on another thread. Nothing is kept open.
     *
     * @param fingerprint SHA-256 of the model, as the catalogue knows it
     */
    public static LocalModel open(Path file, String name, String fingerprint, EngineOptions options, Clock clock) throws Problem {
        try (ModelFile source = ModelFile.open(file)) {
            FutureTask<Vocabulary> vocabulary = new FutureTask<>(() -> vocabulary(source));
            Thread.ofPlatform().name("longhand-vocabulary").daemon().start(vocabulary);
            KernelsFactory.Opened kernels = KernelsFactory.open(options.tier().orElse(null), options.threadsOrDefault());
            try {
                Model model = Models.load(source, kernels.kernels(), options.chunkRows());
                try {
                    return new LocalModel(new Parts(kernels, model, await(vocabulary)), name, fingerprint, options, clock);
                } catch (Problem | RuntimeException e) {
                    model.close();
                    throw e;
                }
            } catch (Problem | RuntimeException e) {
                kernels.kernels().close();
                awaitQuietly(vocabulary);
                throw e;
            }
        }
    }

    private static Vocabulary vocabulary(ModelFile source) throws Problem {
        Tokenizer tokenizer = Tokenizer.from(source);
        return new Vocabulary(tokenizer, ChatFormat.of(source, tokenizer));
    }

    private static Vocabulary await(FutureTask<Vocabulary> task) throws Problem {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Problem problem) {
                throw problem;
            }
            throw new IllegalStateException("reading the vocabulary failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted while the model was loading", e);
        }
    }

    /** The file must not be closed while the vocabulary is still being read from it. */
    private static void awaitQuietly(FutureTask<Vocabulary> task) {
        try {
            await(task);
        } catch (Problem | RuntimeException e) {
            // Another failure is being reported already.
        }
    }

    @Override
    public ModelInfo info() {
        return info;
    }

    /** The kernel tier in use and why. */
    public TierChoice tierChoice() {
        return tierChoice;
    }

    public int threads() {
        return kernels.threads();
    }

    public long weightBytes() {
        return model.weightBytes();
    }

    /** Bytes of KV memory taken so far. */
    public long kvBytes() {
        return pool.bytes();
    }

    public KvPool pool() {
        return pool;
    }

    /** The pieces below this class, for `bench` and parity: do not use a model while its language model is generating. */
    public Model model() {
        return model;
    }

    public Kernels kernels() {
        return kernels;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public int[] tokenize(String text) {
        return tokenizer.encode(text, false);
    }

    @Override
    public int[] begin(String text) {
        int[] tokens = tokenize(text);
        OptionalInt bos = tokenizer.bosToAdd();
        if (bos.isEmpty()) {
            return tokens;
        }
        int[] begun = new int[tokens.length + 1];
        begun[0] = bos.getAsInt();
        System.arraycopy(tokens, 0, begun, 1, tokens.length);
        return begun;
    }

    @Override
    public int[] render(List<Message> conversation) throws Problem {
        ChatFormat format = chat.orElseThrow(() -> new Problem(Problem.Kind.UNSUPPORTED,
                info.name() + " is a base model without a chat template; give it plain text to continue"));
        return format.render(conversation.stream()
                .map(m -> new ChatFormat.Turn(m.role().templateName(), m.text()))
                .toList());
    }

    @Override
    public Sequence open(SequenceSpec spec) throws Problem {
        int tokensMax = spec.tokensMax();
        if (tokensMax > info.contextTokens()) {
            throw new Problem(Problem.Kind.LIMIT, "a sequence of %s tokens was asked for; %s was trained for %s"
                    .formatted(Units.count(tokensMax), info.name(), Units.count(info.contextTokens())));
        }
        return new LocalSequence(this, new dev.longhand.memory.DenseKv(kernels, pool, tokensMax));
    }

    @Override
    public void close() {
        turn.lock();
        try {
            pool.close();
            model.close();
            kernels.close();
        } finally {
            turn.unlock();
        }
    }
}
