package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.upkeep.Restore;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand restore}. */
@Command(name = "restore",
        description = "Bring a backup back into the data directory. It is verified before anything is changed, and the result "
                + "after. "
                + "If it is interrupted, run the same again: it is completed.",
        footer = {"  longhand restore ~/.longhand/backups/20250131-093000", "  longhand restore /mnt/disk/longhand-monday "
                + "--replace",
            "  LONGHAND_HOME=~/second longhand restore /mnt/disk/longhand-monday --json"})
final class RestoreCommand extends ReportCommand {
    @Parameters(paramLabel = "BACKUP", description = "A folder that 'longhand backup' wrote.")
    private Path backup;

    @Option(names = "--replace",
            description = "Put what is in the data directory aside, in a folder before-<date>-<time> of it. Nothing is deleted.")
    private boolean mayReplace;

    RestoreCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Restore.Done done = new Restore(UpkeepView.filesOnly(world), UpkeepView.watcher(world)).run(backup, mayReplace);
        String aside = done.aside().map(Path::toString).orElse("");
        if (isJson) {
            Map<String, Object> report = UpkeepView.json(done.manifest());
            report.put("aside", aside.isEmpty() ? null : aside);
            report.put("result", UpkeepView.json(done.report()));
            Json.print(world.out(), report);
        } else {
            world.out().println("restored the backup of " + done.manifest().at() + ": "
                    + Units.count(done.manifest().files().size()) + " files, " + Units.bytes(done.manifest().bytes()));
            if (!aside.isEmpty()) {
                world.out().println("what was there before is in " + Style.safe(aside));
            }
            UpkeepView.print(done.report(), world);
        }
        return UpkeepView.code(done.report());
    }
}
