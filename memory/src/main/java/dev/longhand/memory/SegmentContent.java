package dev.longhand.memory;

import dev.longhand.base.Check;
import java.lang.foreign.MemorySegment;

/**
 * What a segment is made of.
 *
 * @param tokens    ids, none negative
 * @param offsets   byte of the source text at which each token begins; -1 for a token that came from nowhere
 * @param summaries one region of all blocks; see {@link dev.longhand.kernels.KvSummaries}
 */
public record SegmentContent(Fingerprint fingerprint, SegmentShape shape, int[] tokens, int[] offsets, MemorySegment summaries,
        RecordSource records) {
    public SegmentContent {
        Check.argument(shape.kv().type() == fingerprint.kvType(), "records are %s and the fingerprint says %s", shape.kv().type(),
                fingerprint.kvType());
        Check.argument(tokens.length == shape.tokens() && offsets.length == shape.tokens(),
                "%d tokens and %d offsets for a shape of %d", tokens.length, offsets.length, shape.tokens());
        Check.argument(summaries.byteSize() == shape.summariesBytes(), "summaries of %d bytes; the shape asks for %d",
                summaries.byteSize(), shape.summariesBytes());
        for (int i = 0; i < tokens.length; i++) {
            Check.argument(tokens[i] >= 0 && offsets[i] >= -1, "token %d is %d at byte %d", i, tokens[i], offsets[i]);
        }
    }

    public SegmentId id() {
        return SegmentId.of(fingerprint, tokens);
    }

    /** Bytes of the file. */
    public long fileBytes() {
        return SegmentHeader.of(fingerprint, shape).layout().fileBytes();
    }
}
