package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Capability;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one model remembers of a desk's documents, part by part.
 *
 * <p>Which memory belongs to a part follows from the part's tokens alone, so nothing that is kept here can be stale: a document that
 * changed has other tokens. Used by one thread at a time, like the desk.
 */
public final class DeskMemory implements AutoCloseable {
    /** Bytes of disk that the memory of a desk takes unless told otherwise. */
    public static final long BYTES_MAX = 32L << 30;
    private static final int DOCUMENTS_CUT_MAX = 64;

    private final Desk desk;
    private final LanguageModel model;
    private final DocumentMemory memory;
    private final Parts cutter;
    private final Map<Sha256, List<Part>> cut = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Sha256, List<Part>> eldest) {
            return size() > DOCUMENTS_CUT_MAX;
        }
    };

    private DeskMemory(Desk desk, LanguageModel model, DocumentMemory memory, PartPlan plan) {
        this.desk = desk;
        this.model = model;
        this.memory = memory;
        this.cutter = new Parts(model, new PartPlan(Math.max(64, Math.min(plan.tokensMax(), memory.tokensMax()))));
    }

    /**
     * @param bytesMax bytes of disk at most, for all models together
     * @throws Problem UNSUPPORTED if the model cannot attach documents
     */
    public static DeskMemory open(Desk desk, LanguageModel model, PartPlan plan, long bytesMax) throws Problem {
        return new DeskMemory(desk, model, model.memory(desk.memoryFolder(), bytesMax), plan);
    }

    /** With the default plan and quota; empty if the model cannot attach documents. */
    public static Optional<DeskMemory> of(Desk desk, LanguageModel model) throws Problem {
        return model.capabilities().contains(Capability.ATTACH)
                ? Optional.of(open(desk, model, PartPlan.DEFAULT, BYTES_MAX)) : Optional.empty();
    }

    Path folder() {
        return desk.memoryFolder();
    }

    LanguageModel model() {
        return model;
    }

    /** The parts of a document as the desk has it; none if it has none of this path. */
    List<Part> parts(String path) throws Problem {
        Sha256 hash = desk.hashOf(path);
        if (hash == null) {
            return List.of();
        }
        Sha256 key = Sha256.of(hash.hex() + path);
        List<Part> parts = cut.get(key);
        if (parts == null) {
            parts = cutter.of(hash, desk.passagesOf(path));
            cut.put(key, parts);
        }
        return parts;
    }

    /** The part that holds a passage of the desk; empty if the desk changed meanwhile. */
    Optional<Part> partOf(Passage passage) throws Problem {
        return parts(passage.path()).stream().filter(p -> p.passages().getFirst().index() <= passage.index()
                && passage.index() <= p.passages().getLast().index()).findFirst();
    }

    /** Whether the model can take a part at all: one passage may be longer than it reads as one. */
    boolean fits(Part part) {
        return part.tokens().count() <= memory.tokensMax();
    }

    Optional<SegmentRef> find(Part part) throws Problem {
        return fits(part) ? memory.find(part.tokens().ids()) : Optional.empty();
    }

    /** Reads a part and keeps it; what is there is not read again. */
    DocumentMemory.Reading read(Part part, SequenceSpec.Priority priority, Sink sink) throws Problem {
        checkFits(part);
        return memory.read(part.tokens().ids(), part.tokens().offsets(), spec(part, priority), sink);
    }

    /** Reads a part for this process only. */
    DocumentMemory.Reading note(Part part, Sink sink) throws Problem {
        checkFits(part);
        return memory.note(part.tokens().ids(), spec(part, SequenceSpec.Priority.INTERACTIVE), sink);
    }

    private void checkFits(Part part) throws Problem {
        if (!fits(part)) {
            throw new Problem(Problem.Kind.LIMIT, "%s has %s tokens; %s reads at most %s as one".formatted(part.place(),
                    Units.count(part.tokens().count()), model.info().name(), Units.count(memory.tokensMax())));
        }
    }

    private static SequenceSpec spec(Part part, SequenceSpec.Priority priority) {
        return new SequenceSpec(part.tokens().count()).withPriority(priority);
    }

    void forget(SegmentRef segment) throws Problem {
        memory.forget(segment);
    }

    @Override
    public void close() {
        memory.close();
    }
}
