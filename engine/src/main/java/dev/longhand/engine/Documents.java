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
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.memory.AttachedSegment;
import dev.longhand.memory.Budgets;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.Positions;
import dev.longhand.memory.RecordCache;
import dev.longhand.memory.SealedDocument;
import dev.longhand.memory.SegmentLimits;
import dev.longhand.memory.Watch;
import java.util.ArrayList;
import java.util.BitSet;
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

    private final Engine engine;
    private final Kernels kernels;
    private final KvPool pool;
    private final Lookup lookup;
    private final int[] front;
    private final int contextTokens;
    private final int windowTokens;
    private final Optional<Positions> positions;
    private final RecordCache cache;
    private final Lookup probe; // scores everything and attends to none of it
    private DenseKv resident; // guarded by this object; null until the front is read

    /** What the model sees: the trained length, and what its layers with a window see, 0 without such layers. */
    record Reach(int contextTokens, int windowTokens) {}

    Documents(Engine engine, Kernels kernels, KvPool pool, Lookup lookup, int[] front, Reach reach, LookupOptions options) {
        this.engine = engine;
        this.kernels = kernels;
        this.pool = pool;
        this.lookup = lookup;
        this.front = front;
        this.contextTokens = reach.contextTokens;
        this.windowTokens = reach.windowTokens;
        this.positions = options.positions();
        this.cache = new RecordCache(pool.shape().storedRecordBytes(),
                SegmentLimits.DEFAULT.withCacheBytesMax(options.cacheBytesMax()));
        lookup.readThrough(cache);
        this.probe = lookup.withBudgets(Budgets.of(0));
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

    RecordCache cache() {
        return cache;
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
        int[] all = new int[front.length + tokens.length];
        System.arraycopy(front, 0, all, 0, front.length);
        System.arraycopy(tokens, 0, all, front.length, tokens.length);
        int room = Math.ceilDiv(all.length, KvShape.BLOCK_TOKENS) * KvShape.BLOCK_TOKENS;
        try (LocalSequence sequence = behindFront(spec, room)) {
            Usage before = sequence.usage();
            while (true) {
                sequence.read(all, sink);
                if (sink.isCancelled()) {
                    throw new Problem(Problem.Kind.CANCELLED, "reading a document was stopped");
                }
                Optional<SealedDocument> sealed = engine.call(() -> sealed(id, sequence, all.length));
                if (sealed.isPresent()) {
                    return new Read(sealed.get(), sequence.usage().minus(before));
                }
            }
        }
    }

    /** On the engine's thread. Empty if the sequence lost its memory meanwhile. */
    private Optional<SealedDocument> sealed(String id, LocalSequence sequence, int length) throws Problem {
        synchronized (sequence) {
            DenseKv kv = sequence.kv();
            if (kv.tokens() != length) {
                return Optional.empty();
            }
            kv.sealTail();
            return Optional.of(SealedDocument.of(id, kv, front.length, length - front.length));
        }
    }

    /** A sequence that holds the front and reads a document; what it reads serves nobody else. */
    private LocalSequence behindFront(SequenceSpec spec, int tokensMax) throws Problem {
        DenseKv kv = new DenseKv(kernels, pool, tokensMax);
        resident().copyTo(kv);
        LocalSequence sequence = new LocalSequence(engine, spec, kv, spec.tenant(), false);
        sequence.holds(front);
        engine.opened(sequence);
        return sequence;
    }

    /** A sequence with {@code attached} documents, best first. */
    LocalSequence open(SequenceSpec spec, List<KvSource> attached) throws Problem {
        prefetch(attached);
        Positions rule = positions.orElse(fitsInARow(spec, attached) ? Positions.TRUE : Positions.PARALLEL);
        if (rule == Positions.TRUE && attached.size() > IN_A_ROW_MAX) {
            throw new Problem(Problem.Kind.LIMIT, "%s documents one after another; at most %s, or let them stand side by side"
                    .formatted(Units.count(attached.size()), Units.count(IN_A_ROW_MAX)));
        }
        Context context = Context.of(resident(), attached, rule);
        DenseKv kv = new DenseKv(kernels, pool, spec.tokensMax(), lookup, context);
        if (context.tokens() + spec.tokensMax() > contextTokens) {
            kv.close();
            throw new Problem(Problem.Kind.LIMIT, ("%s tokens of documents and %s of text do not fit together into the %s that the "
                    + "model was trained for; attach less").formatted(Units.count(context.tokens()), Units.count(spec.tokensMax()),
                            Units.count(contextTokens)));
        }
        String ids = context.documents().stream().map(KvSource::id).collect(Collectors.joining(",", rule + ":", ""));
        LocalSequence sequence = new LocalSequence(engine, spec, kv, spec.tenant() + "\0" + ids, true);
        engine.opened(sequence);
        return sequence;
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
        try (LocalSequence sequence = new LocalSequence(engine, spec, kv, "", false)) {
            engine.opened(sequence);
            sequence.read(question, Sink.SILENT);
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

    /** Reads small documents whole: all of them are attended to, and long runs are read faster than single records. */
    private void prefetch(List<KvSource> attached) throws Problem {
        engine.call(() -> {
            cache.beginPass();
            for (KvSource each : attached) {
                if (each instanceof AttachedSegment segment && each.tokens() <= TOKENS_MAX) {
                    cache.prefetch(segment);
                }
            }
            return null;
        });
    }

    /** One after another is best as long as all of it is well within what the model was trained for, and there are few. */
    private boolean fitsInARow(SequenceSpec spec, List<KvSource> attached) {
        long tokens = front.length + spec.tokensMax();
        for (KvSource each : attached) {
            tokens += each.tokens();
        }
        return attached.size() <= 4 && tokens <= contextTokens * 2L / 3;
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
