package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.MeteredModel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A model on its way: found (or fetched) at once, its weights loaded and the books opened on other threads while the command does
 * something else. What works with it gets it {@linkplain #metered metered}.
 *
 * <p>Closed by the command; closing waits for a load that still runs. Thread-safe.
 */
final class Loading implements AutoCloseable {
    private static final long POLL_MS = 50;

    private final World world;
    private final InstalledModel installed;
    private final Config config;
    private final FutureTask<LocalModel> model;
    private final FutureTask<Books> books;

    private Loading(World world, InstalledModel installed, Config config, FutureTask<LocalModel> model, FutureTask<Books> books) {
        this.world = world;
        this.installed = installed;
        this.config = config;
        this.model = model;
        this.books = books;
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
        FutureTask<Books> books = new FutureTask<>(() -> OpenBooks.open(world, config));
        FutureTask<LocalModel> task = new FutureTask<>(() -> {
            LocalModel model = LocalModel.open(installed.file(), installed.name(), installed.digest().hex(), options,
                    world.clock());
            Trace.mark("model loaded");
            return model;
        });
        Thread.ofPlatform().daemon().name("longhand-books").start(books);
        Thread.ofPlatform().daemon().name("longhand-load").start(task);
        return new Loading(world, installed, config, task, books);
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
        return ModelFacts.of(installed, model());
    }

    private LocalModel model() throws Problem {
        return await(model, "loading " + installed.file());
    }

    /** The books, once they are open; a Ctrl-C ends the wait. */
    Books books() throws Problem {
        return await(books, "opening the books");
    }

    /** The model with every call booked: what commands work with. */
    MeteredModel metered(String purpose, String desk) throws Problem {
        return books().meter(model(), OpenBooks.payer(config, purpose, desk));
    }

    private <T> T await(FutureTask<T> task, String doing) throws Problem {
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
                throw new IllegalStateException(doing + " failed", e.getCause());
            }
        }
    }

    @Override
    public void close() {
        closeQuietly(model);
        closeQuietly(books);
    }

    private static void closeQuietly(FutureTask<? extends AutoCloseable> task) {
        try {
            task.get().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            // Nothing was opened; whoever waited for it has been told.
        } catch (Exception e) {
            throw new IllegalStateException("closing failed", e);
        }
    }
}
