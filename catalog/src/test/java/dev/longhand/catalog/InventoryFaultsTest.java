package dev.longhand.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.testkit.FaultyDisk;
import dev.longhand.testkit.FaultyDisk.Fault;
import dev.longhand.testkit.ManualClock;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: no row of an installed model is lost once {@code put} returned, and the list is always readable. Method: three puts on a
 * disk that loses power in the middle of each call, or refuses it; then the list is read from every image.
 */
class InventoryFaultsTest {
    private static final Seed SEED = Seed.of("catalog", InventoryFaultsTest.class, 7);
    private static final int IMAGES_MAX = 200;

    @TempDir
    private Path temp;

    private final ManualClock clock = new ManualClock();
    private int runs;
    private int acknowledged;

    private Path freshRoot() throws IOException {
        acknowledged = 0;
        return Files.createDirectories(temp.resolve("run-" + runs++).resolve("home"));
    }

    private void puts(Path root, Disk disk) throws Problem {
        Path models = root.resolve("models");
        Inventory inventory = new Inventory(models, disk, clock);
        for (int i = 0; i < 3; i++) {
            inventory.put(new InstalledModel("m" + i, new Sha256("%064x".formatted(i)), models.resolve("m" + i + ".gguf"), 10, 20,
                    false, "pypi", "apache", Instant.EPOCH));
            acknowledged++;
        }
    }

    /** The acknowledged rows, and perhaps the one that was under way. */
    private void check(Path root) throws Problem {
        List<InstalledModel> rows = new Inventory(root.resolve("models"), Disk.REAL, clock).rows();
        assertThat(rows.size()).as("rows, of which %d are acknowledged", acknowledged).isBetween(acknowledged, acknowledged + 1);
        assertThat(rows).extracting(InstalledModel::name).isEqualTo(List.of("m0", "m1", "m2").subList(0, rows.size()));
    }

    private FaultyDisk faulty(Path root) throws IOException {
        return new FaultyDisk(root, root.getParent());
    }

    private int calls() throws Exception {
        Path root = freshRoot();
        FaultyDisk disk = faulty(root);
        puts(root, disk.disk());
        return disk.calls();
    }

    @Test
    void losesNoAcknowledgedRowWhereverThePowerIsCut() throws Exception {
        int calls = calls();
        int images = 0;
        for (int k = 0; k <= calls; k++) {
            Path root = freshRoot();
            FaultyDisk disk = faulty(root).crashAt(k);
            try {
                puts(root, disk.disk());
                disk.cut();
            } catch (FaultyDisk.PowerCut cut) {
                // Before the last row was acknowledged.
            }
            images += disk.images(SEED, IMAGES_MAX, this::check);
        }
        System.out.printf("models.toml: %d calls, %d images%n", calls, images);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void tellsEveryCallThatFailsAndGoesOnAfterwards(Fault fault) throws Exception {
        int calls = calls();
        for (boolean isSticky : new boolean[] {false, true}) {
            for (int k = 0; k < calls; k++) {
                Path root = freshRoot();
                FaultyDisk disk = faulty(root).failAt(k, fault, isSticky);
                assertThatThrownBy(() -> puts(root, disk.disk())).as("call %d fails", k).isInstanceOfSatisfying(Problem.class, e ->
                        assertThat(e.kind()).isEqualTo(Problem.Kind.DISK));
                check(root);
                disk.cut();
                disk.images(SEED, IMAGES_MAX, this::check);
                puts(root, Disk.REAL);
            }
        }
    }
}
