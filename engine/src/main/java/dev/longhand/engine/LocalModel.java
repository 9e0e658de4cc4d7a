package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.TierChoice;
import dev.longhand.lm.Capability;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.Embeddings;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.Relevance;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.memory.Budgets;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.Fingerprint;
import dev.longhand.memory.Gate;
import dev.longhand.memory.GateScores;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupCounters;
import dev.longhand.memory.LookupMeasures;
import dev.longhand.memory.PrefixCache;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentLimits;
import dev.longhand.model.ExpertStore;
import dev.longhand.model.Model;
import dev.longhand.model.Models;
import dev.longhand.model.PagedExperts;
import dev.longhand.text.ChatFormat;
import dev.longhand.text.Tokenizer;
import dev.longhand.text.ToolFormat;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/**
 * A model file run in this process.
 *
 * <p>Knows token ids, never documents. What it is asked, by however many threads, one {@link Engine} works on together.
 * Thread-safe; closing ends what runs and closes all sequences.
 */
public final class LocalModel implements LanguageModel {
    /** Prompts that are read in one step at most. */
    private static final int READING_PARTS = 32;

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
    private final Clock clock;
    private final Optional<Documents> documents;
    private final boolean isCalibrated;
    private final List<LocalMemory> memories = new ArrayList<>(); // guarded by this object
    private boolean isClosed;

    private LocalModel(Parts parts, String name, String fingerprint, EngineOptions options, Clock clock) {
        this.clock = clock;
        this.kernels = parts.kernels.kernels();
        this.tierChoice = parts.kernels.choice();
        this.model = parts.model;
        this.experts = parts.experts;
        this.tokenizer = parts.vocabulary.tokenizer();
        this.chat = parts.vocabulary.chat();
        this.info = new ModelInfo(name, model.config().architecture(), model.config().contextTokens(), fingerprint,
                chat.isPresent());
        KvShape shape = model.kvShape(options.kvType());
        Optional<Adapter> adapter = parts.adapter.filter(each -> each.fits(shape));
        Optional<BitSet> sensitive = options.lookup().flatMap(lookup -> SensitiveHeads.known(model, shape, lookup, adapter));
        this.isCalibrated = sensitive.isPresent();
        Optional<KvSummaries> summaries = options.lookup().map(lookup -> new KvSummaries(shape, model.memoryLayers(),
                sensitive.orElse(SensitiveHeads.all(shape))));
        this.pool = new KvPool(shape, summaries, new dev.longhand.memory.Limits(options.kvBytesMax(), options.prefixBytes()));
        this.prefixes = new PrefixCache(pool);
        KvBatch batch = new KvBatch(kernels, shape, options.limits().decodeRowsMax() + READING_PARTS);
        this.engine = new Engine(
                new Engine.Parts(model, pool, prefixes, new TokenTexts(tokenizer), ReasoningMarks.of(tokenizer, chat),
                        new Constraints(tokenizer, toolFormat()), kernels.workers()),
                new Step(model, batch, new StepScratch(model, name)), options, clock);
        this.documents = summaries.map(kept -> {
            LookupOptions lookup = options.lookup().orElseThrow();
            Optional<GateScores> gate = parts.gate.map(g -> new GateScores(g, kernels, kept, model::turner));
            return new Documents(engine, kernels, pool, new Lookup(kernels, kept, lookup.spec(), model::turner, model.rowsMax(),
                    Budgets.of(lookup.spec().blocks()), gate.orElse(null)), gate,
                    parts.vocabulary.front(), new Documents.Reach(info.contextTokens(), model.windowTokens()),
                    lookup.sensitive().or(() -> adapter.flatMap(a -> SensitiveHeads.judges(a, shape))).orElseGet(kept::sensitive),
                    lookup);
        });
        engine.start();
    }

    private record Parts(KernelsFactory.Opened kernels, Model model, Optional<ExpertStore> experts, Vocabulary vocabulary,
            Optional<Adapter> adapter, Optional<Gate> gate) {}

    /**
     * Loads a model file: weights into the kernels' layout, the vocabulary beside it on another thread. Nothing is kept open.
     *
     * @param fingerprint SHA-256 of the model, as the catalogue knows it
     */
    public static LocalModel open(Path file, String name, String fingerprint, EngineOptions options, Clock clock) throws Problem {
        try (ModelFile source = ModelFile.open(file)) {
            FutureTask<Vocabulary> vocabulary = new FutureTask<>(() -> Vocabulary.of(source, options.lookup().isPresent()));
            Thread.ofPlatform().name("longhand-vocabulary").daemon().start(vocabulary);
            KernelsFactory.Opened kernels = KernelsFactory.open(options.tier().orElse(null), options.threadsOrDefault());
            try {
                MemoryPlan memory = MemoryPlan.of(source, kernels.kernels(), options);
                Optional<Adapter> adapter = options.lookup().isPresent() ? BesideModel.adapter(file, fingerprint, kernels)
                        : Optional.empty();
                AtomicReference<ExpertStore> experts = new AtomicReference<>();
                ExpertStore.Factory factory = memory.experts(file, fingerprint);
                Model model = Models.load(source, kernels.kernels(), options.passRows(), tensors -> {
                    experts.set(factory.open(tensors));
                    return experts.get();
                });
                try {
                    Optional<Gate> gate = options.lookup().isPresent() ? BesideModel.gate(file, fingerprint, model, options)
                            : Optional.empty();
                    return new LocalModel(new Parts(kernels, model, Optional.ofNullable(experts.get()),
                            Vocabulary.await(vocabulary),
                            adapter, gate), name, fingerprint,
                            options.withKvBytesMax(memory.kvBytesMax()), clock);
                } catch (Problem | RuntimeException e) {
                    model.close();
                    throw e;
                }
            } catch (Problem | RuntimeException e) {
                kernels.kernels().close();
                Vocabulary.awaitQuietly(vocabulary);
                throw e;
            }
        }
    }

    /** Heads that are looked up by a learned gate: those that have one and no precise keys. */
    public int gatedHeads() {
        return documents.map(Documents::gatedHeads).orElse(0);
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

    /** Requests that were submitted and did not begin. */
    public int waitingRequests() {
        return engine.waitingRequests();
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
    public byte[] bytes(int token) throws Problem {
        if (token < 0 || token >= tokenizer.size()) {
            throw new Problem(Problem.Kind.USAGE, "%s has no token %d; its tokens are 0 to %d".formatted(info.name(), token,
                    tokenizer.size() - 1));
        }
        return tokenizer.bytes(token);
    }

    @Override
    public int[] render(List<Message> conversation) throws Problem {
        return render(conversation, Prompting.PLAIN);
    }

    @Override
    public int[] render(List<Message> conversation, Prompting prompting) throws Problem {
        return chat().render(Conversation.prompt(conversation, prompting));
    }

    @Override
    public String renderText(List<Message> conversation) throws Problem {
        return chat().renderText(Conversation.turns(conversation));
    }

    @Override
    public ToolFormat toolFormat() {
        return chat.map(ChatFormat::toolFormat).orElse(ToolFormat.GENERIC);
    }

    private ChatFormat chat() throws Problem {
        return chat.orElseThrow(() -> new Problem(Problem.Kind.UNSUPPORTED,
                info.name() + " is a base model without a chat template; give it plain text to continue"));
    }

    @Override
    public int[] renderBehind(List<Message> conversation) throws Problem {
        documents();
        if (chat.isEmpty()) {
            return tokenize(conversation.stream().map(Message::text).collect(Collectors.joining("\n")));
        }
        return chat.get().around("", Conversation.turns(conversation)).behind();
    }

    @Override
    public Set<Capability> capabilities() {
        EnumSet<Capability> missing = EnumSet.noneOf(Capability.class);
        if (documents.isEmpty()) {
            missing.add(Capability.ATTACH);
        }
        if (!isCalibrated) {
            missing.add(Capability.ROUTE);
        }
        return EnumSet.complementOf(missing);
    }

    private Documents documents() throws Problem {
        return documents.orElseThrow(() -> new Problem(Problem.Kind.UNSUPPORTED,
                info.name() + " was opened without lookups, so that no documents can be attached"));
    }

    /** Tokens behind which every document is read and every question about documents begins; none without lookups. */
    public int[] documentFront() {
        return documents.map(Documents::front).orElse(new int[0]);
    }

    /** What lookups came to; nothing where there are none. */
    public Optional<LookupCounters> lookupCounters() {
        return documents.map(d -> d.lookup().counters());
    }

    /** How documents were attached; nothing where none can be. */
    public Optional<AttachCounters> attachCounters() {
        return documents.map(Documents::counters);
    }

    /** Measures lookups from now on, see {@link Lookup#measure}; slow. For measuring only. */
    public void measureLookups(boolean mass, boolean twice) throws Problem {
        Lookup lookup = documents().lookup();
        engine.call(() -> {
            lookup.measure(mass, twice);
            return null;
        });
    }

    /** What was measured of lookups; empty where nothing is. */
    public Optional<LookupMeasures> lookupMeasures() throws Problem {
        return engine.call(documents().lookup()::measures);
    }

    /** What attention memory of documents depends on beside their tokens. */
    public Fingerprint memoryFingerprint() throws Problem {
        ByteBuffer front = ByteBuffer.allocate(Integer.BYTES * documents().front().length);
        front.asIntBuffer().put(documents().front());
        String kernels = tierChoice.tier() + " " + tierChoice.instructionSet();
        return new Fingerprint(Sha256.of(info.fingerprint()), info.architecture(), pool.shape().type(), "of the model file",
                "of the model file", kernels, Sha256.of(front.array()));
    }

    /** Told of each head that was measured. */
    @FunctionalInterface
    public interface Calibrated {
        /** {@code head} is {@code layer * kvHeads + kvHead}; {@code sensitivity} in nats. */
        void head(int head, int heads, double sensitivity) throws Problem;
    }

    /**
     * Measures how sensitive each KV head is, in nats, {@code layer * kvHeads + kvHead}; those known already, the first of {@code
     * known}, are not measured again. Other requests go on meanwhile.
     */
    public double[] calibrate(double[] known, Calibrated listener) throws Problem {
        documents();
        KvShape shape = pool.shape();
        double[] all = Arrays.copyOf(known, shape.layers() * shape.kvHeads());
        try (Calibration calibration = new Calibration(model, kernels, pool, tokenizer)) {
            for (int head = known.length; head < all.length; head++) {
                int layer = head / shape.kvHeads();
                int kvHead = head % shape.kvHeads();
                boolean isMemory = model.memoryLayers().get(layer);
                all[head] = isMemory ? engine.call(() -> calibration.sensitivity(layer, kvHead)) : 0;
                listener.head(head, all.length, all[head]);
            }
        }
        return all;
    }

    /** Heads that need precise keys, of what {@link #calibrate} measured. */
    public BitSet sensitive(double[] sensitivities) {
        return SensitiveHeads.of(sensitivities, pool.summaries().orElseThrow());
    }

    /** Heads whose keys are kept precisely enough to be looked up by them; all before the model is calibrated. */
    public BitSet sensitiveHeads() throws Problem {
        documents();
        return pool.summaries().orElseThrow().sensitive();
    }

    @Override
    public DocumentMemory memory(Path folder, long bytesMax) throws Problem {
        SegmentFolder segments = SegmentFolder.open(folder, Disk.REAL, clock, SegmentLimits.DEFAULT.withDeskBytesMax(bytesMax));
        LocalMemory memory = new LocalMemory(documents(), segments, memoryFingerprint(), documents().cache());
        synchronized (this) {
            Check.argument(!isClosed, "the model is closed");
            memories.add(memory);
        }
        return memory;
    }

    @Override
    public Relevance relevance(SequenceSpec spec, int[] question, List<SegmentRef> candidates) throws Problem {
        Check.argument(question.length > 0, "the question has no token");
        List<KvSource> sources = Documents.open(candidates, info.name());
        try {
            return documents().relevance(spec, question, sources);
        } finally {
            sources.forEach(KvSource::release);
        }
    }

    @Override
    public Sequence open(SequenceSpec spec, List<SegmentRef> attached) throws Problem {
        List<KvSource> sources = Documents.open(attached, info.name());
        try {
            return documents().open(spec, sources);
        } finally {
            sources.forEach(KvSource::release);
        }
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
        DenseKv kv = documents.isPresent()
                ? new DenseKv(kernels, pool, tokensMax, documents.get().lookup(), Context.NONE)
                : new DenseKv(kernels, pool, tokensMax);
        LocalSequence sequence = new LocalSequence(engine, spec, kv);
        engine.opened(sequence);
        return sequence;
    }

    /** Several texts go through the model together. What a call used that fails is in {@link #counters} only. */
    @Override
    public Embeddings embed(List<int[]> texts, Pooling pooling) throws Problem {
        return new Embedding(this::openLocal, texts, pooling).run();
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
            memories.forEach(LocalMemory::close);
            documents.ifPresent(Documents::close);
            prefixes.close();
            pool.close();
            model.close();
            kernels.close();
        }
    }
}
