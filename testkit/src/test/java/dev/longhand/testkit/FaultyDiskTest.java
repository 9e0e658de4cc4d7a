package dev.longhand.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Disk;
import dev.longhand.base.DiskCalls;
import dev.longhand.base.Problem;
import dev.longhand.testkit.FaultyDisk.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: a published file is absent, old or new, never mixed, and there once it was acknowledged, whatever call the power is cut at
 * and whatever call fails. And the harness can fail: with one force left out it finds the loss.
 *
 * <p>Method: a run publishes over an existing file, then into folders that are not there. Its calls are counted; for every call
 * the power is cut in the middle of it and every image is looked at; for every call it fails once or from there on. The seed is
 * {@code -Dseed}; a failure prints it with the command.
 */
class FaultyDiskTest {
    private static final Seed SEED = Seed.of("testkit", FaultyDiskTest.class, 20_261_128L);
    private static final int IMAGES_MAX = 300;
    private static final byte[] OLD = new Gen(1).bytes(3_000);
    private static final byte[] NEW = new Gen(2).bytes(150_000);
    private static final byte[] OTHER = new Gen(3).bytes(700);

    @TempDir
    private Path temp;

    private int runs;

    /** One run of two files; {@code acknowledged} counts those that returned. */
    private final class Run {
        private final Path root;
        private final FaultyDisk disk;
        private int acknowledged;

        Run() throws IOException {
            Path work = Files.createDirectories(temp.resolve("work-" + runs++));
            root = Files.createDirectory(work.resolve("disk"));
            disk = new FaultyDisk(root, work);
            Files.write(root.resolve("file"), OLD);
        }

        Run publish(UnaryOperator<DiskCalls> change) throws Problem {
            Disk ours = Disk.over(change.apply(disk));
            ours.publish(root.resolve("file"), out -> out.write(NEW));
            acknowledged++;
            ours.publish(root.resolve("a/b/other"), out -> out.write(OTHER));
            acknowledged++;
            return this;
        }

        void check(Path image) throws IOException {
            byte[] file = Files.readAllBytes(image.resolve("file"));
            assertThat(Arrays.equals(file, NEW) || acknowledged == 0 && Arrays.equals(file, OLD))
                    .as("the file has %d bytes, %d are acknowledged", file.length, acknowledged).isTrue();
            Path other = image.resolve("a/b/other");
            assertThat(Files.exists(other) || acknowledged < 2).as("the acknowledged file is there").isTrue();
            assertThat(!Files.exists(other) || Arrays.equals(Files.readAllBytes(other), OTHER)).as("it is whole").isTrue();
        }
    }

    /** Images of power cuts at all calls, and after the last. */
    private int cutEverywhere(UnaryOperator<DiskCalls> change) throws Exception {
        int calls = new Run().publish(change).disk.calls();
        int images = 0;
        for (int k = 0; k <= calls; k++) {
            Run run = new Run();
            run.disk.crashAt(k);
            try {
                run.publish(change);
                run.disk.cut();
            } catch (FaultyDisk.PowerCut cut) {
                assertThat(run.disk.calls()).isEqualTo(k + 1);
            }
            images += run.disk.images(SEED, IMAGES_MAX, run::check);
        }
        System.out.printf("%d calls, %d images of a power cut at each%n", calls, images);
        return images;
    }

    @Test
    void publishesWholeOrNotAtAllWhereverThePowerIsCut() throws Exception {
        assertThat(cutEverywhere(calls -> calls)).isGreaterThan(50);
    }

    /** Which force is left out. */
    private enum Forgets { FILE, FOLDER, PARENT_OF_NEW_FOLDER }

    /** Calls with a force left out. */
    private static final class Careless implements DiskCalls {
        private final DiskCalls calls;
        private final Forgets forgets;
        private Path named;

        Careless(DiskCalls calls, Forgets forgets) {
            this.calls = calls;
            this.forgets = forgets;
        }

        @Override
        public void createFolder(Path folder) throws IOException {
            calls.createFolder(folder);
        }

        @Override
        public NewFile createTemp(Path folder, String prefix) throws IOException {
            NewFile file = calls.createTemp(folder, prefix);
            return forgets == Forgets.FILE ? new Unforced(file) : file;
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            calls.rename(from, to);
            named = to.getParent();
        }

        @Override
        public void forceFolder(Path folder) throws IOException {
            boolean isOfFile = folder.equals(named);
            if (forgets != (isOfFile ? Forgets.FOLDER : Forgets.PARENT_OF_NEW_FOLDER)) {
                calls.forceFolder(folder);
            }
            named = null;
        }

        @Override
        public void delete(Path file) throws IOException {
            calls.delete(file);
        }
    }

    private record Unforced(DiskCalls.NewFile file) implements DiskCalls.NewFile {
        @Override
        public Path path() {
            return file.path();
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            file.write(bytes, offset, length);
        }

        @Override
        public void force() {
            // Left out.
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** Goal: the harness is able to fail. Method: leave out each kind of force; the same check finds a loss. */
    @ParameterizedTest
    @EnumSource(Forgets.class)
    void findsTheForceThatIsLeftOut(Forgets forgets) {
        String found = switch (forgets) {
            case FILE -> "the file has";
            case FOLDER -> "acknowledged";
            case PARENT_OF_NEW_FOLDER -> "the acknowledged file is there";
        };
        assertThatThrownBy(() -> cutEverywhere(calls -> new Careless(calls, forgets))).isInstanceOf(AssertionError.class)
                .hasMessageContaining("power cut at call").hasMessageContaining("-Dseed=").hasMessageContaining(found);
    }

    /** Goal: a call that fails is told, and leaves old or new and no litter. Method: each call, once and for good. */
    @ParameterizedTest
    @EnumSource(Fault.class)
    void leavesOldOrNewWhateverCallFails(Fault fault) throws Exception {
        int calls = new Run().publish(c -> c).disk.calls();
        for (boolean isSticky : new boolean[] {false, true}) {
            for (int k = 0; k < calls; k++) {
                Run run = new Run();
                run.disk.failAt(k, fault, isSticky);
                assertThatThrownBy(() -> run.publish(c -> c)).as("call %d fails", k).isInstanceOfSatisfying(Problem.class, e ->
                        assertThat(e.kind()).isEqualTo(Problem.Kind.DISK));
                run.check(run.root);
                try (Stream<Path> files = Files.walk(run.root)) {
                    boolean mayLitter = fault == Fault.EIO && isSticky;
                    assertThat(files.filter(f -> f.toString().endsWith(".tmp"))).hasSizeLessThanOrEqualTo(mayLitter ? 1 : 0);
                }
                run.disk.cut();
                run.disk.images(SEED, IMAGES_MAX, run::check);
            }
        }
    }

    /** Goal: the model knows that a failed force is for ever. Method: force again after it; an image without the bytes exists. */
    @Test
    void aForceAfterAFailedForceSavesNothing() throws Exception {
        WriteList list = new WriteList();
        Path file = temp.resolve("file");
        list.createFile(file);
        list.forceFolder(temp);
        list.write(file, 0, OLD);
        list.failForce(file);
        list.force(file);
        boolean[] isLost = new boolean[1];
        list.images(SEED.value(), IMAGES_MAX, image -> isLost[0] |= image.files().get(file).length == 0);
        assertThat(isLost[0]).isTrue();
    }
}
