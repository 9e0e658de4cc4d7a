package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.Desk;
import dev.longhand.memory.Segment;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentId;
import dev.longhand.memory.SegmentLimits;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The segments of desks, to those who look after them. Stateless. */
final class DeskSegments {
    private DeskSegments() {}

    static SegmentFolder open(World world, Path folder) throws Problem {
        return SegmentFolder.open(folder, Disk.REAL, world.clock(), SegmentLimits.DEFAULT);
    }

    /** One that takes at most so many bytes. */
    static SegmentFolder open(World world, Path folder, long bytesMax) throws Problem {
        return SegmentFolder.open(folder, Disk.REAL, world.clock(), SegmentLimits.DEFAULT.withDeskBytesMax(bytesMax));
    }

    /**
     * Removes segments of documents that the desk has no more and those that are damaged, while nobody else writes any. Findings
     * are files that cannot be removed, and files that cannot be read: those may be sound and stay.
     *
     * @throws Problem BUSY while somebody asks or reads the desk
     */
    static SegmentFolder.Report compact(World world, Desk desk) throws Problem {
        SegmentFolder segments = open(world, desk.memoryFolder());
        alone(desk, () -> segments.sweep(true));
        List<SegmentFolder.Finding> suspects = segments.verify().findings(); // long, and nobody has to wait for it
        SegmentFolder.Report[] report = new SegmentFolder.Report[1];
        alone(desk, () -> {
            desk.reload(); // whoever wrote meanwhile has said what for
            List<SegmentFolder.Finding> unreadable = new ArrayList<>();
            Set<String> damaged = damaged(suspects, unreadable);
            Set<SegmentId> wanted = SegmentId.all(desk.segments());
            wanted.removeIf(id -> damaged.contains(id.fileName()));
            SegmentFolder.Report removed = segments.compact(wanted);
            List<SegmentFolder.Finding> findings = new ArrayList<>(unreadable);
            findings.addAll(removed.findings());
            report[0] = new SegmentFolder.Report(removed.segments(), removed.bytes(), findings);
        });
        return report[0];
    }

    private static void alone(Desk desk, Desk.MemoryWork work) throws Problem {
        if (!desk.ifMemoryIsIdle(work)) {
            throw new Problem(Problem.Kind.BUSY, "desk %s is being asked or read just now, and what is written meanwhile must not "
                    .formatted(desk.name()) + "be removed; run the command again when that has ended");
        }
    }

    /** Names of those files that are damaged still; one that the disk does not give is {@code unreadable}, which is no proof. */
    private static Set<String> damaged(List<SegmentFolder.Finding> suspects, List<SegmentFolder.Finding> unreadable) {
        Set<String> damaged = new HashSet<>();
        for (SegmentFolder.Finding each : suspects) {
            String name = each.file().getFileName().toString();
            try {
                Sha256.ofFile(each.file());
                if (!isSound(each.file(), name)) {
                    damaged.add(name);
                }
            } catch (NoSuchFileException e) {
                // Removed meanwhile.
            } catch (IOException | Problem e) {
                unreadable.add(new SegmentFolder.Finding(each.file(), "it cannot be read and stays: " + e.getMessage()));
            }
        }
        return damaged;
    }

    private static boolean isSound(Path file, String name) throws Problem {
        try (Segment segment = Segment.open(file, SegmentLimits.DEFAULT)) {
            return segment.id().fileName().equals(name) && segment.check().isEmpty();
        } catch (Problem e) {
            if (e.kind() == Problem.Kind.MALFORMED || e.kind() == Problem.Kind.UNSUPPORTED) {
                return false;
            }
            throw e;
        }
    }

    /** Removes what killed writers left, where nobody else writes just now; how many files. */
    static int sweep(World world, Desk desk) throws Problem {
        int[] swept = new int[1];
        desk.ifMemoryIsIdle(() -> swept[0] = open(world, desk.memoryFolder()).sweep(true));
        return swept[0];
    }

    static List<Map<String, Object>> json(List<SegmentFolder.Finding> findings) {
        return findings.stream().map(f -> Json.object("file", f.file().toString(), "what", f.what())).toList();
    }

    /** A line for each finding on standard error. */
    static void note(World world, List<SegmentFolder.Finding> findings) {
        findings.forEach(f -> world.note(Style.safe(f.toString())));
    }
}
