package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.lm.Sink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A desk whose index an earlier version made. */
class OldIndexTest {
    @TempDir
    private Path temp;

    /**
     * Goal: the index is made anew by itself, and nothing else is lost: documents, texts written into the desk, what a model has
     * read. Method: a desk with all three, its catalogue put back to the earlier index; open, refresh, ask.
     */
    @Test
    void isMadeAnewAndNothingIsLost() throws Exception {
        Path documents = Files.createDirectories(temp.resolve("docs"));
        Files.writeString(documents.resolve("node.md"), "Call node.isBoolean() before node.asBoolean().\n");
        Home home = new Home(temp.resolve("home"));
        FakeModel model = FakeModel.attaching(512, p -> "Yes.");
        Desks desks = new Desks(home, Disk.REAL, Clock.SYSTEM);
        try (Desk desk = desks.forFolder(documents, "d")) {
            desk.write("notes", "The mayor painted the turbine green.\n");
            desk.refresh(ReadListener.SILENT);
            try (DeskMemory memory = DeskMemory.of(desk, model).orElseThrow()) {
                memory.segments("node.md", Sink.SILENT);
            }
            assertThat(model.memories.getLast().read).hasSize(1);
        }
        Path file = home.desks().resolve("d/catalogue");
        Catalogue now = CatalogueFile.read(file, Limits.DEFAULT);
        String before = now.settings().replace("index " + PassageIndex.VERSION, "index " + (PassageIndex.VERSION - 1));
        assertThat(before).isNotEqualTo(now.settings());
        CatalogueFile.write(Disk.REAL, file, new Catalogue(now.root(), before, now.commit(), now.generation(),
                now.readAtMs(), now.entries(), now.skips()));
        try (Desk desk = desks.forFolder(documents, "d")) {
            assertThat(desk.documents()).isZero();
            assertThat(desk.refresh(ReadListener.SILENT).notes()).singleElement().asString()
                    .isEqualTo("desk d is read again from the start: it was written by another version");
            assertThat(desk.documents()).isEqualTo(2);
            assertThat(found(desk, "What is isBoolean for?")).containsExactly("node.md");
            assertThat(found(desk, "Who painted the turbine?")).singleElement().asString().endsWith("notes.md");
            try (DeskMemory memory = DeskMemory.of(desk, model).orElseThrow()) {
                memory.segments("node.md", Sink.SILENT);
            }
            assertThat(model.memories.getLast().read).isEmpty();
        }
        try (Desk desk = desks.forFolder(documents, "d")) {
            assertThat(desk.refresh(ReadListener.SILENT).notes()).isEmpty();
        }
    }

    private static List<String> found(Desk desk, String question) throws Exception {
        return desk.router().route(question, 10).stream().map(r -> r.passage().path()).toList();
    }
}
