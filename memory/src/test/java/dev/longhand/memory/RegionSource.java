package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.testkit.Gen;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** A document in memory whose summaries are one region, as a segment's are: of records that were read, or made up. */
final class RegionSource implements KvSource {
    int holders;
    private final String id;
    private final int[] firstIds;
    private final int tokens;
    private final KvSummaries layout;
    private final MemorySegment summaries;
    private final SealedDocument records; // null where summaries are made up

    private RegionSource(String id, int[] firstIds, int tokens, KvSummaries layout, MemorySegment summaries,
            SealedDocument records) {
        this.id = id;
        this.firstIds = firstIds;
        this.tokens = tokens;
        this.layout = layout;
        this.summaries = summaries;
        this.records = records;
    }

    static RegionSource of(String id, SealedDocument document, Arena arena) {
        int[] none = new int[document.tokens()];
        Fingerprint print = new Fingerprint(Sha256.of("m"), "a", KvType.Q8_0, "t", "r", "k", Sha256.of("p"));
        MemorySegment content = document.content(print, none, none, 0).summaries();
        MemorySegment summaries = arena.allocate(content.byteSize(), 64).copyFrom(content);
        return new RegionSource(id, document.firstIds(), document.tokens(), document.layout(), summaries, document);
    }

    /** Of any length, without records. */
    static RegionSource made(String id, int tokens, KvSummaries layout, Arena arena, Gen gen) {
        int blocks = Math.ceilDiv(tokens, 64);
        MemorySegment summaries = arena.allocate(layout.bytes(blocks), 64);
        for (long at = 0; at + 2 <= summaries.byteSize(); at += 2) { // means, scales and codes alike: small numbers of 16 bits
            summaries.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float) gen.gaussian()));
        }
        int[] firstIds = new int[Math.min(tokens, 64)];
        Arrays.setAll(firstIds, i -> i);
        return new RegionSource(id, firstIds, tokens, layout, summaries, null);
    }

    /** Another document of the same memory. */
    RegionSource named(String id) {
        return new RegionSource(id, firstIds, tokens, layout, summaries, records);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int[] firstIds() {
        return firstIds.clone();
    }

    @Override
    public int tailFrom() {
        return 0;
    }

    @Override
    public KvSummaries layout() {
        return layout;
    }

    @Override
    public long summaries(int region) {
        return summaries.address();
    }

    @Override
    public int regionBlocks() {
        return blocks();
    }

    @Override
    public long record(int layer, int block, int kvHead) {
        Check.invariant(records != null, "document %s is made up and has no records", id);
        return records.record(layer, block, kvHead);
    }

    @Override
    public void retain() {
        holders++;
    }

    @Override
    public void release() {
        holders--;
    }
}
