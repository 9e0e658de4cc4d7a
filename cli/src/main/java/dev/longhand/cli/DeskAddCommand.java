package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.Refresh;
import dev.longhand.desk.RememberListener;
import dev.longhand.memory.SegmentFolder;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand desk add PATH}: reads documents, and has the model read them. */
@Command(name = "add",
        description = "Read a folder, and have the model read its documents, so that questions attach them at once. What is "
                + "stopped goes on with the same command; only what changed is read again.",
        footer = {"  longhand desk add ./docs", "  longhand desk add ~/papers --desk papers -m smollm2 --quota 20G",
            "  longhand desk add . --json"})
final class DeskAddCommand extends ReportCommand {
    @Parameters(paramLabel = "PATH", description = "A folder, a repository or one file.")
    private String path;

    @Option(names = "--desk", paramLabel = "NAME", description = "Name of the desk (default: derived from PATH).")
    private String deskName;

    @Option(names = "--quota", paramLabel = "BYTES",
            description = "Disk that the desk's attention memory may take, such as 20G (default: 32 GiB).")
    private String quota;

    @Mixin
    private ModelFlags modelFlags;

    DeskAddCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        long startNanos = world.clock().nanos();
        Config config = Config.read(world);
        long bytesMax = quota == null ? DeskMemory.BYTES_MAX : ModelFlags.bytes("--quota", quota);
        if (!modelFlags.keepsDocuments(config)) {
            throw new Problem(Problem.Kind.USAGE, "documents are kept with --kv q8_0 only; leave --kv out");
        }
        try (Desk desk = DeskCommand.desks(world).forFolder(root(), deskName);
                OpenBooks books = OpenBooks.start(world, config);
                Loading loading = Loading.startCalibrated(world, modelFlags, config, books, false)) {
            Refresh refresh = new DeskReading(world, books).refresh(desk);
            world.note(world.noteStyle().dim(Style.safe(AskPage.deskLine(desk.name(), refresh))));
            Remembering.Done done = new Remembering(world, books, loading).run(desk, bytesMax);
            report(desk, refresh, done, world.clock().secondsSince(startNanos));
            return ExitCodes.OK;
        }
    }

    private Path root() throws Problem {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) {
            throw new Problem(Problem.Kind.USAGE, "\"" + Style.safe(path) + "\" is no path: " + e.getReason(), e);
        }
    }

    private void report(Desk desk, Refresh refresh, Remembering.Done done, double seconds) throws Problem {
        RememberListener.Progress progress = done.progress();
        SegmentFolder segments = DeskSegments.open(world, desk.memoryFolder());
        long bytes = segments.bytes();
        if (isJson) {
            Json.print(world.out(), Json.object("desk", desk.name(), "root", desk.root().toString(), "job", done.job(),
                    "documents", progress.documentsAll(), "added", refresh.added(), "changed", refresh.changed(),
                    "unchanged", refresh.unchanged(), "removed", refresh.removed(), "tokens", progress.tokensAll(),
                    "readTokens", progress.tokensRead(), "tokensPerSecond", progress.tokensPerSecond(),
                    "segments", segments.list().size(), "forgotten", done.forgotten(), "memoryBytes", bytes,
                    "notes", done.notes(), "seconds", seconds));
            return;
        }
        world.out().println(Style.safe(desk.name() + ": " + Units.count(progress.documentsAll()) + " documents, "
                + Units.count(progress.tokensAll()) + " tokens remembered, " + Units.bytes(bytes) + " on disk"));
        world.out().println(progress.tokensRead() == 0 ? "nothing had to be read"
                : String.format(Locale.ROOT, "%s tokens read in %s, %.0f tokens/s", Units.count(progress.tokensRead()),
                        Units.seconds(seconds), progress.tokensPerSecond()));
        if (done.forgotten() > 0) {
            world.out().println("the memory of what is gone was removed: " + Units.count(done.forgotten()) + " parts");
        }
    }
}
