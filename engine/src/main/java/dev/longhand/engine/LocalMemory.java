package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.SealedDocument;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Documents that one model has read, in one folder and in memory. Thread-safe. */
final class LocalMemory implements DocumentMemory {
    private final Documents documents;
    private final Map<String, Noted> noted = new HashMap<>(); // guarded by this object

    LocalMemory(Documents documents) {
        this.documents = documents;
    }

    /** A document that is in memory only. */
    private record Noted(SealedDocument document) implements Documents.Attachable {
        @Override
        public String id() {
            return document.id();
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

    @Override
    public int tokensMax() {
        return documents.tokensMax();
    }

    @Override
    public synchronized Optional<SegmentRef> find(int[] tokens) {
        return Optional.ofNullable(noted.get(id(tokens)));
    }

    private static String id(int[] tokens) {
        byte[] bytes = new byte[4 * tokens.length];
        ByteBuffer.wrap(bytes).asIntBuffer().put(tokens);
        return Sha256.of(bytes).toString();
    }

    @Override
    public Reading read(int[] tokens, int[] offsets, SequenceSpec spec, Sink sink) throws Problem {
        Check.argument(tokens.length == offsets.length, "%d offsets for %d tokens", offsets.length, tokens.length);
        return note(tokens, spec, sink);
    }

    @Override
    public Reading note(int[] tokens, SequenceSpec spec, Sink sink) throws Problem {
        String id = id(tokens);
        Optional<SegmentRef> there = find(tokens);
        if (there.isPresent()) {
            return new Reading(there.get(), Usage.NONE, 0);
        }
        Documents.Read read = documents.read(id, tokens, spec, sink);
        synchronized (this) {
            Noted own = new Noted(read.document());
            Noted before = noted.putIfAbsent(id, own);
            if (before != null) {
                own.document().release();
            }
            return new Reading(before == null ? own : before, read.usage(), 0);
        }
    }

    @Override
    public synchronized void forget(SegmentRef segment) {
        Noted gone = noted.remove(segment.id());
        if (gone != null) {
            gone.document().release();
        }
    }

    @Override
    public synchronized void close() {
        noted.values().forEach(each -> each.document().release());
        noted.clear();
    }
}
