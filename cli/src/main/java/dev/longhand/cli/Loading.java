package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.ProcFile;
import dev.longhand.base.Units;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.engine.AttachCounters;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.Limits;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.memory.Fingerprint;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * A model on its way: found (or fetched) at once, its weights loaded on another thread while the command does something else. What
 * works with it gets it {@linkplain #metered metered}. Closed by the command; closing waits for a load that still runs.
 * Thread-safe.
 */
final class Loading implements AutoCloseable {
    private final InstalledModel installed;
    private final Later<LocalModel> model;

    private Loading(InstalledModel installed, Later<LocalModel> model) {
        this.installed = installed;
        this.model = model;
    }

    /** Finds the model, fetching it if need be, and begins to load it. */
    static Loading start(World world, ModelFlags flags, Config config) throws Problem {
        return start(world, flags, config, flags.engineOptions(config));
    }

    /** As above, for a desk: so that documents can be attached, where nobody asked for keys and values that do not allow it. */
    static Loading startForDesk(World world, ModelFlags flags, Config config) throws Problem {
        return startForDesk(world, flags, config, LookupOptions.DEFAULT);
    }

    static Loading startForDesk(World world, ModelFlags flags, Config config, LookupOptions lookup) throws Problem {
        EngineOptions options = flags.engineOptions(config);
        return start(world, flags, config, flags.keepsDocuments(config) ? options.withLookup(lookup) : options);
    }

    /**
     * Several models for a server, each with its share of memory; begins to load all of them.
     *
     * @param flags  of each, with its name
     * @param limits of what each takes on
     */
    static List<Loading> startAll(World world, List<ModelFlags> flags, Config config, Limits limits) throws Problem {
        Models models = Models.open(world.home(), world.environment());
        List<InstalledModel> installed = new ArrayList<>();
        for (ModelFlags each : flags) {
            installed.add(PullCommand.pull(world, models, each.reference(config, models), each.isOffline));
        }
        ModelFlags first = flags.getFirst();
        EngineOptions plain = first.engineOptions(config).withLimits(limits);
        EngineOptions alone = first.keepsDocuments(config) ? plain.withLookup(LookupOptions.DEFAULT) : plain;
        List<EngineOptions> options = MemoryShares.of(alone, installed.stream().map(InstalledModel::sizeBytes).toList(),
                ProcFile.availableBytes().orElse(Long.MAX_VALUE));
        List<Loading> loadings = new ArrayList<>();
        try {
            for (int i = 0; i < installed.size(); i++) {
                loadings.add(begun(world, installed.get(i), options.get(i)));
            }
            return loadings;
        } catch (Problem | RuntimeException e) {
            loadings.forEach(Loading::close);
            throw e;
        }
    }

    /** As for a desk, with a model that was calibrated, now if need be. */
    static Loading startCalibrated(World world, ModelFlags flags, Config config, OpenBooks books, boolean isAnew) throws Problem {
        EngineOptions options = flags.engineOptions(config).withLookup(LookupOptions.DEFAULT);
        Models models = Models.open(world.home(), world.environment());
        InstalledModel installed = PullCommand.pull(world, models, flags.reference(config, models), flags.isOffline);
        return new Loading(installed, Later.of(world, "loading " + installed.file(), () -> {
            LocalModel model = open(world, installed, options);
            boolean isChanged;
            try {
                isChanged = Calibrating.run(world, books, installed, model, isAnew);
            } catch (Problem | RuntimeException e) {
                model.close();
                throw e;
            }
            if (!isChanged) {
                return model;
            }
            model.close();
            return open(world, installed, options);
        }));
    }

    private static LocalModel open(World world, InstalledModel installed, EngineOptions options) throws Problem {
        return LocalModel.open(installed.file(), installed.name(), installed.digest().hex(), options, world.clock());
    }

    private static Loading start(World world, ModelFlags flags, Config config, EngineOptions options) throws Problem {
        Models models = Models.open(world.home(), world.environment());
        ModelReference reference = flags.reference(config, models);
        InstalledModel installed = PullCommand.pull(world, models, reference, flags.isOffline);
        Trace.mark("model found");
        return begun(world, installed, options);
    }

    private static Loading begun(World world, InstalledModel installed, EngineOptions options) throws Problem {
        if (options.memoryBytesMax() > 0) {
            foretell(world, installed, options);
        }
        return new Loading(installed, Later.of(world, "loading " + installed.file(), () -> {
            LocalModel model = open(world, installed, options);
            Trace.mark("model loaded");
            return model;
        }));
    }

    /** With a memory limit, a line on how fast the model will be, before it is loaded. */
    private static void foretell(World world, InstalledModel installed, EngineOptions options) throws Problem {
        int threads = options.threads() > 0 ? options.threads() : Math.min(16, Runtime.getRuntime().availableProcessors());
        try (Kernels kernels = KernelsFactory.open(options.tier().orElse(null), threads).kernels()) {
            Forecast forecast = Forecast.of(installed.file(), kernels, options, Integer.MAX_VALUE, world.clock());
            world.note(world.noteStyle().dim(installed.name() + ": " + forecast.line()));
        }
    }

    /** What the model is, once it is loaded; a Ctrl-C ends the wait. */
    ModelFacts facts() throws Problem {
        return ModelFacts.of(installed, model.get());
    }

    /** The model with every call booked, once it is loaded: what commands work with. */
    MeteredModel metered(OpenBooks books, String purpose, String desk) throws Problem {
        return books.books().meter(model.get(), books.payer(purpose, desk));
    }

    /** The model itself, which books nothing: for measuring. */
    LocalModel local() throws Problem {
        return model.get();
    }

    /** For jobs, which book for themselves: this model, whatever name is asked for. */
    GenerateJob.Models forJobs() {
        return name -> model.get();
    }

    /** {@code "96 MB of weights and up to 4.3 GB of attention memory"}. */
    String memory() throws Problem {
        return "%s of weights and up to %s of attention memory".formatted(Units.bytes(model.get().weightBytes()),
                Units.bytes(model.get().pool().limits().kvBytesMax()));
    }

    /** How documents were attached; nothing where none can be. */
    Optional<AttachCounters> attachCounters() throws Problem {
        return model.get().attachCounters();
    }

    /** Heads that are looked up by precise keys. */
    BitSet sensitiveHeads() throws Problem {
        return model.get().sensitiveHeads();
    }

    /** What attention memory of this model depends on beside tokens. */
    Fingerprint memoryFingerprint() throws Problem {
        return model.get().memoryFingerprint();
    }

    @Override
    public void close() {
        model.close();
    }
}
