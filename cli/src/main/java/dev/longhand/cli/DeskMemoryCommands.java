package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskFiles;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.PartPlan;
import dev.longhand.memory.SegmentFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs of {@code longhand desk} that look after what models remember of documents. */
final class DeskMemoryCommands {
    private DeskMemoryCommands() {}

    /** A verb on one desk. */
    private abstract static class OnDesk extends ReportCommand {
        @Parameters(index = "0", paramLabel = "NAME", description = "As 'longhand desk ls' shows it.")
        private String name;

        OnDesk(World world) {
            super(world);
        }

        @Override
        public final Integer call() throws Problem {
            try (Desk desk = DeskCommand.desks(world).open(name)) {
                return run(desk, DeskSegments.open(world, desk.memoryFolder()));
            }
        }

        abstract int run(Desk desk, SegmentFolder segments) throws Problem;
    }

    @Command(name = "verify", description = "Read every byte of a desk and say what is wrong; changes nothing.",
            footer = {"  longhand desk verify docs-1a2b3c4d", "  longhand desk verify docs-1a2b3c4d --json"})
    static final class VerifyDesk extends OnDesk {
        VerifyDesk(World world) {
            super(world);
        }

        @Override
        int run(Desk desk, SegmentFolder segments) throws Problem {
            DeskFiles.Checked checked = new DeskFiles(desk.memoryFolder().getParent()).check();
            List<String> findings = checked.findings();
            SegmentFolder.Report report = segments.verify();
            boolean isSound = findings.isEmpty() && report.findings().isEmpty();
            if (isJson) {
                Json.print(world.out(), Json.object("desk", desk.name(), "isSound", isSound, "segments", report.segments(),
                        "bytes", report.bytes(), "findings", findings, "segmentFindings", DeskSegments.json(report.findings())));
                return isSound ? ExitCodes.OK : Problem.Kind.MALFORMED.exitCode();
            }
            world.out().println(Style.safe("%s: %s documents, %s passages, %s segments of %s".formatted(desk.name(),
                    Units.count(desk.documents()), Units.count(desk.passages()), Units.count(report.segments()),
                    Units.bytes(report.bytes()))));
            checked.readFindings().forEach(f -> world.out().println(Style.safe("wrong: " + f + "; the next question reads the "
                    + "documents again")));
            checked.pageFindings().forEach(f -> world.out().println(Style.safe("wrong: " + f + "; fetch the page again, or restore "
                    + "it from a backup")));
            report.findings().forEach(f -> world.out().println(Style.safe("wrong: " + f + "; its document is read again when it is "
                    + "needed, or at once by: longhand desk compact " + desk.name() + ", then longhand desk add "
                    + desk.name())));
            return isSound ? ExitCodes.OK : Problem.Kind.MALFORMED.exitCode();
        }
    }

    @Command(name = "compact",
            description = "Remove the memory of documents that the desk has no more, what is damaged, and what killed processes "
                    + "left.",
            footer = {"  longhand desk compact docs-1a2b3c4d", "  longhand desk compact docs-1a2b3c4d --archive",
                "  longhand desk compact docs-1a2b3c4d --json"})
    static final class CompactDesk extends OnDesk {
        @Option(names = "--archive", description = "Then keep what is left in three quarters of the room, values in 4 bits: "
                + "answers may change a little, and only reading a document again leads back.")
        private boolean wantsArchive;

        CompactDesk(World world) {
            super(world);
        }

        @Override
        int run(Desk desk, SegmentFolder segments) throws Problem {
            SegmentFolder.Report report = DeskSegments.compact(world, desk);
            DeskSegments.note(world, report.findings());
            Optional<SegmentFolder.Archived> archived = wantsArchive ? Optional.of(archive(segments)) : Optional.empty();
            archived.ifPresent(a -> DeskSegments.note(world, a.findings()));
            if (isJson) {
                Map<String, Object> said = Json.object("desk", desk.name(), "removed", report.segments(), "bytes", report.bytes(),
                        "findings", DeskSegments.json(report.findings()));
                archived.ifPresent(a -> said.put("archive", Json.object("segments", a.segments(), "before", a.before(), "after",
                        a.after(), "archived", a.archived(), "findings", DeskSegments.json(a.findings()))));
                Json.print(world.out(), said);
            } else {
                archived.ifPresent(a -> world.out().println("%s segments archived, %s before, %s now%s".formatted(
                        Units.count(a.segments()), Units.bytes(a.before()), Units.bytes(a.after()), a.archived() == 0 ? ""
                                : "; %s had been archived before".formatted(Units.count(a.archived())))));
                world.out().println("%s segments removed, %s freed, %s left".formatted(Units.count(report.segments()),
                        Units.bytes(report.bytes()), Units.bytes(segments.bytes())));
            }
            return ExitCodes.OK;
        }

        private SegmentFolder.Archived archive(SegmentFolder segments) throws Problem {
            world.note(world.noteStyle().dim("archiving: answers may change a little; what is read again is full again"));
            StatusLine line = new StatusLine(world);
            try {
                return segments.archive((done, of) -> line.show("%s of %s segments".formatted(Units.count(done), Units.count(of))));
            } finally {
                line.clear();
            }
        }
    }

    @Command(name = "export", description = "Copy a desk's segments into a folder, each checked on the way; no documents: "
                    + "'longhand backup' takes those that were handed to a desk.",
            footer = {"  longhand desk export docs-1a2b3c4d ./docs-memory",
                    "  longhand desk export docs-1a2b3c4d ./docs-memory --json"})
    static final class ExportDesk extends OnDesk {
        @Parameters(index = "1", paramLabel = "FOLDER", description = "Where to; made if it is not there.")
        private Path target;

        ExportDesk(World world) {
            super(world);
        }

        @Override
        int run(Desk desk, SegmentFolder segments) throws Problem {
            SegmentFolder.Report report = segments.exportTo(target.toAbsolutePath());
            if (new DeskFiles(desk.memoryFolder().getParent()).isMade()) {
                world.note(world.noteStyle().dim("the files that were handed to desk " + desk.name()
                        + " are not in it; 'longhand backup' takes them"));
            }
            return copied(world, isJson, desk, report, "copied to " + target);
        }
    }

    @Command(name = "import", description = "Take segments of the same model from a folder; those that do not belong are left out.",
            footer = {"  longhand desk import docs-1a2b3c4d ./docs-memory",
                "  longhand desk import docs-1a2b3c4d ./docs-memory -m smollm2 --json"})
    static final class ImportDesk extends OnDesk {
        @Parameters(index = "1", paramLabel = "FOLDER", description = "What 'longhand desk export' wrote.")
        private Path source;

        @Option(names = "--quota", paramLabel = "BYTES",
                description = "Disk that the desk's attention memory may take, such as 20G (default: 32 GiB).")
        private String quota;

        @Mixin
        private ModelFlags modelFlags;

        ImportDesk(World world) {
            super(world);
        }

        @Override
        int run(Desk desk, SegmentFolder segments) throws Problem {
            Config config = Config.read(world);
            long bytesMax = quota == null ? DeskMemory.BYTES_MAX : ModelFlags.bytes("--quota", quota);
            if (!modelFlags.keepsDocuments(config)) {
                throw new Problem(Problem.Kind.USAGE, "documents are kept with --kv q8_0 only; leave --kv out");
            }
            try (OpenBooks books = OpenBooks.start(world, config); Loading loading = Loading.startForDesk(world, modelFlags,
                    config)) {
                SegmentFolder.Report[] taken = new SegmentFolder.Report[1];
                int[] known = new int[1];
                desk.writeMemory(() -> { // until the desk knows whose they are: nobody may take them for left over
                    taken[0] = DeskSegments.open(world, desk.memoryFolder(), bytesMax).importFrom(source.toAbsolutePath(),
                            loading.memoryFingerprint());
                    try (DeskMemory memory = DeskMemory.open(desk, loading.metered(books, "read", desk.name()), PartPlan.DEFAULT,
                            bytesMax)) {
                        known[0] = memory.mapAll();
                    }
                });
                return copied(world, isJson, desk, taken[0], "taken; the model remembers " + Units.count(known[0])
                        + " parts of the desk's documents");
            }
        }
    }

    private static int copied(World world, boolean isJson, Desk desk, SegmentFolder.Report report, String what) {
        DeskSegments.note(world, report.findings());
        if (isJson) {
            Json.print(world.out(), Json.object("desk", desk.name(), "segments", report.segments(), "bytes", report.bytes(),
                    "findings", DeskSegments.json(report.findings())));
        } else {
            world.out().println(Style.safe("%s segments of %s %s".formatted(Units.count(report.segments()),
                    Units.bytes(report.bytes()), what)));
        }
        return ExitCodes.OK;
    }

    @Command(name = "map", description = "Show what a desk holds as a tree: folders, files, sizes, headings and symbols.",
            footer = {"  longhand desk map docs-1a2b3c4d", "  longhand desk map docs-1a2b3c4d --chars 1200 --json"})
    static final class MapDesk extends OnDesk {
        private static final int CHARS_MIN = 200;
        private static final int CHARS_MAX = 1 << 20;

        @Option(names = "--chars", paramLabel = "N", defaultValue = "8000",
                description = "Characters at most; what does not fit is summed up (default: 8000).")
        private int chars;

        MapDesk(World world) {
            super(world);
        }

        @Override
        int run(Desk desk, SegmentFolder segments) throws Problem {
            if (chars < CHARS_MIN || chars > CHARS_MAX) {
                throw new Problem(Problem.Kind.USAGE, "--chars is %d; it must lie in [%d, %d]".formatted(chars, CHARS_MIN,
                        CHARS_MAX));
            }
            String map = desk.map(chars);
            if (isJson) {
                Json.print(world.out(), Json.object("desk", desk.name(), "root", desk.source().shown(), "map", map));
            } else {
                world.out().println(Style.safe(map.stripTrailing()));
            }
            return ExitCodes.OK;
        }
    }
}
