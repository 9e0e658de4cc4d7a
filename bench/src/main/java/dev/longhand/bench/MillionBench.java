package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
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
    private static final int ANSWER_TOKENS = 32;
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
        try (LocalModel model = LocalModel.open(subject.file(), subject.name(), subject.name(),
                EngineOptions.DEFAULT.withThreads(subject.threads()).withLookup(lookup), clock);
                DocumentMemory memory = model.memory(folder, BYTES_MAX)) {
            String tier = OwnModel.label(model.tierChoice());
            Reading reading = read(subject, model, memory);
            double plain = plainTokensPerSecond(model);
            if (reading.seconds > 0) {
                measures.add(Measure.of(subject.name() + "/million-read", tier, reading.read / reading.seconds / plain,
                        "x plain prefill", Optional.of(Target.atLeast(0.8)), "tokens/s", reading.read / reading.seconds,
                        "plain tokens/s", plain, "documents", reading.refs.size(), "tokens", reading.tokens, "bytes on disk",
                        reading.bytes));
            }
            double few = 0;
            double all = 0;
            LookupCounters used = model.lookupCounters().orElseThrow();
            SegmentRef longest = reading.refs.stream().max(Comparator.comparingInt(SegmentRef::tokens)).orElseThrow();
            for (int round = 0; round < rounds; round++) {
                few = Math.max(few, decode(model, List.of(longest)));
                LookupCounters before = model.lookupCounters().orElseThrow();
                all = Math.max(all, decode(model, reading.refs));
                used = model.lookupCounters().orElseThrow().minus(before);
                progress.accept("%s: %.1f tokens/s with all, %.1f with one".formatted(subject.name(), all, few));
            }
            measures.add(Measure.of(subject.name() + "/million-decode", tier, all / few, "x its speed at 4k",
                    Optional.of(Target.atLeast(0.7)), "tokens/s", all, "tokens/s at 4k", few, "attached tokens", reading.tokens,
                    "scanned bytes of a run", used.scannedBytes(), "attended bytes of a run", used.attendedBytes()));
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

    /** Reading a prompt of 4,096 tokens, best of three. */
    private double plainTokensPerSecond(LocalModel model) throws Problem {
        double best = 0;
        for (int i = 0; i < 3; i++) {
            int[] prompt = new int[4096];
            for (int t = 0; t < prompt.length; t++) {
                prompt[t] = OwnModel.token(i * 5000 + t, model.model().config().vocabulary());
            }
            try (Sequence sequence = model.open(new SequenceSpec(prompt.length))) {
                Usage usage = sequence.read(prompt, Sink.SILENT);
                best = Math.max(best, usage.readTokensPerSecond());
            }
        }
        return best;
    }

    private double decode(LocalModel model, List<SegmentRef> refs) throws Problem {
        int[] question = model.renderBehind(List.of(Message.user("Question: Which of these classes reads a file line by line?")));
        try (Sequence sequence = model.open(new SequenceSpec(question.length + 2 * ANSWER_TOKENS), refs)) {
            sequence.generate(question, GenerationSpec.greedy(2), Sink.SILENT);
            Usage usage = sequence.generate(question, GenerationSpec.greedy(ANSWER_TOKENS), Sink.SILENT).usage();
            return usage.answeredTokens() / usage.answerSeconds();
        }
    }
}
