package dev.longhand.cli;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.store.StoreSetting;
import dev.longhand.upkeep.Finding;
import dev.longhand.upkeep.Manifest;
import dev.longhand.upkeep.Report;
import dev.longhand.upkeep.Site;
import dev.longhand.upkeep.Watcher;
import java.util.List;
import java.util.Map;

/** What backup, verify and restore share: the data directory they mean, how they are watched, how a report looks. */
final class UpkeepView {
    private UpkeepView() {}

    /** The data directory of this world, with the database that its settings name. */
    static Site site(World world) throws Problem {
        return Site.of(world.home(), OpenBooks.setting(world, Config.read(world)), world.environment());
    }

    /** Another data directory: its own settings hold there, and not those of this environment. */
    static Site site(World world, Home other) throws Problem {
        return site(new World(world.in(), world.out(), world.err(), world.terminals(), Map.of(), other, world.clock(),
                world.interrupts()));
    }

    /** The data directory with the file in it as its database, whatever its settings say or however broken they are. */
    static Site filesOnly(World world) {
        return Site.of(world.home(), new StoreSetting.Sqlite(world.home().database()), world.environment());
    }

    /** Lines and a status line on standard error; a Ctrl-C stops the work. */
    static Watcher watcher(World world) {
        StatusLine status = new StatusLine(world);
        return new Watcher() {
            @Override
            public void line(String line) {
                status.clear();
                world.note(Style.safe(line));
            }

            @Override
            public void advanced(String what, long doneBytes, long totalBytes) {
                if (doneBytes == totalBytes) {
                    status.clear();
                } else {
                    status.show(what + ": " + Units.bytes(doneBytes) + (totalBytes < 0 ? "" : " of " + Units.bytes(totalBytes)));
                }
            }

            @Override
            public boolean isCancelled() {
                return world.interrupts().isCancelled();
            }
        };
    }

    static Map<String, Object> json(Report report) {
        return Json.object("place", report.place().toString(), "isBackup", report.isBackup(), "isSound", report.isSound(),
                "looked", report.looked(), "notes", report.notes(), "findings", report.findings().stream().map(UpkeepView::json)
                .toList());
    }

    private static Map<String, Object> json(Finding finding) {
        return Json.object("what", finding.what(), "wrong", finding.wrong(), "todo", finding.todo());
    }

    static Map<String, Object> json(Manifest manifest) {
        List<Map<String, Object>> desks = manifest.desks().stream().map(d -> Json.object("name", d.name(), "root", d.root(),
                "generation", d.generation(), "documents", d.documents(), "passages", d.passages(), "isMade",
                d.isMade())).toList();
        List<Map<String, Object>> models = manifest.models().stream().map(m -> Json.object("name", m.name(), "sha256",
                m.digest().hex(), "bytes", m.bytes(), "isIncluded", m.isIncluded())).toList();
        List<Map<String, Object>> leftOut = manifest.leftOut().stream().map(l -> Json.object("what", l.what(), "why", l.why()))
                .toList();
        return Json.object("at", manifest.at().toString(), "longhand", manifest.longhand(), "books",
                manifest.books().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'), "desks", desks, "models", models,
                "files", manifest.files().size(), "bytes", manifest.bytes(), "leftOut", leftOut);
    }

    static void print(Report report, World world) {
        Style style = world.style();
        world.out().println(style.bold(Style.safe((report.isBackup() ? "backup " : "data directory ") + report.place())));
        report.looked().forEach(l -> world.out().println("  " + Style.safe(l)));
        report.notes().forEach(n -> world.out().println(style.dim("  note: " + Style.safe(n))));
        report.findings().forEach(f -> world.out().println("  wrong: " + Style.safe(f.toString())));
        int count = report.findings().size();
        world.out().println(count == 0 ? "Nothing is wrong." : count == 1 ? "One thing is wrong." : count + " things are wrong.");
    }

    /** Of a command that ends with a report. */
    static int code(Report report) {
        return report.isSound() ? ExitCodes.OK : Problem.Kind.MALFORMED.exitCode();
    }
}
