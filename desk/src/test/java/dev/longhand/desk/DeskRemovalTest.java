package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Desks and files of desks that go away while somebody looks at them. */
@Timeout(120) // a thread that does not end
class DeskRemovalTest {
    private static final int FILES = 20;
    private static final int LOOKS = 300;

    @TempDir
    private Path temp;

    private Desks desks;

    @BeforeEach
    void open() {
        desks = new Desks(new Home(temp.resolve("home")), Disk.REAL, Clock.SYSTEM);
    }

    private Desk read(String folder, String name, String text) throws Exception {
        Path documents = Files.createDirectories(temp.resolve(folder));
        Files.writeString(documents.resolve(name), text);
        Desk desk = desks.forFolder(documents, "d");
        desk.refresh(ReadListener.SILENT);
        return desk;
    }

    /** Goal: a desk that is read just now can be shown. Method: files and folders come and go while it is looked at. */
    @Test
    void filesThatGoAwayAreNotCounted() throws Exception {
        read("papers", "moth.txt", "The silver moth lays its eggs on birch bark.\n").close();
        Path folder = temp.resolve("home/desks/d");
        AtomicBoolean isOver = new AtomicBoolean();
        Throwable[] trouble = new Throwable[1];
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                while (!isOver.get()) {
                    comeAndGo(folder.resolve("index/passing"));
                }
            } catch (IOException e) {
                trouble[0] = e;
            }
        });
        try {
            for (int i = 0; i < LOOKS; i++) {
                assertThat(desks.show("d").diskBytes()).isPositive();
                assertThat(desks.list()).hasSize(1);
            }
        } finally {
            isOver.set(true);
            writer.join();
        }
        assertThat(trouble[0]).isNull();
    }

    private static void comeAndGo(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < FILES; i++) {
            Files.writeString(folder.resolve("file" + i), "x");
        }
        for (int i = 0; i < FILES; i++) {
            Files.delete(folder.resolve("file" + i));
        }
        Files.delete(folder);
    }

    /** Goal: who holds a desk open does not answer from what was removed. Method: remove it elsewhere, make it anew. */
    @Test
    void aDeskThatIsRemovedIsNotAskedAnyLonger() throws Exception {
        try (Desk held = read("papers", "moth.txt", "The silver moth lays its eggs on birch bark.\n")) {
            assertThat(held.paths()).containsExactly("moth.txt");

            desks.remove("d");
            held.catchUp();
            assertThat(held.documents()).isZero();
            assertThat(held.passages()).isZero();
            assertThat(desks.find("d")).isEmpty();
            assertThatThrownBy(() -> desks.source("d")).isInstanceOf(Problem.class);

            Files.move(temp.resolve("papers/moth.txt"), temp.resolve("papers/boat.txt"));
            read("papers", "boat.txt", "The ferry to Norderney leaves at seven.\n").close();
            held.catchUp();
            assertThat(held.paths()).containsExactly("boat.txt");
        }
    }

    /** Goal: a desk made anew counts its readings from one again and is still another. Method: as many readings as before. */
    @Test
    void aDeskThatIsMadeAnewIsAnother() throws Exception {
        try (Desk held = read("papers", "moth.txt", "The silver moth lays its eggs on birch bark.\n")) {
            desks.remove("d");
            Files.delete(temp.resolve("papers/moth.txt"));
            read("papers", "boat.txt", "The ferry to Norderney leaves at seven.\n").close();

            held.catchUp();

            assertThat(held.paths()).containsExactly("boat.txt");
            assertThat(desks.source("d").text()).isEqualTo(held.source().text());
        }
    }
}
