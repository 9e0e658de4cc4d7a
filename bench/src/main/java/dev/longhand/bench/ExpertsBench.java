package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.util.List;
import java.util.Optional;

/**
 * Whether a mixture of experts touches only what it uses: bytes of weights that the kernels read per decoded token, by their own
 * count, over those of the experts in use.
 */
public final class ExpertsBench {
    private static final int TOKENS = 64;

    private final Clock clock;

    public ExpertsBench(Clock clock) {
        this.clock = clock;
    }

    public List<Measure> run(EngineSubject subject) throws Problem {
        try (OwnModel own = new OwnModel(subject.file(), subject.tier(), subject.threads());
                OwnContender decoder = new OwnContender(own, OwnContender.TYPES.getFirst(), clock)) {
            decoder.seconds(PeerRow.Work.prefill(TOKENS));
            long before = own.kernels.weightBytesRead();
            double seconds = decoder.seconds(PeerRow.Work.decode(TOKENS, TOKENS));
            double read = (double) (own.kernels.weightBytesRead() - before) / TOKENS;
            double active = own.model.activeBytes();
            return List.of(Measure.of(subject.name() + "/experts-bytes-per-token", own.label(), read / active, "x active weights",
                    Optional.of(Target.atMost(1.1)), "read MB", read / 1e6, "active MB", active / 1e6,
                    "all MB", own.model.weightBytes() / 1e6, "tokensPerSecond", TOKENS / seconds));
        }
    }
}
