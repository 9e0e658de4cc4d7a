package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A model on its way: found (or fetched) at once, its weights loaded on another thread while the command does something else.
 *
 * <p>Closed by the command; closing waits for a load that still runs. Thread-safe.
 */
final class Loading implements AutoCloseable {
    private static final long POLL_MS = 50;

    private final World world;
    private final InstalledModel installed;
    private final FutureTask<LocalModel> task;

    private Loading(World world, InstalledModel installed, FutureTask<LocalModel> task) {
        this.world = world;
        this.installed = installed;
        this.task = task;
    }

    /** Finds the model, fetching it if need be, and begins to load it. */
    static Loading start(World world, ModelFlags flags, Config config) throws Problem {
        Models models = Models.open(world.home(), world.environment());
        ModelReference reference = flags.reference(config, models);
        EngineOptions options = flags.engineOptions(config);
        InstalledModel installed = PullCommand.pull(world, models, reference, flags.isOffline);
        Trace.mark("model found");
        if (options.memoryBytesMax() > 0) {
            foretell(world, installed, options);
        }
        FutureTask<LocalModel> task = new FutureTask<>(() -> {
            LocalModel model = LocalModel.open(installed.file(), installed.name(), installed.digest().hex(), options,
                    world.clock());
            Trace.mark("model loaded");
            return model;
        });
        Thread.ofPlatform().daemon().name("longhand-load").start(task);
        return new Loading(world, installed, task);
    }

    /** With a memory limit, a line on how fast the model will be, before it is loaded. */
    private static void foretell(World world, InstalledModel installed, EngineOptions options) throws Problem {
        int threads = options.threads() > 0 ? options.threads() : Math.min(16, Runtime.getRuntime().availableProcessors());
        try (Kernels kernels = KernelsFactory.open(options.tier().orElse(null), threads).kernels()) {
            Forecast forecast = Forecast.of(installed.file(), kernels, options, Integer.MAX_VALUE, world.clock());
            world.note(world.noteStyle().dim(installed.name() + ": " + forecast.line()));
        }
    }

    InstalledModel installed() {
        return installed;
    }

    /** The model, once it is loaded; a Ctrl-C ends the wait. */
    LocalModel model() throws Problem {
        while (true) {
            world.interrupts().check();
            try {
                return task.get(POLL_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // Look at Ctrl-C and wait on.
            } catch (InterruptedException e) {
                throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Problem problem) {
                    throw problem;
                }
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw new IllegalStateException("loading " + installed.file() + " failed", e.getCause());
            }
        }
    }

    @Override
    public void close() {
        try {
            task.get().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            // Nothing was opened; whoever waited for the model has been told.
        }
    }
}
