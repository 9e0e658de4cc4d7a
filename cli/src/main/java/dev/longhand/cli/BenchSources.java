package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.BenchModels;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Where the models of a bench come from: its own, the installed ones, the network. */
final class BenchSources {
    @Option(names = "--offline", description = "Make no network request.")
    private boolean isOffline;

    /** The file of a model by reference: made here if it is one of the benches' own, else fetched if it is not there. */
    Path file(World world, String reference) throws Problem {
        if (!BenchModels.isKnown(reference)) {
            return installed(world, List.of(reference)).getFirst().file();
        }
        BenchModels own = new BenchModels(world.environment());
        if (!own.file(reference).toFile().exists()) {
            world.note("writing " + own.file(reference));
        }
        return own.make(reference, () -> file(world, "smollm2"));
    }

    /** Installed models, the default one without references; what is not there is fetched. */
    List<InstalledModel> installed(World world, List<String> references) throws Problem {
        Models models = Models.open(world.home(), world.environment());
        Config config = Config.read(world);
        List<ModelReference> asked = new ArrayList<>();
        for (String each : references) {
            asked.add(ModelReference.parse(each));
        }
        if (asked.isEmpty()) {
            asked.add(ModelFlags.reference(config, null, models.catalogue()));
        }
        List<InstalledModel> installed = new ArrayList<>();
        for (ModelReference each : asked) {
            installed.add(PullCommand.pull(world, models, each, isOffline));
        }
        return installed;
    }
}
