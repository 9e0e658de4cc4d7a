package dev.longhand.memory;

import java.lang.foreign.MemorySegment;

/** Gives the records of a document that is written to disk. */
@FunctionalInterface
public interface RecordSource {
    /** The record as on disk, of exactly {@link SegmentShape#recordBytes}; good until the next call. Asked for in file order. */
    MemorySegment record(int layer, int block, int kvHead);
}
