package dev.longhand.formats;

import dev.longhand.base.Check;

/**
 * What a header may ask for. Everything is also bounded by the bytes that are left in the file.
 *
 * @param headerBytesMax   metadata and tensor list together
 * @param keysMax          metadata keys
 * @param keyBytesMax      bytes of one key
 * @param stringBytesMax   bytes of one string value
 * @param arrayElementsMax elements of one array
 * @param nestingMax       depth of arrays in arrays
 * @param tensorsMax       tensors
 * @param heapBytesMax     memory that everything read may take on the heap
 */
public record Limits(
        long headerBytesMax, int keysMax, int keyBytesMax, int stringBytesMax, int arrayElementsMax, int nestingMax, int tensorsMax,
        long heapBytesMax) {
    public static final Limits DEFAULT = new Limits(48_000_000, 65_536, 1024, 8_000_000, 4_000_000, 4, 65_536, 56_000_000);

    public Limits {
        Check.argument(headerBytesMax > 0 && headerBytesMax <= 1L << 30, "headerBytesMax is %d; it must lie in (0, 2^30]", headerBytesMax);
        Check.argument(heapBytesMax > 0, "heapBytesMax is %d; it must be positive", heapBytesMax);
        Check.argument(keysMax > 0 && keyBytesMax > 0 && stringBytesMax > 0 && arrayElementsMax > 0 && nestingMax > 0 && tensorsMax > 0,
                "every limit must be positive");
    }
}
