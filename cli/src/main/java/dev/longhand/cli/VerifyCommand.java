package dev.longhand.cli;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.upkeep.Report;
import dev.longhand.upkeep.Site;
import dev.longhand.upkeep.Verify;
import dev.longhand.upkeep.Watcher;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand verify}. */
@Command(name = "verify",
        description = "Read a data directory or a backup from end to end and say what is wrong, and what to do. Changes nothing. "
                + "Exit "
                + "code 5 if something is wrong.",
        footer = {"  longhand verify", "  longhand verify --models", "  longhand verify /mnt/disk/longhand-monday --json"})
final class VerifyCommand extends ReportCommand {
    @Parameters(paramLabel = "FOLDER", arity = "0..1", description = "A backup or a data directory; default the data directory.")
    private Path folder;

    @Option(names = "--models", description = "Read the files of models too; those of a backup are always read.")
    private boolean readsModels;

    VerifyCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Watcher watcher = UpkeepView.watcher(world);
        Report report;
        if (folder != null && Verify.isBackup(folder)) {
            report = new Verify(UpkeepView.filesOnly(world), watcher).backup(folder);
        } else if (folder != null && Files.isDirectory(folder) && !Verify.isHome(folder)) {
            throw new Problem(Problem.Kind.NOT_FOUND, folder + " is neither a backup nor a data directory: it holds nothing of "
                    + "Longhand");
        } else {
            Site site = folder == null ? UpkeepView.site(world)
                    : UpkeepView.site(world, new Home(folder.toAbsolutePath().normalize()));
            report = new Verify(site, watcher).home(readsModels);
        }
        if (isJson) {
            Json.print(world.out(), UpkeepView.json(report));
        } else {
            UpkeepView.print(report, world);
        }
        return UpkeepView.code(report);
    }
}
