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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one model remembers of a desk's documents, part by part.
 *
 * <p>Which memory belongs to a part follows from the part's tokens alone, so nothing that is kept here can be stale: a document
 * that
 * changed has other tokens. Used by one thread at a time, like the desk.
 */
public final class DeskMemory implements AutoCloseable {
    /** Bytes of disk that the memory of a desk takes unless told otherwise. */
    public static final long BYTES_MAX = 32L << 30;
    private static final int DOCUMENTS_CUT_MAX = 64;
    /** Segments that are read before the map of them is written: what a crash leaves out of it at most. */
    private static final int UNMAPPED_MAX = 16;

    private final Desk desk;
    private final LanguageModel model;
    private final DocumentMemory memory;
    private final Parts cutter;
    private final Optional<MemoryLock> lock;
    private final SegmentMap own = new SegmentMap(); // found or read since this was opened
    private int unmapped;
    private final Map<Sha256, List<Part>> cut = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Sha256, List<Part>> eldest) {
            return size() > DOCUMENTS_CUT_MAX;
        }
    };

    private DeskMemory(Desk desk, LanguageModel model, DocumentMemory memory, Optional<MemoryLock> lock, PartPlan plan) {
        this.desk = desk;
        this.lock = lock;
        this.model = model;
        this.memory = memory;
        this.cutter = new Parts(model, new PartPlan(Math.max(64, Math.min(plan.tokensMax(), memory.tokensMax()))));
    }

    /**
     * @param bytesMax bytes of disk at most, for all models together
     * @throws Problem UNSUPPORTED if the model cannot attach documents
     */
    public static DeskMemory open(Desk desk, LanguageModel model, PartPlan plan, long bytesMax) throws Problem {
        Optional<MemoryLock> lock = desk.shareMemory();
        try {
            return new DeskMemory(desk, model, model.memory(desk.memoryFolder(), bytesMax), lock, plan);
        } catch (Problem | RuntimeException e) {
            lock.ifPresent(MemoryLock::close);
            throw e;
        }
    }

    /** With the default plan and quota; empty if the model cannot attach documents. */
    public static Optional<DeskMemory> of(Desk desk, LanguageModel model) throws Problem {
        return of(desk, model, BYTES_MAX);
    }

    /** As above, of at most that many bytes of disk. */
    public static Optional<DeskMemory> of(Desk desk, LanguageModel model, long bytesMax) throws Problem {
        return model.capabilities().contains(Capability.ATTACH)
                ? Optional.of(open(desk, model, PartPlan.DEFAULT, bytesMax)) : Optional.empty();
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

    /** Whether the desk's map says that a part was remembered once; where nothing is found of it, it was lost or damaged. */
    boolean isMapped(Part part) throws Problem {
        return SegmentMap.read(desk.segmentsFile()).entries().stream().anyMatch(e -> e.path().equals(part.path())
                && e.part() == part.index() && e.document().equals(part.document()) && e.tokens() == part.tokens().count()
                && e.model().equals(model.info().fingerprint()));
    }

    /** Reads a part and keeps it; what is there is not read again. */
    DocumentMemory.Reading read(Part part, SequenceSpec.Priority priority, Sink sink) throws Problem {
        return read(part, "", priority, sink);
    }

    /** As above, for a tenant; what is kept is the same for all. */
    DocumentMemory.Reading read(Part part, String tenant, SequenceSpec.Priority priority, Sink sink) throws Problem {
        checkFits(part);
        if (!desk.isThere()) {
            throw new Problem(Problem.Kind.DISK, "desk %s was removed meanwhile".formatted(desk.name()));
        }
        DocumentMemory.Reading reading = memory.read(part.tokens().ids(), part.tokens().offsets(), spec(part, tenant, priority),
                sink);
        own.add(entry(part, reading.segment()));
        if (reading.bytes() > 0 && ++unmapped >= UNMAPPED_MAX) {
            publish();
        }
        return reading;
    }

    /** Notes which parts of all documents are remembered already; how many they are. */
    public int mapAll() throws Problem {
        int count = 0;
        for (String path : desk.paths()) {
            for (Part part : parts(path)) {
                Optional<SegmentRef> segment = find(part);
                segment.ifPresent(s -> own.add(entry(part, s)));
                count += segment.isPresent() ? 1 : 0;
            }
        }
        publish();
        return count;
    }

    /** The memory of all documents as far as it is there, in their order; nothing is read. */
    public List<SegmentRef> remembered() throws Problem {
        List<SegmentRef> there = new ArrayList<>();
        for (String path : desk.paths()) {
            for (Part part : parts(path)) {
                find(part).ifPresent(there::add);
            }
        }
        return there;
    }

    /**
     * The memory of a whole document, part by part, read first where it is not there: for programs that attach documents
     * themselves.
     */
    public List<SegmentRef> segments(String path, Sink sink) throws Problem {
        List<SegmentRef> segments = new ArrayList<>();
        for (Part part : parts(path)) {
            segments.add(read(part, SequenceSpec.Priority.INTERACTIVE, sink).segment());
        }
        return segments;
    }

    /** Notes that a part is remembered already. */
    void found(Part part) throws Problem {
        find(part).ifPresent(segment -> own.add(entry(part, segment)));
    }

    private SegmentMap.Entry entry(Part part, SegmentRef segment) {
        return new SegmentMap.Entry(segment.id(), model.info().fingerprint(), part.document(), part.index(), part.tokens().count(),
                part.path());
    }

    /** Writes down which segment is whose; those of documents that are gone are left out. */
    void publish() throws Problem {
        if (!desk.isThere()) {
            return;
        }
        SegmentMap before = SegmentMap.read(desk.segmentsFile());
        SegmentMap all = SegmentMap.read(desk.segmentsFile());
        all.addAll(own);
        all.entries().stream().filter(e -> !isOfDesk(e)).forEach(e -> all.remove(e.segment()));
        if (!all.entries().equals(before.entries())) {
            all.write(desk.disk(), desk.segmentsFile());
        }
        unmapped = 0;
    }

    private boolean isOfDesk(SegmentMap.Entry entry) {
        return entry.document().equals(desk.hashOf(entry.path()));
    }

    /**
     * Segments of documents of the desk: of this model those that were found or read since this was opened, of others as mapped.
     */
    Set<String> wanted() throws Problem {
        Set<String> wanted = new LinkedHashSet<>();
        String fingerprint = model.info().fingerprint();
        for (SegmentMap.Entry each : SegmentMap.read(desk.segmentsFile()).entries()) {
            if (isOfDesk(each) && (own.holds(each.segment()) || !each.model().equals(fingerprint))) {
                wanted.add(each.segment());
            }
        }
        own.entries().forEach(each -> wanted.add(each.segment()));
        return wanted;
    }

    /** Reads a part for this process only. */
    DocumentMemory.Reading note(Part part, String tenant, Sink sink) throws Problem {
        checkFits(part);
        return memory.note(part.tokens().ids(), spec(part, tenant, SequenceSpec.Priority.INTERACTIVE), sink);
    }

    private void checkFits(Part part) throws Problem {
        if (!fits(part)) {
            throw new Problem(Problem.Kind.LIMIT, "%s has %s tokens; %s reads at most %s as one".formatted(part.place(),
                    Units.count(part.tokens().count()), model.info().name(), Units.count(memory.tokensMax())));
        }
    }

    private static SequenceSpec spec(Part part, String tenant, SequenceSpec.Priority priority) {
        return new SequenceSpec(part.tokens().count()).withTenant(tenant).withPriority(priority);
    }

    void forget(SegmentRef segment) throws Problem {
        own.remove(segment.id());
        memory.forget(segment);
    }

    @Override
    public void close() {
        try {
            if (unmapped > 0) {
                publish();
            }
        } catch (Problem e) {
            // The map is only behind: what it does not name is read again if it is cleaned away.
        }
        memory.close();
        lock.ifPresent(MemoryLock::close);
    }
}
