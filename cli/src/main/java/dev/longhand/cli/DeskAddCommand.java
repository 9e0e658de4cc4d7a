package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.DeskSource;
import dev.longhand.desk.Desks;
import dev.longhand.desk.Refresh;
import dev.longhand.desk.RememberListener;
import dev.longhand.memory.SegmentFolder;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand desk add SOURCE...}: reads documents, and has the model read them. */
@Command(name = "add",
        description = "Read a folder, a file, an archive, a git repository at a revision or pages of the web, and have the "
                + "model read the documents, so that questions attach them at once. What is stopped goes on with the same "
                + "command; only what changed is read again.",
        footer = {"  longhand desk add ./docs", "  longhand desk add ~/papers --desk papers -m smollm2 --quota 20G",
            "  longhand desk add ~/code/tool.git --revision v1.2", "  longhand desk add ~/code/tool@main",
            "  longhand desk add release.tar.gz", "  longhand desk add https://docs.example.org/guide.html --desk guide",
            "  longhand desk add papers", "  longhand desk add . --json"})
final class DeskAddCommand extends ReportCommand {
    @Parameters(paramLabel = "SOURCE", arity = "1..*",
            description = "A folder, a file, an archive, REPOSITORY@REVISION, or addresses of pages; or the name of a desk, to "
                    + "read what changed and to fetch its pages again.")
    private List<String> sources;

    @Option(names = "--revision", paramLabel = "REV",
            description = "Read the git repository SOURCE at this branch, tag or commit instead of its folder.")
    private String revision;

    @Option(names = "--desk", paramLabel = "NAME", description = "Name of the desk (default: derived from SOURCE).")
    private String deskName;

    @Option(names = "--quota", paramLabel = "BYTES",
            description = "Disk that the desk's attention memory may take, such as 20G (default: 32 GiB).")
    private String quota;

    @Mixin
    private ModelFlags modelFlags;

    DeskAddCommand(World world) {
        super(world);
    }

    /** What came of it. */
    private record Added(Refresh refresh, Desk.FetchReport fetched, Remembering.Done done, double seconds) {}

    @Override
    public Integer call() throws Problem {
        long startNanos = world.clock().nanos();
        Config config = Config.read(world);
        long bytesMax = quota == null ? DeskMemory.BYTES_MAX : ModelFlags.bytes("--quota", quota);
        if (!modelFlags.keepsDocuments(config)) {
            throw new Problem(Problem.Kind.USAGE, "documents are kept with --kv q8_0 only; leave --kv out");
        }
        Fetching fetching = Fetching.of(world, config, modelFlags.isOffline);
        List<URI> addresses = addresses();
        fetching.check(addresses);
        LiveServer.noteUnused(world);
        try (Desk desk = desk(addresses);
                OpenBooks books = OpenBooks.start(world, config);
                Loading loading = Loading.startCalibrated(world, modelFlags, config, books, false)) {
            Desk.FetchReport fetched = !addresses.isEmpty() ? fetching.run(desk, addresses)
                    : sources.equals(List.of(desk.name())) ? fetching.again(desk)
                    : new Desk.FetchReport(0, 0, 0, List.of());
            Refresh refresh = new DeskReading(world, books).refresh(desk);
            world.note(world.noteStyle().dim(Style.safe(AskPage.deskLine(desk.name(), refresh))));
            DeskSegments.sweep(world, desk);
            Remembering.Done done = new Remembering(world, books, loading).run(desk, bytesMax);
            report(desk, new Added(refresh, fetched, done, world.clock().secondsSince(startNanos)));
            return ExitCodes.OK;
        }
    }

    private List<URI> addresses() throws Problem {
        List<URI> addresses = new ArrayList<>();
        for (String each : sources) {
            if (DeskNamed.isAddress(each)) {
                addresses.add(DeskNamed.address(each));
            }
        }
        if (sources.size() - addresses.size() > 1) {
            List<String> others = sources.stream().filter(s -> !DeskNamed.isAddress(s)).toList();
            throw new Problem(Problem.Kind.USAGE, Style.safe("a desk reads one folder, file, archive or repository, "
                    + "beside pages of the web; make a desk each of %s and %s".formatted(others.get(0), others.get(1))));
        }
        if (revision != null && addresses.size() == sources.size()) {
            throw new Problem(Problem.Kind.USAGE, "--revision is of a git repository on this disk; clone it first");
        }
        return addresses;
    }

    /** Pages go to the desk that is named, whatever else it reads. */
    private Desk desk(List<URI> addresses) throws Problem {
        Desks desks = DeskCommand.desks(world);
        for (String each : sources) {
            if (!DeskNamed.isAddress(each)) {
                return DeskNamed.open(desks, each, revision, deskName);
            }
        }
        String name = deskName == null ? DeskNamed.nameOf(addresses.getFirst()) : deskName;
        return desks.has(name) ? desks.open(name) : desks.forSource(new DeskSource.Kept(), name);
    }

    private void report(Desk desk, Added added) throws Problem {
        RememberListener.Progress progress = added.done.progress();
        SegmentFolder segments = DeskSegments.open(world, desk.memoryFolder());
        long bytes = segments.bytes();
        Refresh refresh = added.refresh;
        if (isJson) {
            Json.print(world.out(), Json.object("desk", desk.name(), "root", desk.source().shown(),
                    "commit", desk.commit().isEmpty() ? null : desk.commit(), "job", added.done.job(),
                    "documents", progress.documentsAll(), "added", refresh.added(), "changed", refresh.changed(),
                    "unchanged", refresh.unchanged(), "removed", refresh.removed(),
                    "fetched", Json.object("added", added.fetched.added(), "changed", added.fetched.changed(),
                            "unchanged", added.fetched.unchanged(), "failures", added.fetched.failures()),
                    "tokens", progress.tokensAll(), "readTokens", progress.tokensRead(),
                    "tokensPerSecond", progress.tokensPerSecond(), "segments", segments.list().size(),
                    "forgotten", added.done.forgotten(), "memoryBytes", bytes,
                    "skips", refresh.skips().stream().map(DeskCommand::json).toList(),
                    "findings", FindingsView.json(desk.findings()), "notes", added.done.notes(), "seconds", added.seconds));
            return;
        }
        world.out().println(Style.safe(desk.name() + ": " + Units.count(progress.documentsAll()) + " documents, "
                + Units.count(progress.tokensAll()) + " tokens remembered, " + Units.bytes(bytes) + " on disk"));
        world.out().println(progress.tokensRead() == 0 ? "nothing had to be read"
                : String.format(Locale.ROOT, "%s tokens read in %s, %.0f tokens/s; %s in all", Units.count(progress.tokensRead()),
                        Units.seconds(progress.secondsRead()), progress.tokensPerSecond(), Units.seconds(added.seconds)));
        if (added.done.forgotten() > 0) {
            world.out().println("the memory of what is gone was removed: " + Units.count(added.done.forgotten()) + " parts");
        }
        FindingsView.print(world, desk.findings(), FindingsView.FEW, "longhand desk show " + desk.name() + " --all");
    }
}
