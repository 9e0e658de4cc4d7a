package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.memory.LookupCounters;
import dev.longhand.memory.Positions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A million tokens of real documents: what reading them once costs beside a plain prefill, what they take on disk, and how fast a
 * model decodes when all of them are attached, beside one of 4,096 tokens.
 *
 * <p>Segments stay in the folder, so that a run that is stopped goes on; then reading is not measured.
 */
public final class MillionBench {
    private static final int PLAIN_TOKENS = 4096;
    private static final long BYTES_MAX = 64L << 30;

    private final Clock clock;
    private final Map<String, String> environment;
    private final Consumer<String> progress;

    public MillionBench(Clock clock, Map<String, String> environment, Consumer<String> progress) {
        this.clock = clock;
        this.environment = environment;
        this.progress = progress;
    }

    public List<Measure> run(LookupBench.Subject subject, Path folder, int rounds) throws Problem {
        LookupOptions lookup = LookupOptions.DEFAULT.withPositions(Positions.PARALLEL);
        List<Measure> measures = new ArrayList<>();
        try (LocalModel model = LocalModel.open(subject.file(), subject.name(), subject.fingerprint(),
                EngineOptions.DEFAULT.withThreads(subject.threads()).withLookup(lookup), clock);
                DocumentMemory memory = model.memory(folder, BYTES_MAX)) {
            String tier = OwnModel.label(model.tierChoice());
            Reading reading = read(subject, model, memory);
            double plain = PLAIN_TOKENS / PlainReading.seconds(model, PLAIN_TOKENS, 3);
            if (reading.seconds > 0) {
                measures.add(Measure.of(subject.name() + "/million-read", tier, reading.read / reading.seconds / plain,
                        "x plain prefill", Optional.of(Target.atLeast(0.8)), "tokens/s", reading.read / reading.seconds,
                        "plain tokens/s", plain, "documents", reading.refs.size(), "tokens", reading.tokens, "bytes on disk",
                        reading.bytes));
            }
            measures.add(decode(subject, model, tier, reading, rounds));
        }
        return measures;
    }

    private record Reading(List<SegmentRef> refs, long tokens, long read, double seconds, long bytes) {}

    private Reading read(LookupBench.Subject subject, LocalModel model, DocumentMemory memory) throws Problem {
        Corpus corpus = Corpus.of(CorpusPlan.LARGE, new PackageFetcher(environment));
        List<SegmentRef> refs = new ArrayList<>();
        long tokens = 0;
        long read = 0;
        long bytes = 0;
        double seconds = 0;
        for (CorpusDocument document : corpus.documents()) {
            int[] all = model.tokenize(document.text());
            for (int from = 0; from < all.length; from += memory.tokensMax()) {
                int[] part = Arrays.copyOfRange(all, from, Math.min(all.length, from + memory.tokensMax()));
                long start = clock.nanos();
                DocumentMemory.Reading one = memory.read(part, new int[part.length], new SequenceSpec(part.length), Sink.SILENT);
                if (one.usage().readTokens() > 0) {
                    seconds += clock.secondsSince(start);
                    read += one.usage().readTokens();
                }
                refs.add(one.segment());
                tokens += part.length;
                bytes += one.bytes();
                if (refs.size() % 100 == 0) {
                    progress.accept("%s: %,d tokens in %,d documents, %.0f/s, %,d MB".formatted(subject.name(), tokens, refs.size(),
                            seconds > 0 ? read / seconds : 0, bytes >> 20));
                }
            }
        }
        return new Reading(refs, tokens, read, seconds, bytes);
    }

    private Measure decode(LookupBench.Subject subject, LocalModel model, String tier, Reading reading, int rounds) throws Problem {
        SegmentRef longest = reading.refs.stream().max(Comparator.comparingInt(SegmentRef::tokens)).orElseThrow();
        BehindDocuments few = BehindDocuments.measure(model, List.of(longest), clock);
        BehindDocuments all = null;
        LookupCounters used = null;
        for (int round = 0; round < rounds; round++) {
            few = few.best(BehindDocuments.measure(model, List.of(longest), clock));
            LookupCounters before = model.lookupCounters().orElseThrow();
            BehindDocuments now = BehindDocuments.measure(model, reading.refs, clock);
            used = model.lookupCounters().orElseThrow().minus(before);
            all = all == null ? now : all.best(now);
            progress.accept("%s: %.1f tokens/s with all, attached in %.1f s, first token after %.2f s; %.1f with one".formatted(
                    subject.name(), now.tokensPerSecond(), now.attachSeconds(), now.firstTokenSeconds(), few.tokensPerSecond()));
        }
        return Measure.of(subject.name() + "/million-decode", tier, all.tokensPerSecond() / few.tokensPerSecond(),
                "x its speed at 4k", Optional.of(Target.atLeast(0.7)), "tokens/s", all.tokensPerSecond(), "tokens/s at 4k",
                few.tokensPerSecond(), "attached tokens", reading.tokens, "attached documents", reading.refs.size(),
                "seconds to attach", all.attachSeconds(), "seconds to first token", all.firstTokenSeconds(),
                "scanned bytes of a run", used.scannedBytes(), "attended bytes of a run", used.attendedBytes());
    }
}
