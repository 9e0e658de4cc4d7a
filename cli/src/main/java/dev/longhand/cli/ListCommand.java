package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import dev.longhand.catalog.CatalogueEntry;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.Models;
import dev.longhand.catalog.PartialDownload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code longhand ls}. */
@Command(name = "ls", description = "List the models that are installed, and those that can be pulled by name.",
        footer = {"  longhand ls", "  longhand ls --json"})
final class ListCommand extends ReportCommand {
    private static final int DIGEST_SHOWN = 12;

    ListCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Models models = Models.open(world.home(), world.environment());
        List<InstalledModel> installed = models.list();
        List<CatalogueEntry> others = models.catalogue().entries().stream()
                .filter(e -> installed.stream().noneMatch(m -> m.name().equals(e.name()))).toList();
        if (isJson) {
            Json.print(world.out(), Json.object(
                    "models", installed.stream().map(ListCommand::json).toList(),
                    "partial", models.partials().stream().map(ListCommand::json).toList(),
                    "catalogue", others.stream().map(ListCommand::json).toList()));
            return ExitCodes.OK;
        }
        printInstalled(installed, models.partials());
        if (!others.isEmpty()) {
            Table table = new Table("CAN BE PULLED", "SIZE", "LICENCE", "ABOUT");
            others.forEach(e -> table.row(e.name(), Units.bytes(e.sizeBytes()), e.licence(), e.title() + ", " + e.quantisation()));
            world.out().println();
            table.print(world);
        }
        return ExitCodes.OK;
    }

    private void printInstalled(List<InstalledModel> installed, List<PartialDownload> partials) {
        if (installed.isEmpty()) {
            world.out().println("No model is installed; 'longhand ask' fetches the default one, or run 'longhand pull NAME'.");
        } else {
            Table table = new Table("INSTALLED", "SIZE", "SHA-256", "LICENCE", "FILE");
            installed.forEach(m -> table.row(m.name(), Units.bytes(m.sizeBytes()), m.digest().hex().substring(0, DIGEST_SHOWN),
                    m.licence(),
                    m.file().toString()));
            table.print(world);
        }
        for (PartialDownload each : partials) {
            world.out().println("unfinished: " + each.name() + ", " + Units.bytes(each.doneBytes())
                    + (each.totalBytes() < 0 ? "" : " of " + Units.bytes(each.totalBytes()))
                    + "; 'longhand pull' continues it, 'longhand rm' drops it");
        }
    }

    static Map<String, Object> json(InstalledModel model) {
        return Json.object("name", model.name(), "sha256", model.digest().hex(), "file", model.file().toString(),
                "bytes", model.sizeBytes(), "licence", model.licence(), "origin", model.origin(),
                "isReferenced", model.isReferenced(), "installedAt", model.installedAt().toString());
    }

    private static Map<String, Object> json(PartialDownload partial) {
        return Json.object("name", partial.name(), "file", partial.file().toString(), "doneBytes", partial.doneBytes(),
                "totalBytes", partial.totalBytes());
    }

    private static Map<String, Object> json(CatalogueEntry entry) {
        return Json.object("name", entry.name(), "aliases", new ArrayList<>(entry.aliases()), "title", entry.title(),
                "architecture", entry.architecture(), "quantisation", entry.quantisation(), "licence", entry.licence(),
                "bytes", entry.sizeBytes(), "sha256", entry.digest().map(Sha256::hex).orElse(null), "isDefault", entry.isDefault());
    }
}
