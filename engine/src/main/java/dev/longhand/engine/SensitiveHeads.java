package dev.longhand.engine;

import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.model.Model;
import java.util.BitSet;
import java.util.Optional;

/** Which KV heads need precise keys to be looked up. Stateless. */
final class SensitiveHeads {
    /** A scan of blocks may read this part of their keys and values. */
    private static final int SCAN_SHARE = 17;

    private SensitiveHeads() {}

    static BitSet all(KvShape shape) {
        BitSet all = new BitSet();
        all.set(0, shape.layers() * shape.kvHeads());
        return all;
    }

    /**
     * Heads that are said to be sensitive, or were measured to be; empty before that, when all of them have planes.
     *
     * @param adapter of this shape
     */
    static Optional<BitSet> known(Model model, KvShape shape, LookupOptions lookup, Optional<Adapter> adapter) {
        KvSummaries planes = new KvSummaries(shape, model.memoryLayers(), all(shape));
        return lookup.sensitive().or(() -> adapter.map(a -> of(a.sensitivities(), planes)));
    }

    /** Those of the greatest sensitivities, as many as a scan may read. */
    static BitSet of(double[] sensitivities, KvSummaries summaries) {
        KvShape shape = summaries.shape();
        int heads = summaries.memoryLayers().cardinality() * shape.kvHeads();
        long scanned = heads * shape.storedRecordBytes() / SCAN_SHARE - heads * summaries.meanBytes();
        int free = (int) Math.max(0, scanned / (summaries.planesBytes() - summaries.meanBytes()));
        return Calibration.sensitive(sensitivities, shape.kvHeads(), free);
    }

    /**
     * Heads that judge documents, of an adapter of this shape: those alone that must have precise keys. Others have them because
     * the scan stays cheap, and would add noise. Empty if there are none.
     */
    static Optional<BitSet> judges(Adapter adapter, KvShape shape) {
        return Optional.of(Calibration.sensitive(adapter.sensitivities(), shape.kvHeads(), 0)).filter(judges -> !judges.isEmpty());
    }
}
