package dev.longhand.memory;

/**
 * What lookups came to, over all layers, KV heads and rows.
 *
 * @param rows          rows that looked something up, per layer
 * @param scannedBlocks blocks whose summaries were scored
 * @param chosenBlocks  blocks that were chosen
 * @param scannedBytes  bytes of summaries read
 * @param attendedBytes bytes of records attended to by rows that look up or have a context
 */
public record LookupCounters(long rows, long scannedBlocks, long chosenBlocks, long scannedBytes, long attendedBytes) {
    public LookupCounters minus(LookupCounters earlier) {
        return new LookupCounters(rows - earlier.rows, scannedBlocks - earlier.scannedBlocks, chosenBlocks - earlier.chosenBlocks,
                scannedBytes - earlier.scannedBytes, attendedBytes - earlier.attendedBytes);
    }
}
