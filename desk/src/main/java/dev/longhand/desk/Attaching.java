package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Chooses which parts of documents a question is asked with, and reads those that are not remembered yet. */
final class Attaching {
    /** How much each further passage of a part counts, beside its best one. */
    private static final double FURTHER_WEIGHT = 0.1;

    private final DeskMemory memory;
    private final Consumer<String> told;

    /** @param told takes a line for people before something takes long */
    Attaching(DeskMemory memory, Consumer<String> told) {
        this.memory = memory;
        this.told = told;
    }

    /** Passages that point to one part, best first. */
    private record Pointed(Part part, List<Passage> found, List<Double> scores) {
        double score() {
            return scores.getFirst() + FURTHER_WEIGHT * scores.stream().skip(1).mapToDouble(Double::doubleValue).sum();
        }
    }

    /**
     * Parts that hold the passages found, best first; together at most {@code tokensMax} tokens. Those that score far below the
     * best
     * are left out.
     *
     * @param scores of the passages found, best first
     */
    List<Recalled.Attachment> choose(Map<Passage, Double> scores, Recall recall, int tokensMax) throws Problem {
        Map<String, Pointed> pointed = new LinkedHashMap<>();
        for (Map.Entry<Passage, Double> each : scores.entrySet()) {
            Optional<Part> part = memory.partOf(each.getKey());
            if (part.isPresent() && memory.fits(part.get())) {
                Pointed to = pointed.computeIfAbsent(part.get().path() + "\n" + part.get().index(),
                        k -> new Pointed(part.get(), new ArrayList<>(), new ArrayList<>()));
                to.found.add(each.getKey());
                to.scores.add(each.getValue());
            }
        }
        List<Pointed> ranked = pointed.values().stream().sorted(Comparator.comparingDouble(Pointed::score).reversed()).toList();
        List<Recalled.Attachment> chosen = new ArrayList<>();
        int tokens = 0;
        for (Pointed each : ranked) {
            int own = each.part.tokens().count();
            if (chosen.size() < recall.partsMax() && each.score() >= recall.scoreShareMin() * ranked.getFirst().score()
                    && tokens + own <= tokensMax) {
                tokens += own;
                chosen.add(attachment(each));
            }
        }
        return chosen;
    }

    private Recalled.Attachment attachment(Pointed pointed) throws Problem {
        Part part = pointed.part;
        return new Recalled.Attachment(part.path(), part.index(), memory.parts(part.path()).size(), part.title(), part.lineFirst(),
                part.lineLast(), part.tokens().count(), pointed.score(), pointed.found, false);
    }

    Part part(Recalled.Attachment attachment) throws Problem {
        return memory.parts(attachment.path()).get(attachment.part());
    }

    /**
     * Parts that can be attached.
     *
     * @param segments as the parts
     * @param parts    by the id of their memory
     * @param read     what had to be read first
     * @param usage    of reading it
     */
    record Ready(List<SegmentRef> segments, Map<String, Part> parts, List<Part> read, Usage usage, List<String> notes) {}

    /** Reads what is not remembered. What cannot be kept is read for this once, with a note. */
    Ready ready(List<Part> parts, Sink sink) throws Problem {
        List<Part> missing = new ArrayList<>();
        for (Part part : parts) {
            if (memory.find(part).isEmpty()) {
                missing.add(part);
            }
        }
        say(missing);
        List<SegmentRef> segments = new ArrayList<>();
        Map<String, Part> byId = new LinkedHashMap<>();
        List<String> notes = new ArrayList<>();
        Usage usage = Usage.NONE;
        for (Part part : parts) {
            DocumentMemory.Reading reading = read(part, sink, notes);
            usage = usage.plus(reading.usage());
            segments.add(reading.segment());
            byId.put(reading.segment().id(), part);
        }
        return new Ready(segments, byId, missing, usage, notes);
    }

    private DocumentMemory.Reading read(Part part, Sink sink, List<String> notes) throws Problem {
        try {
            return memory.read(part, SequenceSpec.Priority.INTERACTIVE, sink);
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.LIMIT && e.kind() != Problem.Kind.DISK) {
                throw e;
            }
            notes.add("what the model has read of %s is not kept: %s".formatted(part.place(), e.getMessage()));
            return memory.note(part, sink);
        }
    }

    private void say(List<Part> missing) {
        Map<String, List<Part>> byPath = new LinkedHashMap<>();
        missing.forEach(part -> byPath.computeIfAbsent(part.path(), k -> new ArrayList<>()).add(part));
        byPath.forEach((path, parts) -> told.accept("reading %d %s of %s (%s tokens)".formatted(parts.size(),
                parts.size() == 1 ? "part" : "parts", path,
                Units.count(parts.stream().mapToInt(p -> p.tokens().count()).sum()))));
    }

    /** Forgets the parts whose memory a problem names, so that they are read again; what was forgotten. */
    List<Part> forgetDamaged(Ready ready, Problem problem) throws Problem {
        List<Part> damaged = new ArrayList<>();
        if (problem.kind() == Problem.Kind.MALFORMED || problem.kind() == Problem.Kind.NOT_FOUND) {
            for (SegmentRef segment : ready.segments()) {
                if (problem.getMessage().contains(segment.id())) {
                    memory.forget(segment);
                    damaged.add(ready.parts().get(segment.id()));
                }
            }
        }
        return damaged;
    }
}
