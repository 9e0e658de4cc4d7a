package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand show [REF]}. */
@Command(name = "show", description = "Show an installed model: architecture, size, element types, chat template, licence.",
        footer = {"  longhand show smollm2", "  longhand show smollm2 --metadata", "  longhand show ./model.gguf --json"})
final class ShowCommand extends ReportCommand {
    @Parameters(arity = "0..1", paramLabel = "REF",
            description = "As 'longhand ls' shows it, or a .gguf file (default: the model that ask uses).")
    private String reference;

    @Option(names = "--metadata", description = "Show every key of the file.")
    private boolean wantsMetadata;

    ShowCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Models models = Models.open(world.home(), world.environment());
        ModelReference asked = ModelFlags.reference(Config.read(world), reference, models.catalogue());
        InstalledModel model = installed(models, asked);
        FileSummary file = FileSummary.read(model.file());
        if (isJson) {
            Json.print(world.out(), json(model, file));
        } else {
            print(model, file);
        }
        return ExitCodes.OK;
    }

    /** An installed model; a file of the person's own is registered first, which needs no network. */
    static InstalledModel installed(Models models, ModelReference asked) throws Problem {
        if (asked instanceof ModelReference.LocalFile) {
            return models.pull(asked, new dev.longhand.catalog.PullOptions(true), dev.longhand.catalog.Progress.SILENT);
        }
        return models.find(asked).orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND,
                "%s is not installed; 'longhand ls' shows what is, 'longhand pull %s' fetches it".formatted(asked.text(),
                asked.text())));
    }

    private void print(InstalledModel model, FileSummary file) {
        row("model", model.name() + (file.title().isEmpty() || file.title().equals(model.name()) ? "" : " (" + file.title() + ")"));
        row("file", model.file() + ", " + Units.bytes(model.sizeBytes()));
        row("sha-256", model.digest().hex());
        row("from", model.origin());
        row("licence", model.licence().isEmpty() ? file.metadata().getOrDefault("general.license", "not stated") : model.licence());
        row("architecture", file.architecture() + ", " + Units.count(file.parameters()) + " parameters");
        row("context", file.contextTokens() > 0 ? Units.count(file.contextTokens()) + " tokens" : "not stated");
        row("chat template", file.hasChat() ? "yes" : "no: a base model, which continues text");
        file.types().forEach((type, share) -> row("tensors " + type,
                share.tensors() + " with " + Units.count(share.elements()) + " elements, " + Units.bytes(share.bytes())));
        if (wantsMetadata) {
            world.out().println();
            file.metadata().forEach((key, value) -> world.out().println(Style.safe(key + " = " + value.replace("\n", "\\n"))));
        }
    }

    private void row(String name, String value) {
        world.out().println(world.style().bold(String.format("%-15s", name)) + " " + Style.safe(value));
    }

    private static Map<String, Object> json(InstalledModel model, FileSummary file) {
        Map<String, Object> report = ListCommand.json(model);
        List<Map<String, Object>> types = new ArrayList<>();
        file.types().forEach((type, share) -> types.add(Json.object("type", type.name(), "tensors", share.tensors(),
                "elements", share.elements(), "bytes", share.bytes())));
        report.put("title", file.title());
        report.put("architecture", file.architecture());
        report.put("parameters", file.parameters());
        report.put("contextTokens", file.contextTokens());
        report.put("hasChatTemplate", file.hasChat());
        report.put("elementTypes", types);
        report.put("metadata", file.metadata());
        return report;
    }
}
