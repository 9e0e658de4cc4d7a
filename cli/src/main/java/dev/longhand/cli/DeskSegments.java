package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentId;
import dev.longhand.memory.SegmentLimits;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

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

    /** Removes all segments but the {@code wanted} ones; how many. */
    static int forget(World world, Path folder, Set<String> wanted) throws Problem {
        return compact(world, folder, wanted).segments();
    }

    static SegmentFolder.Report compact(World world, Path folder, Set<String> wanted) throws Problem {
        return open(world, folder).compact(wanted.stream().map(id -> new SegmentId(new Sha256(id))).collect(Collectors.toSet()));
    }

    static List<Map<String, Object>> json(List<SegmentFolder.Finding> findings) {
        return findings.stream().map(f -> Json.object("file", f.file().toString(), "what", f.what())).toList();
    }

    /** A line for each finding on standard error. */
    static void note(World world, List<SegmentFolder.Finding> findings) {
        findings.forEach(f -> world.note(Style.safe(f.toString())));
    }
}
