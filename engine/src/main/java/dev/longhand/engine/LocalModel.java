package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.TierChoice;
import dev.longhand.lm.Capability;
import dev.longhand.lm.Embeddings;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.PrefixCache;
import dev.longhand.model.ExpertStore;
import dev.longhand.model.Model;
import dev.longhand.model.Models;
import dev.longhand.model.PagedExperts;
import dev.longhand.text.ChatFormat;
import dev.longhand.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A model file run in this process.
 *
 * <p>Knows token ids, never documents. What it is asked, by however many threads, one {@link Engine} works on together.
 * Thread-safe; closing ends what runs and closes all sequences.
 */
public final class LocalModel implements LanguageModel {
    /** Prompts that are read in one step at most. */
    private static final int READING_PARTS = 32;
    /** Texts that are embedded at the same time. */
    private static final int EMBED_AT_ONCE = 16;

    private final Model model;
    private final Tokenizer tokenizer;
    private final Kernels kernels;
    private final TierChoice tierChoice;
    private final KvPool pool;
    private final PrefixCache prefixes;
    private final Optional<ExpertStore> experts;
    private final Optional<ChatFormat> chat;
    private final ModelInfo info;
    private final Engine engine;
    private boolean isClosed;

    private LocalModel(Parts parts, String name, String fingerprint, EngineOptions options, Clock clock) {
        this.kernels = parts.kernels.kernels();
        this.tierChoice = parts.kernels.choice();
        this.model = parts.model;
        this.experts = parts.experts;
        this.tokenizer = parts.vocabulary.tokenizer;
        this.chat = parts.vocabulary.chat;
        this.info = new ModelInfo(name, model.config().architecture(), model.config().contextTokens(), fingerprint,
                chat.isPresent());
        KvShape shape = model.kvShape(options.kvType());
        this.pool = new KvPool(shape, new dev.longhand.memory.Limits(options.kvBytesMax(), options.prefixBytes()));
        this.prefixes = new PrefixCache(pool);
        KvBatch batch = new KvBatch(kernels, shape, options.limits().decodeRowsMax() + READING_PARTS);
        this.engine = new Engine(
                new Engine.Parts(model, pool, prefixes, new TokenTexts(tokenizer), ReasoningMarks.of(tokenizer, chat),
                        new Constraints(tokenizer), kernels.workers()),
                new Step(model, batch, new StepScratch(model, name)), options, clock);
        engine.start();
    }

    private record Vocabulary(Tokenizer tokenizer, Optional<ChatFormat> chat) {}

    private record Parts(KernelsFactory.Opened kernels, Model model, Optional<ExpertStore> experts, Vocabulary vocabulary) {}

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
                MemoryPlan memory = MemoryPlan.of(source, kernels.kernels(), options);
                AtomicReference<ExpertStore> experts = new AtomicReference<>();
                ExpertStore.Factory factory = memory.experts(file, fingerprint);
                Model model = Models.load(source, kernels.kernels(), options.passRows(), tensors -> {
                    experts.set(factory.open(tensors));
                    return experts.get();
                });
                try {
                    return new LocalModel(new Parts(kernels, model, Optional.ofNullable(experts.get()), await(vocabulary)), name,
                            fingerprint,
                            options.withKvBytesMax(memory.kvBytesMax()), clock);
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

    /** What reading experts from disk came to; empty where all weights are in memory. */
    public Optional<PagedExperts.Counters> expertCounters() {
        return experts.filter(PagedExperts.class::isInstance).map(store -> ((PagedExperts) store).counters());
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

    /** What was read before and is kept. */
    public PrefixCache.Counters prefixCounters() {
        return prefixes.counters();
    }

    public EngineCounters counters() {
        return engine.meter().counters();
    }

    Engine engine() {
        return engine;
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
    public Set<Capability> capabilities() {
        return EnumSet.allOf(Capability.class);
    }

    @Override
    public Sequence open(SequenceSpec spec) throws Problem {
        return openLocal(spec);
    }

    private LocalSequence openLocal(SequenceSpec spec) throws Problem {
        int tokensMax = spec.tokensMax();
        if (tokensMax > info.contextTokens()) {
            throw new Problem(Problem.Kind.LIMIT, "a sequence of %s tokens was asked for; %s was trained for %s"
                    .formatted(Units.count(tokensMax), info.name(), Units.count(info.contextTokens())));
        }
        LocalSequence sequence = new LocalSequence(engine, spec, new DenseKv(kernels, pool, tokensMax));
        engine.opened(sequence);
        return sequence;
    }

    /** Several texts go through the model together. What a call used that fails is in {@link #counters} only. */
    @Override
    public Embeddings embed(List<int[]> texts, Pooling pooling) throws Problem {
        float[][] vectors = new float[texts.size()][];
        Usage usage = Usage.NONE;
        for (int from = 0; from < vectors.length; from += EMBED_AT_ONCE) {
            usage = usage.plus(embed(texts, from, Math.min(vectors.length, from + EMBED_AT_ONCE), pooling, vectors));
        }
        return new Embeddings(vectors, usage);
    }

    private Usage embed(List<int[]> texts, int from, int to, Pooling pooling, float[][] vectors) throws Problem {
        List<LocalSequence> sequences = new ArrayList<>();
        List<EmbedRequest> requests = new ArrayList<>();
        try {
            for (int i = from; i < to; i++) {
                int[] tokens = texts.get(i);
                Check.argument(tokens.length > 0, "text %d has no token", i);
                sequences.add(openLocal(new SequenceSpec(tokens.length)));
                requests.add(sequences.getLast().embed(tokens, pooling));
            }
            Usage usage = Usage.NONE;
            for (int i = from; i < to; i++) {
                EmbedRequest request = requests.get(i - from);
                request.await(Sink.SILENT);
                LocalSequence.checkNotCancelled(request);
                vectors[i] = request.vector();
                usage = usage.plus(request.usage(0, 0));
            }
            return usage;
        } finally {
            sequences.forEach(LocalSequence::close);
            requests.forEach(Request::awaitOver);
            for (int i = 0; i < requests.size(); i++) {
                sequences.get(i).end();
            }
        }
    }

    @Override
    public void checkIntegrity() {
        engine.checkIntegrity();
    }

    @Override
    public synchronized void close() {
        if (!isClosed) {
            isClosed = true;
            engine.close();
            prefixes.close();
            pool.close();
            model.close();
            kernels.close();
        }
    }
}
