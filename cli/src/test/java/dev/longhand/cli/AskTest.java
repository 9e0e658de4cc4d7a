package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Goal: the main job from a folder to a cited answer, and its bad inputs. Method: the real SmolLM2 in this process. */
class AskTest {
    private static final String QUESTION = "How often does the lighthouse lamp turn?";

    @TempDir
    private Path home;
    @TempDir
    private Path docs;
    private TestWorld world;

    @BeforeEach
    void freshWorld() throws IOException {
        world = new TestWorld(home).with("LONGHAND_MODEL", RealModels.smolLm2().toString());
        write("lamp.md", "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\nIts lens was made in Brest.\n");
        write("garden.md", "# The garden\n\nRoses and beans grow behind the house.\n");
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(docs.resolve(name).getParent());
        Files.writeString(docs.resolve(name), text);
    }

    private JsonNode ask(String... more) {
        String[] arguments = Stream.concat(Stream.of("ask", docs.toString(), QUESTION, "--json", "-n", "24"), Stream.of(more))
                .toArray(String[]::new);
        assertThat(world.run(arguments)).as(world.err()).isZero();
        return world.json();
    }

    /** Goal: every printed quote is in the file at the printed lines. Method: read the file again by hand. */
    @Test
    void citesWhatIsInTheFile() throws IOException {
        JsonNode report = ask();
        assertThat(report.path("sources").size()).isPositive();
        assertThat(report.path("sources").get(0).path("path").asString()).isEqualTo("lamp.md");
        for (JsonNode source : report.path("sources")) {
            String[] lines = Files.readString(Path.of(source.path("file").asString())).split("\n", -1);
            int first = source.path("quoteFirst").asInt();
            String[] quote = source.path("quote").asString().split("\n");
            for (int i = 0; i < quote.length; i++) {
                assertThat(lines[first - 1 + i].strip()).isEqualTo(quote[i].strip());
            }
            assertThat(source.path("lineLast").asInt() - source.path("lineFirst").asInt()).isBetween(0, 29);
        }
        JsonNode usage = report.path("usage");
        int attached = report.path("attachedTokens").asInt();
        assertThat(attached).isPositive();
        // Beside the prompt, the documents: each behind the same front, which is there already.
        assertThat(usage.path("readTokens").asInt()).isEqualTo(usage.path("promptTokens").asInt() + attached);
        assertThat(usage.path("answeredTokens").asInt()).isBetween(1, 24);
        assertThat(report.path("answer").asString()).isNotBlank();
        assertThat(report.path("desk").path("added").asInt()).isEqualTo(2);
        assertThat(report.path("peakMemoryBytes").asLong()).isPositive();
    }

    @Test
    void printsPassageAnswerSourcesAndCostInThatOrder() {
        assertThat(world.run("ask", docs.toString(), QUESTION, "-n", "24")).isZero();
        String place = docs + "/lamp.md:1-4";
        assertThat(world.out()).startsWith(place + "\n").doesNotContain("\033");
        assertThat(world.out().indexOf("Sources\n[1] " + place)).isGreaterThan(world.out().indexOf("twelve seconds"));
        assertThat(world.out()).contains("     3  The lighthouse lamp turns every twelve seconds.");
        assertThat(world.out().lines().toList().getLast()).matches(
                "Cost: 0\\.[0-9]+ EUR for .* of processor time: [0-9,]+ tokens read, [0-9,]+ cached, "
                + "[0-9,]+ answered in .* \\(\\d+ read and [0-9.]+ answered per second\\), peak memory .*B");
        assertThat(world.err().lines().toList().getFirst()).matches("(checking .*|(native|vector|scalar).*)");
        assertThat(world.err()).contains("2 documents; 2 new");
    }

    /** Goal: the answer comes from the model and the documents. Method: change the fact, then the seed; compare the texts. */
    @Test
    void answerFollowsTheDocumentAndTheSeed() throws IOException {
        String before = ask().path("answer").asString();
        assertThat(ask().path("answer").asString()).isEqualTo(before);
        write("lamp.md", "# The lamp\n\nThe lighthouse lamp turns every forty minutes.\nIts lens was made in Brest.\n");
        JsonNode changed = ask();
        assertThat(changed.path("answer").asString()).isNotEqualTo(before);
        assertThat(changed.path("desk").path("changed").asInt()).isEqualTo(1);
        assertThat(changed.path("desk").path("unchanged").asInt()).isEqualTo(1);
        String one = ask("--temp", "1.2", "--seed", "1").path("answer").asString();
        assertThat(ask("--temp", "1.2", "--seed", "1").path("answer").asString()).isEqualTo(one);
        assertThat(ask("--temp", "1.2", "--seed", "2").path("answer").asString()).isNotEqualTo(one);
    }

    @Test
    void countsTheTokensThatTheEngineAnswered() {
        assertThat(world.run("ask", docs.toString(), QUESTION, "--json", "-n", "5")).isZero();
        JsonNode cut = world.json();
        assertThat(cut.path("usage").path("answeredTokens").asInt()).isEqualTo(5);
        assertThat(cut.path("stop").asString()).isEqualTo("length");
    }

    /** Goal: a folder of bad files is read as far as it goes, and each is named. Method: one of each kind beside two good files. */
    @Test
    void namesWhatItLeavesOut() throws IOException {
        Files.write(docs.resolve("picture.bin"), new byte[] {0, 1, 2, 3, 0, (byte) 0xff});
        Files.createSymbolicLink(docs.resolve("loop"), docs);
        Files.createSymbolicLink(docs.resolve("gone"), docs.resolve("nowhere"));
        Files.write(docs.resolve("broken.pdf"), "%PDF-1.7\nnot really".getBytes(StandardCharsets.US_ASCII));
        try (RandomAccessFile huge = new RandomAccessFile(docs.resolve("huge.txt").toFile(), "rw")) {
            huge.setLength(2L << 30);
        }
        JsonNode report = ask();
        Map<String, String> reasons = new java.util.HashMap<>();
        report.path("desk").path("skips").forEach(s -> reasons.put(s.path("path").asString(), s.path("reason").asString()));
        assertThat(reasons).containsEntry("picture.bin", "binary").containsEntry("loop", "symlink").containsEntry("gone", "symlink")
                .containsKeys("broken.pdf", "huge.txt");
        assertThat(report.path("desk").path("documents").asInt()).isEqualTo(2);
        assertThat(world.err()).contains("left out: ").contains("symbolic link");
    }

    @Test
    void anEmptyFolderIsAClearMessage() throws IOException {
        Path empty = Files.createDirectory(docs.resolve("empty"));
        assertThat(world.run("ask", empty.toString(), QUESTION)).isEqualTo(3);
        assertThat(world.err()).contains("has no documents: nothing readable was found in " + empty.toRealPath());
        assertThat(world.out()).isEmpty();
    }

    @Test
    void anEmptyQuestionIsAClearMessage() {
        assertThat(world.run("ask", docs.toString(), " ")).isEqualTo(2);
        assertThat(world.err()).contains("the question is empty");
    }

    @Test
    void aSingleFileIsCitedByTheNameThatWasGiven() {
        String file = docs.resolve("lamp.md").toString();
        assertThat(world.run("ask", file, QUESTION, "-n", "4")).as(world.err()).isZero();
        assertThat(world.out()).startsWith(file + ":1-4\n");
    }

    @Test
    void aDeskIsListedShownAndForgotten() {
        ask("--desk", "light");
        assertThat(world.run("desk", "ls", "--json")).isZero();
        assertThat(world.json().path("desks").get(0).path("name").asString()).isEqualTo("light");
        assertThat(world.run("desk", "show", "light", "--json")).isZero();
        assertThat(world.json().path("documents").asInt()).isEqualTo(2);
        assertThat(world.run("desk", "show", "light")).isZero();
        assertThat(world.out()).contains("2 documents");
        assertThat(world.run("desk", "ls")).isZero();
        assertThat(world.out()).contains("DESK").contains("light");
        assertThat(world.run("desk", "rm", "light", "--json")).isZero();
        assertThat(world.run("desk", "show", "light")).isEqualTo(3);
        assertThat(docs.resolve("lamp.md")).exists();
    }

    /** Goal: a question that is stopped ends with 130 and prints no sources. Method: the token is set before the model speaks. */
    @Test
    void aStoppedQuestionEndsWith130() {
        world.interrupts.pipeClosed();
        assertThat(world.run("ask", docs.toString(), QUESTION)).isEqualTo(141);
        assertThat(world.out()).doesNotContain("Sources");
    }

    @Test
    void showAndDoctorKnowTheModel() {
        assertThat(world.run("show", RealModels.smolLm2().toString(), "--json")).isZero();
        JsonNode shown = world.json();
        assertThat(shown.path("architecture").asString()).isEqualTo("llama");
        assertThat(shown.path("hasChatTemplate").asBoolean()).isTrue();
        assertThat(shown.path("elementTypes").size()).isEqualTo(3);
        assertThat(world.run("doctor", "--json")).as(world.err() + world.out()).isZero();
        JsonNode doctor = world.json();
        assertThat(doctor.path("isHealthy").asBoolean()).isTrue();
        assertThat(doctor.path("tier").path("name").asString()).isIn("native", "vector", "scalar");
        assertThat(doctor.path("elementTypes").path("types").get(0).path("panel").asString()).isNotBlank();
        assertThat(doctor.path("modelMemory").path("weightBytes").asLong()).isGreaterThan(80_000_000L);
        assertThat(doctor.path("modelProbe").path("meanLogProbability").asDouble()).isBetween(-8.0, -0.5);
        assertThat(world.run("doctor")).isZero();
        assertThat(world.out()).contains("ok    tier").contains("Everything an answer needs is there.");
    }

    @Test
    void runAnswersAPromptAndAPipe() {
        String model = RealModels.smolLm2().toString();
        assertThat(world.run("run", model, "Say hello.", "-n", "8", "--temp", "0")).as(world.err()).isZero();
        String once = world.out();
        assertThat(once).isNotBlank();
        assertThat(world.withInput("Say hello.\n/bye\n").run("run", model, "-n", "8", "--temp", "0")).isZero();
        assertThat(world.out()).isEqualTo(once);
        assertThat(world.err()).contains("8 answered");
    }
}
