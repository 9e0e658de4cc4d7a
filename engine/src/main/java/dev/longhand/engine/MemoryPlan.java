package dev.longhand.engine;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import dev.longhand.model.ExpertStore;
import dev.longhand.model.Footprint;
import dev.longhand.model.PagedExperts;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How a model's memory is spent under {@link EngineOptions#memoryBytesMax}: weights that every token needs, attention memory (a
 * quarter
 * of the limit at most), and experts with what is left.
 *
 * @param expertBytesMax memory for experts; {@link Long#MAX_VALUE} where all of them fit
 */
public record MemoryPlan(long kvBytesMax, long expertBytesMax) {
    private static final int KV_SHARE = 4;

    /** Refuses a model whose other weights do not fit. */
    public static MemoryPlan of(ModelFile file, Kernels kernels, EngineOptions options) throws Problem {
        long limit = options.memoryBytesMax();
        if (limit == 0) {
            return new MemoryPlan(options.kvBytesMax(), Long.MAX_VALUE);
        }
        Footprint footprint = Footprint.of(file, kernels);
        long kv = Math.min(options.kvBytesMax(), limit / KV_SHARE);
        if (footprint.denseBytes() + kv > limit) {
            throw new Problem(Problem.Kind.LIMIT,
                    "%s: weights that every token needs take %s and attention memory %s; the limit is %s: raise --memory"
                    .formatted(file.path(), Units.bytes(footprint.denseBytes()), Units.bytes(kv), Units.bytes(limit)));
        }
        long left = limit - footprint.denseBytes() - kv;
        return new MemoryPlan(kv, footprint.expertBytes() <= left ? Long.MAX_VALUE : left);
    }

    public boolean isPaging() {
        return expertBytesMax != Long.MAX_VALUE;
    }

    /** Where the experts are to be; a cache file lies beside the model. */
    ExpertStore.Factory experts(Path model, String fingerprint) {
        Path cache = Files.isDirectory(model) ? model.resolve("longhand.experts") : model.resolveSibling(model.getFileName()
                + ".experts");
        return isPaging() ? PagedExperts.factory(cache, fingerprint, expertBytesMax, Disk.REAL) : ExpertStore.RESIDENT;
    }
}
