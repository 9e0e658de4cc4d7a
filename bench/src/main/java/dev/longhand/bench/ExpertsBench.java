package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.model.ExpertStore;
import dev.longhand.model.PagedExperts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether a mixture of experts touches only what it uses, and how it runs when it is larger than the memory it may take.
 *
 * <p>Method: bytes of weights that the kernels read per decoded token, by their own count, over those of the experts in use. Then
 * the
 * same model with two thirds of its weights in memory, the rest in a cache file beside it, removed afterwards.
 */
public final class ExpertsBench {
    private static final int TOKENS = 64;
    /** How much larger the model is than the memory it may take. */
    private static final double OVERSIZE = 1.5;

    private final Clock clock;

    public ExpertsBench(Clock clock) {
        this.clock = clock;
    }

    /** A run: tokens per second, and bytes of weights read per token. */
    private record Run(double tokensPerSecond, double bytesPerToken) {}

    public List<Measure> run(EngineSubject subject) throws Problem {
        List<Measure> measures = new ArrayList<>();
        List<ExpertStore> opened = new ArrayList<>();
        ExpertStore.Factory resident = tensors -> {
            opened.add(ExpertStore.RESIDENT.open(tensors));
            return opened.getLast();
        };
        long bytesMax;
        Run whole;
        try (OwnModel own = new OwnModel(subject.file(), subject.tier(), subject.threads(), resident)) {
            whole = decode(own);
            double active = own.model.activeBytes();
            measures.add(Measure.of(subject.name() + "/experts-bytes-per-token", own.label(), whole.bytesPerToken / active,
                    "x active weights", Optional.of(Target.atMost(1.1)), "read MB", whole.bytesPerToken / 1e6,
                    "active MB", active / 1e6, "all MB", own.model.weightBytes() / 1e6, "tokensPerSecond", whole.tokensPerSecond));
            long experts = opened.getFirst().bytes();
            bytesMax = (long) (own.model.weightBytes() / OVERSIZE) - (own.model.weightBytes() - experts);
        }
        measures.add(capped(subject, bytesMax, whole));
        return measures;
    }

    private Run decode(OwnModel own) throws Problem {
        try (OwnContender decoder = new OwnContender(own, OwnContender.TYPES.getFirst(), clock)) {
            decoder.seconds(PeerRow.Work.prefill(TOKENS));
            decoder.seconds(PeerRow.Work.decode(TOKENS, 1));
            long before = own.kernels.weightBytesRead();
            double seconds = decoder.seconds(PeerRow.Work.decode(TOKENS, TOKENS));
            return new Run(TOKENS / seconds, (double) (own.kernels.weightBytesRead() - before) / TOKENS);
        }
    }

    private Measure capped(EngineSubject subject, long bytesMax, Run whole) throws Problem {
        Path cache = subject.file().resolveSibling(subject.file().getFileName() + ".bench-experts");
        List<PagedExperts> opened = new ArrayList<>();
        String fingerprint = Sha256.of(subject.name()).hex();
        ExpertStore.Factory paged = tensors -> {
            ExpertStore store = PagedExperts.factory(cache, fingerprint, bytesMax, Disk.REAL).open(tensors);
            opened.add((PagedExperts) store);
            return store;
        };
        try (OwnModel own = new OwnModel(subject.file(), subject.tier(), subject.threads(), paged)) {
            Run run = decode(own);
            PagedExperts.Counters counters = opened.getFirst().counters();
            return Measure.of(subject.name() + "/experts-capped", own.label(), run.tokensPerSecond, "tokens/s", Optional.empty(),
                    "uncapped", whole.tokensPerSecond, "experts in memory MB", bytesMax / 1e6,
                    "all experts MB", opened.getFirst().bytes() / 1e6,
                    "hits", counters.hits(), "misses", counters.misses(), "read MB", counters.readBytes() / 1e6);
        } finally {
            delete(cache);
        }
    }

    private static void delete(Path file) throws Problem {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw Disk.problem("removing", file, e);
        }
    }
}
