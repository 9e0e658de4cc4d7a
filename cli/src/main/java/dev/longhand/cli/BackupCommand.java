package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.base.Version;
import dev.longhand.upkeep.Backup;
import dev.longhand.upkeep.Manifest;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand backup}. */
@Command(name = "backup",
        description = "Copy the books, the desks and the settings into a new folder, while everything goes on. What is not in it "
                + "is "
                + "said.",
        footer = {"  longhand backup", "  longhand backup /mnt/disk/longhand-monday", "  longhand backup --models --json"})
final class BackupCommand extends ReportCommand {
    @Parameters(paramLabel = "FOLDER", arity = "0..1",
            description = "A folder that does not exist; default backups/<date>-<time> in the data directory.")
    private Path folder;

    @Option(names = "--models", description = "Take the weights of models along; without it they are listed, to be pulled again.")
    private boolean withModels;

    @Option(names = "--without-database",
            description = "Leave the books out. Needed where they are in PostgreSQL, which has its own backups.")
    private boolean withoutDatabase;

    BackupCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Backup backup = new Backup(UpkeepView.site(world), UpkeepView.watcher(world));
        Backup.Done done = backup.run(folder == null ? backup.defaultTarget() : folder,
                new Backup.Options(withModels, withoutDatabase, Version.number()));
        Manifest manifest = done.manifest();
        if (isJson) {
            Map<String, Object> report = UpkeepView.json(manifest);
            report.put("folder", done.folder().toString());
            Json.print(world.out(), report);
        } else {
            world.out().println("backed up to " + Style.safe(done.folder().toString()) + ": " + Units.count(manifest.files().size())
                    + " files, " + Units.bytes(manifest.bytes()));
            manifest.leftOut().forEach(l -> world.out().println("not in it: " + Style.safe(l.what() + ": " + l.why())));
        }
        return ExitCodes.OK;
    }
}
