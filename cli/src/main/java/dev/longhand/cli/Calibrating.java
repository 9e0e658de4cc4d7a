package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.engine.Adapter;
import dev.longhand.engine.LocalModel;
import dev.longhand.ledger.WorkCost;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/**
 * Measures which heads of a model need precise keys, once per model and tier, and keeps what was found beside the model. What is
 * cut
 * off goes on where it was.
 */
final class Calibrating {
    private static final int HEADS_AT_ONCE = 16;

    private Calibrating() {}

    /** Whether there was something to measure: then the model has to be opened again to use it. */
    static boolean run(World world, OpenBooks books, InstalledModel installed, LocalModel model, boolean isAnew) throws Problem {
        long before = cpuNanos();
        boolean isChanged = measure(world, installed, model, isAnew);
        if (isChanged) {
            books.books().book("calibrate:" + UUID.randomUUID(), books.payer("calibrate", ""),
                    new WorkCost((cpuNanos() - before) / 1000, 0));
        }
        return isChanged;
    }

    /** Of the whole process: nothing else runs meanwhile. */
    private static long cpuNanos() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
    }

    private static boolean measure(World world, InstalledModel installed, LocalModel model, boolean isAnew) throws Problem {
        String kernels = model.tierChoice().instructionSet();
        String fingerprint = model.info().fingerprint();
        Path file = Adapter.fileOf(installed.file(), kernels);
        Optional<Adapter> there = isAnew ? Optional.empty() : Adapter.read(file, fingerprint, kernels);
        if (there.isPresent() && there.get().isComplete()) {
            return false;
        }
        double[] known = there.map(Adapter::sensitivities).orElse(new double[0]);
        StatusLine status = new StatusLine(world);
        double[][] all = {known};
        try {
            model.calibrate(known, (head, heads, sensitivity) -> {
                all[0] = Arrays.copyOf(all[0], head + 1);
                all[0][head] = sensitivity;
                status.show("calibrating %s: %d of %d heads".formatted(installed.name(), head + 1, heads));
                if ((head + 1) % HEADS_AT_ONCE == 0 || head + 1 == heads) {
                    new Adapter(fingerprint, kernels, heads, all[0]).write(file, Disk.REAL);
                }
                if (world.interrupts().isCancelled()) {
                    throw new Problem(Problem.Kind.CANCELLED, "stopped; what was measured is kept");
                }
            });
        } finally {
            status.clear();
        }
        return true;
    }
}
