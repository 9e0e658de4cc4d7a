package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.testkit.FaultyDisk;
import dev.longhand.testkit.FaultyDisk.Fault;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: whatever call of a refresh the power is cut at, or fails, the desk opens and holds the old or the new reading, and the new
 * one once the refresh returned. Method: a first reading and a second one on a {@link FaultyDisk}; every call is cut and every
 * image asked; every call fails, once and for good. The index is Lucene's, which has its own seam and is taken as safe here.
 */
class DeskFaultsTest {
    private static final Seed SEED = Seed.of("desk", DeskFaultsTest.class, 11);
    private static final int IMAGES_MAX = 60;

    @TempDir
    private Path temp;

    private Path documents;
    private int runs;

    @BeforeEach
    void writeDocuments() throws IOException {
        documents = Files.createDirectories(temp.resolve("papers"));
        write("moth.txt", "The silver moth lays its eggs on birch bark.\n");
    }

    private void write(String name, String text) throws IOException {
        Path file = Files.writeString(documents.resolve(name), text);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    /** Two refreshes of one desk; {@code acknowledged} counts those that returned. */
    private final class Run {
        private final Path root = Files.createDirectories(temp.resolve("run-" + runs++).resolve("home"));
        private final FaultyDisk disk = new FaultyDisk(root, root.getParent());
        private int acknowledged;

        Run() throws IOException {}

        Run refreshTwice() throws Exception {
            refresh("The pump is electric.\n");
            refresh("The pump is hydraulic.\n");
            return this;
        }

        private void refresh(String text) throws Exception {
            write("pump.md", text);
            try (Desk desk = desks(root, disk.disk()).forFolder(documents, "d")) {
                desk.refresh(ReadListener.SILENT);
                acknowledged++;
            }
        }

        /** Opening is one thing, reading anew another: the image alone must answer. */
        void check(Path image) throws Exception {
            if (!Files.exists(image.resolve("desks/d/catalogue"))) {
                assertThat(acknowledged).as("readings that are acknowledged, and there is none").isZero();
                return;
            }
            try (Desk desk = desks(image, Disk.REAL).open("d")) {
                int electric = found(desk, "electric");
                int hydraulic = found(desk, "hydraulic");
                assertThat(electric + hydraulic).as("one of the two readings").isEqualTo(1);
                assertThat(hydraulic).as("the new reading is there").isBetween(acknowledged == 2 ? 1 : 0, acknowledged > 0 ? 1 : 0);
                assertThat(found(desk, "birch")).isEqualTo(1);
            }
        }
    }

    private static Desks desks(Path root, Disk disk) {
        return new Desks(new Home(root), disk, Clock.SYSTEM);
    }

    private static int found(Desk desk, String word) throws Problem {
        return desk.router().route(word, 10).size();
    }

    @Test
    void holdsOldOrNewWhereverThePowerIsCut() throws Exception {
        int calls = new Run().refreshTwice().disk.calls();
        int images = 0;
        for (int k = 0; k <= calls; k++) {
            Run run = new Run();
            run.disk.crashAt(k);
            try {
                run.refreshTwice().disk.cut();
            } catch (FaultyDisk.PowerCut cut) {
                // Somewhere in a refresh.
            }
            images += run.disk.images(SEED, IMAGES_MAX, run::check);
        }
        System.out.printf("desk: %d calls, %d images%n", calls, images);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void holdsOldOrNewWhateverCallFailsAndReadsOnAfterwards(Fault fault) throws Exception {
        int calls = new Run().refreshTwice().disk.calls();
        for (boolean isSticky : new boolean[] {false, true}) {
            for (int k = 0; k < calls; k++) {
                Run run = new Run();
                run.disk.failAt(k, fault, isSticky);
                assertThatThrownBy(run::refreshTwice).as("call %d fails", k).isInstanceOfSatisfying(Problem.class, e ->
                        assertThat(e.kind()).isEqualTo(Problem.Kind.DISK));
                run.check(run.root);
                run.disk.cut();
                run.disk.images(SEED, IMAGES_MAX, run::check);
                try (Desk desk = desks(run.root, Disk.REAL).forFolder(documents, "d")) {
                    desk.refresh(ReadListener.SILENT);
                    assertThat(found(desk, "pump")).isEqualTo(1);
                }
            }
        }
    }
}
