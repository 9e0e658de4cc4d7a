package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.lm.Relevance;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Unfinished;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.memory.AttachedSegment;
import dev.longhand.memory.Budgets;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.GateScores;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.Placement;
import dev.longhand.memory.Positions;
import dev.longhand.memory.RecordCache;
import dev.longhand.memory.SealedDocument;
import dev.longhand.memory.Seam;
import dev.longhand.memory.SegmentLimits;
import dev.longhand.memory.UnreadableMemory;
import dev.longhand.memory.Watch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads documents behind the front that all share, and opens sequences that have some attached.
 *
 * <p>Knows positions and lengths; does not know where documents are kept. The front is read when it is first needed and stays in
 * memory. Thread-safe; what touches the kernels runs on the engine's thread.
 */
final class Documents implements AutoCloseable {
    /** Longer documents are read in parts: each is durable when it is done, and none stands far from its own beginning. */
    static final int TOKENS_MAX = 4096;
    private static final int IN_A_ROW_MAX = 256;
    /** So many documents are few enough that their order means something: the first ones stand next to the text. */
    private static final int ORDERED_MAX = 16;
    /** Attention memory that no other sequence may take over: no tenant is called so. */
    private static final String NOBODYS = "\0";

    private final Engine engine;
    private final Kernels kernels;
    private final KvPool pool;
    private final Lookup lookup;
    private final Optional<GateScores> gate;
    private final int[] front;
    private final int contextTokens;
    private final int windowTokens;
    private final Optional<Positions> positions;
    private final Stitching stitching;
    private final AttachMeter meter = new AttachMeter();
    private final RecordCache cache;
    private final Lookup probe; // scores everything and attends to none of it
    private DenseKv resident; // guarded by this object; null until the front is read

    /** What the model sees: the trained length, and what its layers with a window see, 0 without such layers. */
    record Reach(int contextTokens, int windowTokens) {}

    /** @param judges heads that say which documents matter, of those with planes */
    Documents(Engine engine, Kernels kernels, KvPool pool, Lookup lookup, Optional<GateScores> gate, int[] front, Reach reach,
            BitSet judges, LookupOptions options) {
        this.engine = engine;
        this.kernels = kernels;
        this.pool = pool;
        this.lookup = lookup;
        this.gate = gate;
        this.front = front;
        this.contextTokens = reach.contextTokens;
        this.windowTokens = reach.windowTokens;
        this.positions = options.positions();
        this.stitching = options.stitching();
        this.cache = new RecordCache(pool.shape().storedRecordBytes(),
                SegmentLimits.DEFAULT.withCacheBytesMax(options.cacheBytesMax()));
        lookup.readThrough(cache);
        this.probe = lookup.withBudgets(Budgets.of(0), judges);
    }

    /** Tokens behind which documents are read. */
    int[] front() {
        return front.clone();
    }

    /** Tokens of one document at most: half of the trained length is left for what is asked. */
    int tokensMax() {
        return Math.min(TOKENS_MAX, contextTokens / 2 - front.length) / KvShape.BLOCK_TOKENS * KvShape.BLOCK_TOKENS;
    }

    /** Tokens that layers with a window see; 0 without such layers. */
    int windowTokens() {
        return windowTokens;
    }

    /** Whether summaries have what is looked up by; those of a time before a model was calibrated have more. */
    boolean canBeLookedUp(KvSummaries summaries) {
        KvSummaries own = pool.summaries().orElseThrow();
        BitSet missing = own.sensitive();
        missing.andNot(summaries.planes());
        int kvHeads = own.shape().kvHeads();
        // Layers with a window have none.
        return missing.stream().noneMatch(head -> own.hasPlanes(head / kvHeads, head % kvHeads));
    }

    int gatedHeads() {
        return gate.map(GateScores::heads).orElse(0);
    }

    RecordCache cache() {
        return cache;
    }

    AttachCounters counters() {
        return meter.counters();
    }

    Lookup lookup() {
        return lookup;
    }

    /** A document as attention memory, and what reading it came to. The caller holds it. */
    record Read(SealedDocument document, Usage usage) {}

    Read read(String id, int[] tokens, SequenceSpec spec, Sink sink) throws Problem {
        Check.argument(tokens.length > 0, "a document without a token");
        if (tokens.length > tokensMax()) {
            throw new Problem(Problem.Kind.LIMIT, "a document of %s tokens; at most %s are read as one, longer ones in parts"
                    .formatted(Units.count(tokens.length), Units.count(tokensMax())));
        }
        int room = Math.ceilDiv(front.length + tokens.length, KvShape.BLOCK_TOKENS) * KvShape.BLOCK_TOKENS;
        try (LocalSequence sequence = behindFront(spec, room)) {
            Usage before = sequence.usage();
            try {
                SealedDocument document = read(id, sequence, front, tokens, sink);
                return new Read(document, sequence.usage().minus(before));
            } catch (Problem | RuntimeException e) {
                Unfinished.note(e, sequence.usage().minus(before));
                throw e;
            }
        }
    }

    /** Reads {@code tokens} behind {@code prefix} into {@code sequence}, seals them and gives them as a document. */
    private SealedDocument read(String id, LocalSequence sequence, int[] prefix, int[] tokens, Sink sink) throws Problem {
        int[] all = Arrays.copyOf(prefix, prefix.length + tokens.length);
        System.arraycopy(tokens, 0, all, prefix.length, tokens.length);
        while (true) {
            sequence.read(all, sink);
            if (sink.isCancelled()) {
                throw new Problem(Problem.Kind.CANCELLED, "reading a document was stopped");
            }
            Optional<SealedDocument> sealed = engine.call(() -> sealed(id, sequence, prefix.length, tokens));
            if (sealed.isPresent()) {
                return sealed.get();
            }
        }
    }

    /** On the engine's thread. Empty if the sequence lost its memory meanwhile. */
    private Optional<SealedDocument> sealed(String id, LocalSequence sequence, int prefixTokens, int[] tokens) throws Problem {
        synchronized (sequence) {
            DenseKv kv = sequence.kv();
            if (kv.tokens() != prefixTokens + tokens.length) {
                return Optional.empty();
            }
            kv.sealTail();
            return Optional.of(SealedDocument.of(id, kv, prefixTokens, tokens));
        }
    }

    /** A sequence that holds the front and reads a document; what it reads serves nobody else. */
    private LocalSequence behindFront(SequenceSpec spec, int tokensMax) throws Problem {
        DenseKv kv = new DenseKv(kernels, pool, tokensMax);
        resident().copyTo(kv);
        LocalSequence sequence = new LocalSequence(engine, spec, kv, spec.tenant(), false);
        sequence.holds(front);
        return opened(sequence);
    }

    /** The sequence, known to the engine; closed where that takes no more. */
    private LocalSequence opened(LocalSequence sequence) {
        try {
            engine.opened(sequence);
            return sequence;
        } catch (RuntimeException e) {
            sequence.close();
            throw e;
        }
    }

    /** A sequence with {@code attached} documents, best first. */
    LocalSequence open(SequenceSpec spec, List<KvSource> attached) throws Problem {
        prefetch(attached);
        Placement placement = placement(attached, spec.tokensMax());
        checkFits(attached, placement, spec.tokensMax());
        boolean isStitched = stitching == Stitching.SEAMS && placement.positions().isInARow();
        Usage[] spent = {Usage.NONE};
        List<Optional<Seam>> seams = !isStitched ? Collections.nCopies(attached.size(), Optional.empty())
                : Seam.all(resident(), attached, placement, (before, document) -> firstBlock(spec, before, document, spent));
        try {
            Context context = Context.of(resident(), attached, placement, seams);
            DenseKv kv = new DenseKv(kernels, pool, spec.tokensMax(), lookup, context);
            String key = key(context, isStitched ? placement.toString() : placement.rule(farthest(attached)));
            LocalSequence sequence = new LocalSequence(engine, spec, kv, spec.tenant() + "\0" + key, true);
            sequence.openedWith(spent[0]);
            opened(sequence);
            meter.opened(placement.positions(), spent[0].readTokens());
            return sequence;
        } finally {
            Seam.release(seams);
        }
    }

    /**
     * What memory of live text depends on beside its tokens: documents, where they stand, and whose end a window sees.
     *
     * @param where all that decides distances: of the whole row, with seams also of the parts that they were read behind
     */
    private String key(Context context, String where) {
        return context.documents().stream().map(KvSource::version)
                .collect(Collectors.joining(",", where + " " + stitching + " " + context.tail() + ":", ""));
    }

    private static int farthest(List<KvSource> attached) {
        return attached.stream().mapToInt(KvSource::tokens).reduce(0, Math::addExact);
    }

    /** Reads a document's first block behind {@code before}, held by the caller; adds what that came to. */
    private KvSource firstBlock(SequenceSpec spec, Context before, KvSource document, Usage[] spent) throws Problem {
        DenseKv kv = new DenseKv(kernels, pool, KvShape.BLOCK_TOKENS, lookup, before);
        try (LocalSequence sequence = new LocalSequence(engine, spec, kv, NOBODYS, false)) {
            engine.opened(sequence);
            SealedDocument block = read(document.id(), sequence, new int[0], document.firstIds(), Sink.SILENT);
            spent[0] = spent[0].plus(sequence.usage());
            return block;
        }
    }

    private void checkFits(List<KvSource> attached, Placement placement, int textTokens) throws Problem {
        if (placement.positions() == Positions.TRUE && attached.size() > IN_A_ROW_MAX) {
            throw new Problem(Problem.Kind.LIMIT, "%s documents one after another; at most %s, or let them stand side by side"
                    .formatted(Units.count(attached.size()), Units.count(IN_A_ROW_MAX)));
        }
        int before = Context.tokens(resident(), attached, placement);
        if (before + textTokens > contextTokens) {
            throw new Problem(Problem.Kind.LIMIT, ("%s tokens of documents and %s of text do not fit together into the %s that the "
                    + "model was trained for; attach less").formatted(Units.count(before), Units.count(textTokens),
                            Units.count(contextTokens)));
        }
    }

    /** Where documents stand: as was asked for, else one after another as long as there are few and they fit so. */
    private Placement placement(List<KvSource> attached, int textTokens) throws Problem {
        Positions rule = positions.orElse(attached.size() > ORDERED_MAX ? Positions.PARALLEL
                : fitsInARow(textTokens, attached) ? Positions.TRUE : Positions.GROUPED);
        int reach = contextTokens * 2 / 3 - front.length - textTokens;
        Placement placement = Placement.of(rule, lookup.spec().windowTokens(), reach);
        boolean isTooLong = positions.isEmpty() && Context.tokens(resident(), attached, placement) + textTokens > contextTokens;
        return isTooLong ? Placement.PARALLEL : placement;
    }

    /**
     * How much each of {@code candidates} matters to a question that stands alone behind the front: over its tokens, the sum of the
     * best block's share of what the heads that look things up attend to. Documents are side by side and not attended to.
     */
    Relevance relevance(SequenceSpec spec, int[] question, List<KvSource> candidates) throws Problem {
        Context context = Context.ofCandidates(resident(), candidates);
        DenseKv kv = new DenseKv(kernels, pool, question.length, probe, context);
        Watch watch = new Watch(0);
        kv.watch(watch);
        try (LocalSequence sequence = new LocalSequence(engine, spec, kv, NOBODYS, false)) {
            engine.opened(sequence);
            try {
                sequence.read(question, Sink.SILENT);
            } catch (Problem | RuntimeException e) {
                Unfinished.note(e, sequence.usage());
                throw e;
            }
            float[][] shares = watch.shares(0, question.length);
            double[] scores = new double[candidates.size()];
            for (int i = 0, from = 0; i < context.documents().size(); i++) {
                KvSource document = context.documents().get(i);
                for (float[] row : shares) {
                    float best = 0;
                    for (int b = from; b < from + document.blocks(); b++) {
                        best = Math.max(best, row[b]);
                    }
                    scores[candidates.indexOf(document)] += best;
                }
                from += document.blocks();
            }
            return new Relevance(scores, sequence.usage());
        }
    }

    /**
     * Reads small documents ahead, best first, as far as half of the cache takes them: few are attended to whole, and long runs are
     * read faster than single records. Of many only some blocks are ever wanted. Only the first one's tail is seen.
     */
    private void prefetch(List<KvSource> attached) throws Problem {
        engine.call(() -> {
            cache.beginPass();
            long left = cache.bytesMax() / 2;
            for (int i = 0; i < attached.size() && left > 0; i++) {
                if (attached.get(i) instanceof AttachedSegment segment && segment.tokens() <= TOKENS_MAX) {
                    left -= cache.prefetch(segment, i == 0) * pool.shape().storedRecordBytes();
                }
            }
            for (KvSource each : attached) {
                prepare(each);
            }
            return null;
        });
    }

    private void prepare(KvSource document) throws Problem {
        try {
            gate.ifPresent(g -> g.prepare(document, front.length, cache::beginPass));
        } catch (UnreadableMemory e) {
            throw e.problem();
        }
    }

    /** True distances are best as long as all of them are well within what the model was trained for. */
    private boolean fitsInARow(int textTokens, List<KvSource> attached) {
        long tokens = front.length + textTokens;
        for (KvSource each : attached) {
            tokens += each.tokens();
        }
        return tokens <= contextTokens * 2L / 3;
    }

    /** The front, read. */
    private synchronized DenseKv resident() throws Problem {
        if (resident == null) {
            try (LocalSequence sequence = new LocalSequence(engine, new SequenceSpec(front.length),
                    new DenseKv(kernels, pool, front.length), "", false)) {
                engine.opened(sequence);
                while (resident == null) {
                    sequence.read(front, Sink.SILENT);
                    resident = engine.call(() -> {
                        synchronized (sequence) {
                            return sequence.kv().tokens() == front.length ? sequence.kv().fork() : null;
                        }
                    });
                }
            }
        }
        return resident;
    }

    @Override
    public synchronized void close() {
        if (resident != null) {
            resident.close();
            resident = null;
        }
        cache.close();
        lookup.close();
        probe.close();
    }

    /** What a {@link SegmentRef} of this model leads to. */
    interface Attachable extends SegmentRef {
        /** Where its records are, with one holder more: the caller. */
        KvSource open() throws Problem;
    }

    /** Opens all of them. */
    static List<KvSource> open(List<SegmentRef> refs, String model) throws Problem {
        List<KvSource> sources = new ArrayList<>();
        try {
            for (SegmentRef ref : refs) {
                Check.argument(ref instanceof Attachable, "a document of another model than %s", model);
                sources.add(((Attachable) ref).open());
            }
            return sources;
        } catch (Problem | RuntimeException e) {
            sources.forEach(KvSource::release);
            throw e;
        }
    }
}
