package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.memory.AttachedSegment;
import dev.longhand.memory.Fingerprint;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.RecordCache;
import dev.longhand.memory.SealedDocument;
import dev.longhand.memory.SegmentContent;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Documents that one model has read, as segments in one folder; some only in memory.
 *
 * <p>Segments that were attached lately stay open, so that what was read of them stays in memory. Thread-safe.
 */
final class LocalMemory implements DocumentMemory {
    private static final int OPEN_MAX = 64;

    private final Documents documents;
    private final SegmentFolder folder;
    private final Fingerprint fingerprint;
    private final RecordCache cache;
    private final Map<SegmentId, Noted> noted = new HashMap<>(); // guarded by this object
    private final LinkedHashMap<SegmentId, AttachedSegment> open = new LinkedHashMap<>(16, 0.75f, true); // guarded by this object
    private boolean isClosed;

    LocalMemory(Documents documents, SegmentFolder folder, Fingerprint fingerprint, RecordCache cache) {
        this.documents = documents;
        this.folder = folder;
        this.fingerprint = fingerprint;
        this.cache = cache;
    }

    /** A document that is in memory only. */
    private record Noted(SegmentId segment, SealedDocument document) implements Documents.Attachable {
        @Override
        public String id() {
            return segment.toString();
        }

        @Override
        public int tokens() {
            return document.tokens();
        }

        @Override
        public KvSource open() {
            document.retain();
            return document;
        }
    }

    /** A document whose segment is in the folder. */
    private final class Stored implements Documents.Attachable {
        private final SegmentId segment;
        private final int tokens;

        Stored(SegmentId segment, int tokens) {
            this.segment = segment;
            this.tokens = tokens;
        }

        @Override
        public String id() {
            return segment.toString();
        }

        @Override
        public int tokens() {
            return tokens;
        }

        @Override
        public KvSource open() throws Problem {
            return attach(segment).orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND,
                    "attention memory %s is gone from %s; its document has to be read again".formatted(segment, folder.path())));
        }
    }

    @Override
    public int tokensMax() {
        return documents.tokensMax();
    }

    @Override
    public Optional<SegmentRef> find(int[] tokens) throws Problem {
        SegmentId id = SegmentId.of(fingerprint, tokens);
        synchronized (this) {
            if (noted.containsKey(id)) {
                return Optional.of(noted.get(id));
            }
        }
        Optional<AttachedSegment> there = attach(id);
        there.ifPresent(KvSource::release);
        return there.map(segment -> new Stored(id, segment.tokens()));
    }

    /** The segment with one holder more, the caller; empty if it is not there or cannot be used. */
    private synchronized Optional<AttachedSegment> attach(SegmentId id) {
        Check.argument(!isClosed, "the memory of documents is closed");
        AttachedSegment there = open.get(id);
        if (there == null) {
            if (!(folder.find(id, fingerprint) instanceof SegmentFolder.Found.Hit hit)) {
                return Optional.empty();
            }
            if (!documents.canBeLookedUp(hit.segment().shape().summaries())) {
                hit.segment().close();
                return Optional.empty();
            }
            there = cache.attach(hit.segment());
            open.put(id, there);
            if (open.size() > OPEN_MAX) {
                close(open.keySet().iterator().next());
            }
        }
        there.retain();
        return Optional.of(there);
    }

    private void close(SegmentId id) {
        AttachedSegment gone = open.remove(id);
        if (gone != null) {
            gone.release();
        }
    }

    @Override
    public Reading read(int[] tokens, int[] offsets, SequenceSpec spec, Sink sink) throws Problem {
        Check.argument(tokens.length == offsets.length, "%d offsets for %d tokens", offsets.length, tokens.length);
        SegmentId id = SegmentId.of(fingerprint, tokens);
        Optional<AttachedSegment> there = attach(id);
        if (there.isPresent()) {
            there.get().release();
            return new Reading(new Stored(id, tokens.length), Usage.NONE, there.get().segment().fileBytes());
        }
        Documents.Read read = documents.read(id.toString(), tokens, spec, sink);
        try {
            SegmentContent content = read.document().content(fingerprint, tokens, offsets, documents.windowTokens());
            folder.publish(content);
            return new Reading(new Stored(id, tokens.length), read.usage(), content.fileBytes());
        } finally {
            read.document().release();
        }
    }

    @Override
    public Reading note(int[] tokens, SequenceSpec spec, Sink sink) throws Problem {
        Optional<SegmentRef> there = find(tokens);
        if (there.isPresent()) {
            return new Reading(there.get(), Usage.NONE, 0);
        }
        SegmentId id = SegmentId.of(fingerprint, tokens);
        Documents.Read read = documents.read(id.toString(), tokens, spec, sink);
        synchronized (this) {
            Noted own = new Noted(id, read.document());
            Noted before = isClosed ? null : noted.putIfAbsent(id, own);
            if (before != null || isClosed) {
                own.document().release();
            }
            Check.argument(!isClosed, "the memory of documents is closed");
            return new Reading(before == null ? own : before, read.usage(), 0);
        }
    }

    @Override
    public void forget(SegmentRef segment) throws Problem {
        Check.argument(segment instanceof Noted || segment instanceof Stored, "a document of another memory");
        SegmentId id = segment instanceof Noted each ? each.segment() : ((Stored) segment).segment;
        synchronized (this) {
            Noted gone = noted.remove(id);
            if (gone != null) {
                gone.document().release();
            }
            close(id);
        }
        folder.remove(id);
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        noted.values().forEach(each -> each.document().release());
        noted.clear();
        open.values().forEach(AttachedSegment::release);
        open.clear();
    }
}
