package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.desk.Desk;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadListener;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.RealModels;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Goal: what a desk remembers, from {@code desk add} to a moved desk. Method: the real SmolLM2 in this process. */
class DeskMemoryTest {
    private static final String QUESTION = "How often does the lighthouse lamp turn?";

    private static final Seed SEED = Seed.of("cli", DeskMemoryTest.class, 3);
    private static final int DAMAGES = Integer.getInteger("damages", 6);

    @TempDir
    private Path home;
    @TempDir
    private Path docs;
    private TestWorld world;

    @BeforeEach
    void freshWorld() throws IOException {
        world = new TestWorld(home).with("LONGHAND_MODEL", RealModels.smolLm2().toString());
        Files.writeString(docs.resolve("lamp.md"),
                "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\nIts lens was made in Brest.\n");
        Files.writeString(docs.resolve("garden.md"), "# The garden\n\nRoses and beans grow behind the house.\n");
    }

    private JsonNode run(String... arguments) {
        assertThat(world.run(Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new))).as(world.err())
                .isZero();
        return world.json();
    }

    private JsonNode add() {
        return run("desk", "add", docs.toString(), "--desk", "light");
    }

    private JsonNode ask() {
        return run("ask", docs.toString(), QUESTION, "--desk", "light", "-n", "16");
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("desks/light/memory"))) {
            return files.sorted().toList();
        }
    }

    /** Goal: what was added is not read again, and the page says what was attached and why. */
    @Test
    void whatWasAddedIsAttachedWithoutReading() throws IOException {
        JsonNode added = add();
        assertThat(added.path("documents").asInt()).isEqualTo(2);
        assertThat(added.path("segments").asInt()).isEqualTo(2).isEqualTo(segments().size());
        assertThat(added.path("readTokens").asInt()).isEqualTo(added.path("tokens").asInt()).isPositive();
        assertThat(added.path("memoryBytes").asLong()).isPositive();
        assertThat(run("jobs", "show", added.path("job").asString()).path("recorded").get(0).path("name").asString())
                .isEqualTo("part garden.md/0");
        JsonNode again = add();
        assertThat(again.path("readTokens").asInt()).isZero();
        JsonNode answer = ask();
        JsonNode attached = answer.path("attached").get(0);
        assertThat(attached.path("path").asString()).isEqualTo("lamp.md");
        assertThat(attached.path("isReadNow").asBoolean()).isFalse();
        assertThat(attached.path("score").asDouble()).isPositive();
        assertThat(attached.path("found").get(0).path("lineLast").asInt()).isEqualTo(4);
        assertThat(answer.path("usage").path("readTokens").asInt()).isLessThanOrEqualTo(answer.path("usage").path("promptTokens")
                .asInt());
        JsonNode carrier = answer.path("sentences").get(0).path("carriedBy").get(0);
        assertThat(carrier.path("path").asString()).isEqualTo("lamp.md");
        assertThat(carrier.path("share").asDouble()).isBetween(0.01, 1.0);
        assertThat(answer.path("lookedUpTokens").asInt()).isBetween(1, answer.path("attachedTokens").asInt());
    }

    @Test
    void explainsWhichLinesCarriedTheAnswer() {
        assertThat(world.run("ask", docs.toString(), QUESTION, "-n", "16", "--explain")).isZero();
        assertThat(world.out()).contains("What carried it").containsPattern(" \\d+ %  .*/lamp\\.md:1-4\n").contains("Attached\n")
                .containsPattern("lamp\\.md:1-4: \\d+ tokens read now, score [0-9.]+ by lines 1-4, number 1 of \\d by words\n")
                .containsPattern("chosen by words alone of \\d candidates?: [a-z]")
                .containsPattern("\\d+ tokens attached, \\d+ of them read now, \\d+ looked up");
        assertThat(world.err()).containsPattern("reading 1 part of lamp\\.md \\(\\d+ tokens\\)");
    }

    /** Goal: damage costs reading again and changes no answer. Method: flip bytes in the middle of each segment. */
    @Test
    void aDamagedSegmentIsFoundAndReadAgain() throws IOException {
        add();
        String whole = ask().path("answer").asString();
        for (Path segment : segments()) {
            try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
                for (long at = file.length() / 3; at < file.length() / 3 + 64; at++) {
                    file.seek(at);
                    int before = file.read();
                    file.seek(at);
                    file.write(before ^ 0x55);
                }
            }
        }
        assertThat(world.run("desk", "verify", "light")).isEqualTo(5);
        assertThat(world.out()).contains("wrong: ").contains("its document is read again when it is needed");
        assertThat(world.run("desk", "verify", "light", "--json")).isEqualTo(5);
        Set<String> damaged = new TreeSet<>();
        world.json().path("segmentFindings").forEach(f -> damaged.add(f.path("file").asString()));
        assertThat(damaged).hasSize(2);
        JsonNode answer = ask();
        assertThat(answer.path("answer").asString()).isEqualTo(whole);
        assertThat(answer.path("attached").get(0).path("isReadNow").asBoolean()).isTrue();
        assertThat(answer.path("notes").toString()).containsOnlyOnce("it was read again")
                .contains("the memory of lamp.md:1-4 was");
        assertThat(world.run("desk", "verify", "light", "--json")).as("the other one is damaged still").isEqualTo(5);
        Set<String> left = new TreeSet<>();
        world.json().path("segmentFindings").forEach(f -> left.add(f.path("file").asString()));
        assertThat(left).hasSize(1);
        JsonNode again = ask();
        assertThat(again.path("attached").get(0).path("isReadNow").asBoolean()).isFalse();
        assertThat(again.path("notes").size()).isZero();
        assertThat(run("desk", "compact", "light").path("removed").asInt()).isEqualTo(1);
        assertThat(add().path("readTokens").asInt()).isPositive();
        assertThat(run("desk", "verify", "light").path("isSound").asBoolean()).isTrue();
    }

    /**
     * Goal: cleaning up removes nothing that somebody writes just now and nothing that the disk does not give. Method: another
     * process that holds the lock of those who write, and a folder in a segment's place, which can be opened and not read.
     */
    @Test
    void cleaningUpWaitsForNobodyAndRemovesNothingThatMayBeSound() throws Exception {
        add();
        Path mapFile = home.resolve("desks/light/segments");
        String map = Files.readString(mapFile);
        Process other = new ProcessBuilder("python3", "-c", """
                import fcntl, sys
                f = open(sys.argv[1], 'r+')
                fcntl.lockf(f, fcntl.LOCK_SH, 1, 0)
                print('held', flush=True)
                sys.stdin.read()
                """, home.resolve("desks/light/memory.lock").toString()).start();
        try {
            assertThat(other.inputReader().readLine()).isEqualTo("held");
            Files.delete(mapFile); // as of one who has written segments and not said yet whose they are
            assertThat(world.run("desk", "compact", "light")).isEqualTo(9);
            assertThat(world.err()).contains("desk light is being asked or read just now").contains("run the command again");
            assertThat(segments()).hasSize(2);
        } finally {
            other.getOutputStream().close();
            assertThat(other.waitFor()).isZero();
        }
        Files.writeString(mapFile, map);
        Path segment = segments().getFirst();
        Path aside = home.resolve("aside.segment");
        Files.move(segment, aside);
        Files.createDirectory(segment);
        JsonNode compacted = run("desk", "compact", "light");
        assertThat(compacted.path("removed").asInt()).isZero();
        assertThat(compacted.path("findings").get(0).path("what").asString()).contains("cannot be read and stays");
        assertThat(segments()).contains(segment).hasSize(2);
        Files.delete(segment);
        Files.move(aside, segment);
        assertThat(run("desk", "verify", "light").path("isSound").asBoolean()).isTrue();
    }

    /** Goal: whatever byte is damaged, the answer is the same, and a note says so if it was read again. Method: one byte each. */
    @Test
    void oneWrongByteAnywhereChangesNoAnswer() throws IOException {
        add();
        JsonNode whole = ask();
        String lamp = Files.readAllLines(home.resolve("desks/light/segments")).stream().filter(l -> l.endsWith("lamp.md"))
                .findFirst().orElseThrow().split("\t")[0];
        Path segment = home.resolve("desks/light/memory").resolve(lamp + ".segment");
        Gen gen = SEED.gen();
        for (int i = 0; i < DAMAGES; i++) {
            byte[] before = Files.readAllBytes(segment);
            byte[] damaged = before.clone();
            int at = i == 0 ? 1 : gen.between(0, damaged.length);
            damaged[at] ^= (byte) gen.between(1, 256);
            Files.write(segment, damaged);
            JsonNode answer = ask();
            assertThat(answer.path("answer")).as("byte %d; %s", at, SEED).isEqualTo(whole.path("answer"));
            boolean isReadNow = answer.path("attached").get(0).path("isReadNow").asBoolean();
            assertThat(answer.path("notes").toString().contains("it was read again")).as("byte %d; %s", at, SEED)
                    .isEqualTo(isReadNow);
            if (!isReadNow) {
                Files.write(segment, before); // the byte was not looked at
            }
        }
    }

    /** Goal: memory moves with a desk. Method: export, forget the desk, read the folder, import, ask. */
    @Test
    void exportedMemoryIsTakenBackAndUsed() throws IOException {
        add();
        Path aside = home.resolve("aside");
        assertThat(run("desk", "export", "light", aside.toString()).path("segments").asInt()).isEqualTo(2);
        world.run("desk", "rm", "light");
        run("ask", docs.toString(), QUESTION, "--desk", "light", "-n", "4", "--parts", "0");
        JsonNode taken = run("desk", "import", "light", aside.toString());
        assertThat(taken.path("segments").asInt()).isEqualTo(2);
        assertThat(ask().path("attached").get(0).path("isReadNow").asBoolean()).isFalse();
        assertThat(run("desk", "compact", "light").path("removed").asInt()).isZero();
        Files.delete(docs.resolve("garden.md"));
        ask();
        assertThat(run("desk", "compact", "light").path("removed").asInt()).isEqualTo(1);
        assertThat(segments()).hasSize(1);
        assertThat(run("desk", "verify", "light").path("isSound").asBoolean()).isTrue();
    }

    /** Goal: nobody takes an export for all of a desk. Method: one that files are handed to, and one of a folder. */
    @Test
    void anExportSaysThatFilesThatWereHandedInAreNotInIt() throws Exception {
        Desks desks = new Desks(new Home(home), Disk.REAL, Clock.SYSTEM);
        desks.make("handed");
        Files.copy(docs.resolve("lamp.md"), desks.documents("handed").resolve("lamp.md"));
        try (Desk handed = desks.openAny("handed"); Desk light = desks.forFolder(docs, "light")) {
            handed.refresh(ReadListener.SILENT);
            light.refresh(ReadListener.SILENT);
        }
        run("desk", "export", "handed", home.resolve("aside").toString());
        assertThat(world.err()).contains("files that were handed to desk handed are not in it", "longhand backup");
        run("desk", "export", "light", home.resolve("second").toString());
        assertThat(world.err()).doesNotContain("not in it");
    }

    /** Goal: an archived desk answers from what it has. Method: archive, verify, ask, archive again, move to another desk. */
    @Test
    void anArchivedDeskIsSmallerAndAnswers() throws IOException {
        add();
        long before = Files.size(segments().getFirst()) + Files.size(segments().getLast());
        JsonNode archive = run("desk", "compact", "light", "--archive").path("archive");
        assertThat(world.err()).contains("answers may change a little");
        assertThat(archive.path("segments").asInt()).isEqualTo(2);
        assertThat(archive.path("before").asLong()).isEqualTo(before);
        assertThat(archive.path("after").asLong()).isLessThan(before * 85 / 100)
                .isEqualTo(Files.size(segments().getFirst()) + Files.size(segments().getLast()));
        assertThat(run("desk", "verify", "light").path("isSound").asBoolean()).isTrue();
        JsonNode answer = ask();
        assertThat(answer.path("attached").get(0).path("isReadNow").asBoolean()).isFalse();
        assertThat(answer.path("attached").get(0).path("path").asString()).isEqualTo("lamp.md");
        assertThat(add().path("readTokens").asInt()).isZero();
        assertThat(world.run("desk", "compact", "light", "--archive")).isZero();
        assertThat(world.out()).contains("0 segments archived").contains("2 had been archived before");
        Path aside = home.resolve("aside");
        assertThat(run("desk", "export", "light", aside.toString()).path("segments").asInt()).isEqualTo(2);
        world.run("desk", "rm", "light");
        run("ask", docs.toString(), QUESTION, "--desk", "light", "-n", "4", "--parts", "0");
        assertThat(run("desk", "import", "light", aside.toString()).path("segments").asInt()).isEqualTo(2);
        assertThat(ask().path("attached").get(0).path("isReadNow").asBoolean()).isFalse();
    }

    /** Goal: a quota is kept and said. Method: one that takes the smaller document's segment only. */
    @Test
    void aQuotaThatIsReachedKeepsWhatWasReadAndSaysFigures() throws IOException {
        add();
        long smaller = Math.min(Files.size(segments().getFirst()), Files.size(segments().getLast()));
        world.run("desk", "rm", "light");
        assertThat(world.run("desk", "add", docs.toString(), "--desk", "light", "--quota", String.valueOf(smaller * 3 / 2)))
                .isEqualTo(7);
        assertThat(world.err()).contains("is full").contains("1 of 2 documents").contains("are read and stay");
        assertThat(segments()).hasSize(1);
        assertThat(add().path("readTokens").asInt()).isPositive();
        assertThat(segments()).hasSize(2);
    }

    @Test
    void withoutLookupsPassagesStandInThePromptAndANoteSaysSo() {
        JsonNode answer = run("ask", docs.toString(), QUESTION, "-n", "4", "--kv", "f16");
        assertThat(answer.path("attached").size()).isZero();
        assertThat(answer.path("notes").toString()).contains("cannot attach documents; passages stand in the prompt");
        assertThat(run("ask", docs.toString(), QUESTION, "-n", "4", "--parts", "0").path("notes").size()).isZero();
    }

    @Test
    void showsTheMapOfADesk() {
        run("ask", docs.toString(), QUESTION, "--desk", "light", "-n", "2", "--parts", "0");
        assertThat(world.run("desk", "map", "light")).isZero();
        assertThat(world.out()).contains("lamp.md").contains("The lamp").contains("garden.md");
        assertThat(run("desk", "map", "light", "--chars", "300").path("map").asString().length()).isLessThanOrEqualTo(300);
    }
}
