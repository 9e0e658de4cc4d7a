package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.DeskInfo;
import dev.longhand.desk.DeskPage;
import dev.longhand.desk.Desks;
import dev.longhand.ingest.Findings;
import dev.longhand.ingest.Skip;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand desk}: what has been read. */
@Command(name = "desk", description = "Add, list, show, look after and remove desks: what Longhand has read of your folders.",
        footer = {"  longhand desk add ./docs", "  longhand desk ls", "  longhand desk show docs-1a2b3c4d",
            "  longhand desk rm docs-1a2b3c4d"})
final class DeskCommand extends CliCommand {
    DeskCommand(World world) {
        super(world);
    }

    /** The parser of this verb with its own verbs. */
    static CommandLine line(World world) {
        return new CommandLine(new DeskCommand(world))
                .addSubcommand("add", new DeskAddCommand(world))
                .addSubcommand("ls", new ListDesks(world))
                .addSubcommand("show", new ShowDesk(world))
                .addSubcommand("map", new DeskMemoryCommands.MapDesk(world))
                .addSubcommand("verify", new DeskMemoryCommands.VerifyDesk(world))
                .addSubcommand("compact", new DeskMemoryCommands.CompactDesk(world))
                .addSubcommand("export", new DeskMemoryCommands.ExportDesk(world))
                .addSubcommand("import", new DeskMemoryCommands.ImportDesk(world))
                .addSubcommand("calibrate", new DeskCalibrate(world))
                .addSubcommand("rm", new RemoveDesk(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE,
                "desk needs one of add, ls, show, map, verify, compact, export, import, calibrate, rm; see 'longhand desk --help'");
    }

    static Desks desks(World world) {
        return new Desks(world.home(), Disk.REAL, world.clock());
    }

    private static Map<String, Object> json(DeskInfo info) {
        return Json.object("name", info.name(), "root", info.root(), "commit", info.commit().isEmpty() ? null : info.commit(),
                "pages", info.pages(), "documents", info.documents(), "passages", info.passages(),
                "diskBytes", info.diskBytes(), "readAt",
                info.isWhole() ? info.readAt().toString() : null, "skipped", info.skips().size(),
                "trouble", info.trouble().isEmpty() ? null : info.trouble());
    }

    /** Counts by reason, for one line: {@code "3 binary, 1 symbolic link"}. */
    static String reasons(List<Skip> skips) {
        Map<String, Long> counts = skips.stream().collect(Collectors.groupingBy(s -> s.reason().label(), TreeMap::new,
                Collectors.counting()));
        return counts.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "));
    }

    private static String read(DeskInfo info) {
        return !info.trouble().isEmpty() ? "damaged" : info.isWhole() ? info.readAt().toString().substring(0, 16) + "Z" : "in part";
    }

    static Map<String, Object> json(Skip skip) {
        return Json.object("path", skip.path(), "reason", skip.reason().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'),
                "detail", skip.detail());
    }

    @Command(name = "ls", description = "List the desks.", footer = {"  longhand desk ls", "  longhand desk ls --json"})
    static final class ListDesks extends ReportCommand {
        ListDesks(World world) {
            super(world);
        }

        @Override
        public Integer call() throws Problem {
            List<DeskInfo> infos = desks(world).list();
            if (isJson) {
                Json.print(world.out(), Json.object("desks", infos.stream().map(i -> json(i)).toList()));
            } else if (infos.isEmpty()) {
                world.out().println("There is no desk yet; 'longhand ask FOLDER QUESTION' or 'longhand desk add SOURCE' makes "
                        + "one.");
            } else {
                Table table = new Table("DESK", "DOCUMENTS", "PASSAGES", "DISK", "READ", "SOURCE");
                infos.forEach(i -> table.row(i.name(), Units.count(i.documents()), Units.count(i.passages()),
                        Units.bytes(i.diskBytes()), read(i), Style.safe(i.root())));
                table.print(world);
            }
            return ExitCodes.OK;
        }
    }

    @Command(name = "show", description = "Show one desk: what was read and what was left out, with reasons.",
            footer = {"  longhand desk show docs-1a2b3c4d", "  longhand desk show docs-1a2b3c4d --json"})
    static final class ShowDesk extends ReportCommand {
        private static final int SKIPS_SHOWN = 20;
        private static final int COMMIT_DIGITS = 12;

        @Parameters(paramLabel = "NAME", description = "As 'longhand desk ls' shows it.")
        private String name;

        @Option(names = "--all", description = "Show all that was left out, found and fetched, not only the first 20.")
        private boolean wantsAll;

        ShowDesk(World world) {
            super(world);
        }

        @Override
        public Integer call() throws Problem {
            DeskInfo info = desks(world).show(name);
            Findings findings = desks(world).findings(name);
            List<DeskPage> pages = info.trouble().isEmpty() ? desks(world).pages(name) : List.of();
            if (isJson) {
                Map<String, Object> report = json(info);
                report.put("skips", info.skips().stream().map(s -> json(s)).toList());
                report.put("findings", FindingsView.json(findings));
                report.put("fetched", pages.stream().map(p -> Json.object("address", p.address(), "at", p.fetchedAt().toString(),
                        "sha256", p.sha256(), "isCurrent", p.isCurrent())).toList());
                Json.print(world.out(), report);
                return ExitCodes.OK;
            }
            world.out().println(Style.safe(info.name() + ": " + info.root()
                    + (info.commit().isEmpty() ? "" : ", commit " + info.commit().substring(0, COMMIT_DIGITS))));
            world.out().println(Units.count(info.documents()) + " documents, " + Units.count(info.passages()) + " passages, "
                    + Units.bytes(info.diskBytes()) + " on disk, " + (info.isWhole() ? "read " + info.readAt()
                    : "read in part; the next question goes on"));
            if (!info.trouble().isEmpty()) {
                world.out().println("damaged: " + Style.safe(info.trouble()) + "; to read it again: longhand desk add "
                        + (info.pages() > 0 ? info.name() + ", or, if it reads files too, longhand desk add " : "")
                        + "SOURCE --desk " + info.name());
            }
            if (!info.skips().isEmpty()) {
                world.out().println("left out: " + reasons(info.skips()));
                int shown = wantsAll ? info.skips().size() : Math.min(SKIPS_SHOWN, info.skips().size());
                info.skips().subList(0, shown).forEach(s -> world.out().println("  " + Style.safe(s.toString())));
                if (shown < info.skips().size()) {
                    world.out().println("  and " + (info.skips().size() - shown) + " more; --all shows them");
                }
            }
            FindingsView.print(world, findings, wantsAll ? Integer.MAX_VALUE : SKIPS_SHOWN, "--all shows them");
            fetched(pages);
            return ExitCodes.OK;
        }

        private void fetched(List<DeskPage> pages) {
            if (pages.isEmpty()) {
                return;
            }
            world.out().println("fetched and kept: " + Units.count(pages.stream().filter(DeskPage::isCurrent).count()) + " pages");
            int shown = wantsAll ? pages.size() : Math.min(SKIPS_SHOWN, pages.size());
            pages.subList(0, shown).forEach(p -> world.out().println(Style.safe("  " + p.address() + ", "
                    + p.fetchedAt().toString().substring(0, 16) + "Z" + (p.isCurrent() ? "" : ", answered otherwise since"))));
            if (shown < pages.size()) {
                world.out().println("  and " + (pages.size() - shown) + " more; --all shows them");
            }
        }
    }

    @Command(name = "rm", description = "Forget what was read, and the files that were handed to the desk. Documents that lie "
            + "elsewhere are not touched.",
            footer = {"  longhand desk rm docs-1a2b3c4d", "  longhand desk rm docs-1a2b3c4d --json"})
    static final class RemoveDesk extends ReportCommand {
        @Parameters(paramLabel = "NAME", description = "As 'longhand desk ls' shows it.")
        private String name;

        RemoveDesk(World world) {
            super(world);
        }

        @Override
        public Integer call() throws Problem {
            boolean hadPages = desks(world).has(name) && desks(world).show(name).pages() > 0;
            desks(world).remove(name);
            if (isJson) {
                Json.print(world.out(), Json.object("removed", name));
            } else {
                world.out().println("removed desk " + name + "; the documents were not touched"
                        + (hadPages ? ", but the pages that were kept in it are gone" : ""));
            }
            return ExitCodes.OK;
        }
    }
}
