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
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Chooses which parts of documents a question is asked with, and reads those that are not remembered yet.
 *
 * <p>Parts come in the order of words; a judge, such as the model's heads, then looks again at those that are remembered. None is
 * read only to be judged: that would take longer than the answer.
 */
final class Attaching {
    /** How much each further passage of a part counts, beside its best one. */
    private static final double FURTHER_WEIGHT = 0.1;

    private final DeskMemory memory;
    private final Judge judge;
    private final String tenant;
    private final Consumer<String> told;
    private final Set<Part> forgotten = new HashSet<>(); // found damaged while a question was asked

    /**
     * @param tenant for whom documents are read
     * @param told   takes a line for people before something takes long
     */
    Attaching(DeskMemory memory, Judge judge, String tenant, Consumer<String> told) {
        this.memory = memory;
        this.judge = judge;
        this.tenant = tenant;
        this.told = told;
    }

    /** Passages that point to one part, best first. */
    private record Pointed(Part part, List<Passage> found, List<Double> scores) {
        double score() {
            return scores.getFirst() + FURTHER_WEIGHT * scores.stream().skip(1).mapToDouble(Double::doubleValue).sum();
        }
    }

    /**
     * What is attached.
     *
     * @param parts best first; none if no part fits
     * @param usage of judging
     */
    record Choice(List<Recalled.Attachment> parts, Recalled.Routing routing, Usage usage) {}

    /** Passages that are worth a look: each costs cutting its document, so no more than words want where nobody judges. */
    int candidatesMax(int passagesMax) {
        return judge.canJudge() ? Fusion.CANDIDATES_MAX : passagesMax;
    }

    /**
     * Parts that hold the passages found, best first; together at most {@code tokensMax} tokens. Those that words score far below
     * the best are left out, unless the judge puts them first.
     *
     * @param scores of the passages found, best first
     */
    Choice choose(String question, Map<Passage, Double> scores, Recall recall, int tokensMax) throws Problem {
        List<Pointed> byWords = pointed(scores);
        if (byWords.isEmpty()) {
            return new Choice(List.of(), Recalled.Routing.NONE, Usage.NONE);
        }
        Judge.Opinion opinion = judged(question, byWords);
        double scoreMin = recall.scoreShareMin() * byWords.getFirst().score();
        List<Recalled.Attachment> chosen = new ArrayList<>();
        int tokens = 0;
        for (Fusion.Place place : Fusion.order(opinion.scores())) {
            Pointed each = byWords.get(place.words() - 1);
            int own = each.part.tokens().count();
            boolean isGood = each.score() >= scoreMin || place.heads() == 1;
            if (chosen.size() < recall.partsMax() && isGood && tokens + own <= tokensMax) {
                tokens += own;
                chosen.add(attachment(each, place));
            }
        }
        return new Choice(chosen, new Recalled.Routing(byWords.size(), opinion.judged(), opinion.why()), opinion.usage());
    }

    /** Of those that are worth it. */
    private Judge.Opinion judged(String question, List<Pointed> byWords) throws Problem {
        int worth = Fusion.worthJudging(byWords.stream().map(Pointed::score).toList());
        if (worth < 2) {
            return Judge.Opinion.none(byWords.size(), "one stands out");
        }
        Judge.Opinion opinion = judge.judge(question, candidates(byWords.subList(0, worth)));
        double[] scores = Arrays.copyOf(opinion.scores(), byWords.size());
        Arrays.fill(scores, worth, scores.length, Double.NaN);
        return new Judge.Opinion(scores, opinion.usage(), opinion.why());
    }

    /** In the order of words. */
    private List<Pointed> pointed(Map<Passage, Double> scores) throws Problem {
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
        return pointed.values().stream().sorted(Comparator.comparingDouble(Pointed::score).reversed()).toList();
    }

    private List<Judge.Candidate> candidates(List<Pointed> pointed) throws Problem {
        List<Judge.Candidate> candidates = new ArrayList<>();
        for (Pointed each : pointed) {
            candidates.add(new Judge.Candidate(each.part.path(), each.part.text(), memory.find(each.part)));
        }
        return candidates;
    }

    private Recalled.Attachment attachment(Pointed pointed, Fusion.Place place) throws Problem {
        Part part = pointed.part;
        return new Recalled.Attachment(part.path(), part.index(), memory.parts(part.path()).size(), part.title(), part.lineFirst(),
                part.lineLast(), part.tokens().count(), pointed.score(), place, pointed.found, false);
    }

    Part part(Recalled.Attachment attachment) throws Problem {
        return memory.parts(attachment.path()).get(attachment.part());
    }

    /** As it is now; empty if it is no longer there. */
    Optional<Part> find(Recalled.Attachment attachment) throws Problem {
        List<Part> parts = memory.parts(attachment.path());
        return attachment.part() < parts.size() ? Optional.of(parts.get(attachment.part())) : Optional.empty();
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
        for (Part part : missing) {
            if (!forgotten.contains(part) && memory.isMapped(part)) {
                notes.add("the memory of %s was lost or damaged; it was read again".formatted(part.place()));
            }
        }
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
            return memory.read(part, tenant, SequenceSpec.Priority.INTERACTIVE, sink);
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.LIMIT && e.kind() != Problem.Kind.DISK) {
                throw e;
            }
            notes.add("what the model has read of %s is not kept: %s".formatted(part.place(), e.getMessage()));
            return memory.note(part, tenant, sink);
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
                    forgotten.add(ready.parts().get(segment.id()));
                }
            }
        }
        return damaged;
    }
}
