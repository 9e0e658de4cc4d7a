package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts that programs and conversations leave in a desk. */
class ScratchTest {
    @TempDir
    private Path temp;
    private Desk desk;

    @BeforeEach
    void openDesk() throws Exception {
        Path documents = Files.createDirectories(temp.resolve("docs"));
        Files.writeString(documents.resolve("pump.md"), "# Pumps\n\nThe older unit was installed in 1987.\n");
        desk = desks().forFolder(documents, "d");
        desk.refresh(ReadListener.SILENT);
    }

    private Desks desks() {
        return new Desks(new Home(temp.resolve("home")), Disk.REAL, Clock.SYSTEM);
    }

    @AfterEach
    void closeDesk() {
        desk.close();
    }

    private List<String> found(String question) throws Problem {
        return desk.router().route(question, 4).stream().map(r -> r.passage().path()).toList();
    }

    /** Goal: a text is found, quoted and forgotten like a file. Method: write, ask, replace, ask, erase, ask. */
    @Test
    void whatIsWrittenIsFoundCitedReplacedAndForgotten() throws Exception {
        String path = desk.write("findings", "The mayor painted the turbine green.\n");
        assertThat(path).isEqualTo("scratch://findings.md");
        assertThat(desk.refresh(ReadListener.SILENT).added()).isEqualTo(1);
        assertThat(found("Who painted the turbine?")).containsExactly(path);
        AskResult result = new Ask(desk, new FakeModel(p -> "The mayor painted the turbine green."))
                .ask("Who painted the turbine?", AskSpec.DEFAULT, Sink.SILENT);
        assertThat(result.citations().getFirst().quote()).isEqualTo("The mayor painted the turbine green.");
        assertThat(result.citations().getFirst().place()).isEqualTo("scratch://findings.md:1-1");
        assertThat(Files.readString(desk.fileOf(path))).contains("mayor");
        desk.write("findings", "The baker painted the turbine blue.\n");
        assertThat(desk.refresh(ReadListener.SILENT).changed()).isEqualTo(1);
        assertThat(desk.passagesOf(path)).extracting(Passage::text).singleElement().asString().contains("baker");
        desk.erase(path);
        assertThat(desk.refresh(ReadListener.SILENT).removed()).isEqualTo(1);
        assertThat(found("Who painted the turbine?")).isEmpty();
        assertThat(found("When was the older unit installed?")).containsExactly("pump.md");
    }

    @Test
    void anotherProcessFindsWhatWasWritten() throws Exception {
        desk.write("notes.txt", "The lamp turns every twelve seconds.\n");
        desk.refresh(ReadListener.SILENT);
        try (Desk other = desks().open("d")) {
            assertThat(other.refresh(ReadListener.SILENT).hasChanges()).isFalse();
            assertThat(other.router().route("How often does the lamp turn?", 1)).singleElement()
                    .satisfies(r -> assertThat(r.passage().path()).isEqualTo("scratch://notes.txt"));
        }
    }

    @Test
    void keepsAConversationAsADocument() throws Exception {
        String path = desk.keep("talk-1", List.of(Message.user("Where are the spare valves?"),
                Message.assistant("In the red shed.")));
        desk.refresh(ReadListener.SILENT);
        assertThat(found("Where are the valves?")).containsExactly(path);
        assertThat(desk.passagesOf(path)).extracting(Passage::text).anySatisfy(t -> assertThat(t).contains("In the red shed."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a b", "ä"})
    void refusesNamesThatLeadElsewhere(String name) {
        assertThatThrownBy(() -> desk.write(name, "text")).isInstanceOfSatisfying(Problem.class,
                p -> assertThat(p.kind()).isEqualTo(Problem.Kind.USAGE));
        assertThatThrownBy(() -> desk.erase("scratch://" + name)).isInstanceOf(Problem.class);
        assertThatThrownBy(() -> desk.erase(name)).isInstanceOf(Problem.class);
    }

    @Test
    void aTextOfNothingIsRefusedAndAFileThatAKilledProcessLeftIsNotRead() throws Exception {
        assertThatThrownBy(() -> desk.write("empty", " \n")).isInstanceOf(Problem.class);
        desk.write("real", "Something about valves.\n");
        Files.writeString(desk.fileOf("scratch://real.md").resolveSibling(".real.md.123.tmp"), "half a text about valves");
        desk.refresh(ReadListener.SILENT);
        assertThat(desk.paths()).containsExactly("pump.md", "scratch://real.md");
    }

    /** Goal: a backup holds what is written nowhere else. Method: the files of the desk's generation. */
    @Test
    void belongsToWhatABackupCopies() throws Exception {
        desk.write("findings", "The mayor painted the turbine green.\n");
        desk.refresh(ReadListener.SILENT);
        try (DeskFiles.Generation generation = new DeskFiles(temp.resolve("home/desks/d")).open()) {
            assertThat(generation.members()).filteredOn(m -> m.path().equals("scratch/findings.md")).singleElement()
                    .satisfies(m -> assertThat(new String(m.in().readAllBytes())).contains("mayor"));
        }
    }

    @Test
    void mapsWhatTheDeskHolds() throws IOException, Problem {
        assertThat(desk.map(1000)).contains("pump.md").contains("Pumps");
        assertThat(desk.map(10).length()).isLessThanOrEqualTo(200);
    }
}
