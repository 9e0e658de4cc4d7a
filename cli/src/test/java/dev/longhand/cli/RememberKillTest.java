package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import dev.longhand.testkit.RealModels;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Goal: {@code desk add} that is killed with -9 at any moment goes on where it was: nothing that was read is read again, nothing is
 * lost, and what is left over is removed. Method: the program as a child with the real SmolLM2, killed a random time after a random
 * number of new segments; then it runs to its end. A segment that was read again would be another file of the same name. More
 * rounds: {@code -Drounds=200}.
 */
class RememberKillTest {
    private static final Seed SEED = Seed.of("cli", RememberKillTest.class, 11);
    private static final int ROUNDS = Integer.getInteger("rounds", 4);
    private static final int DOCUMENTS_A_ROUND = 5;
    private static final int SEGMENTS_MAX = 3;
    private static final int DELAY_MS_MAX = 400;
    private static final long SECONDS_MAX = 120 + 3L * ROUNDS;
    private static final int LINES = 12;

    @TempDir
    private Path temp;
    private Path home;
    private Path docs;
    private Path memory;
    private int documents;

    @BeforeEach
    void writeDocuments() throws IOException {
        home = temp.resolve("home");
        docs = Files.createDirectories(temp.resolve("docs"));
        memory = Files.createDirectories(home.resolve("desks/killed/memory"));
        documents = ROUNDS * DOCUMENTS_A_ROUND;
        Gen gen = SEED.gen();
        String[] words = {"the", "lamp", "keeper", "wrote", "of", "wind", "stones", "and", "every", "boat", "that", "passed",
            "light"};
        for (int i = 0; i < documents; i++) {
            StringBuilder text = new StringBuilder("# Day " + i + "\n\n");
            for (int line = 0; line < LINES; line++) {
                for (int word = 0; word < 10; word++) {
                    text.append(gen.oneOf(words)).append(' ');
                }
                text.append(i).append(".\n");
            }
            Files.writeString(docs.resolve("day%04d.md".formatted(i)), text);
        }
    }

    private ProcessBuilder program(String... arguments) {
        return Child.builder(home, Child.command(arguments));
    }

    private ProcessBuilder add() {
        return program("desk", "add", docs.toString(), "--desk", "killed", "-m", RealModels.smolLm2().toString(), "--json");
    }

    /** Segments by name, each with what tells it from another file of the same name. */
    private Map<String, String> segments() throws IOException {
        Map<String, String> segments = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(memory, "*.segment")) {
            for (Path each : files) {
                BasicFileAttributes attributes = Files.readAttributes(each, BasicFileAttributes.class);
                segments.put(each.getFileName().toString(), attributes.fileKey() + " " + attributes.lastModifiedTime());
            }
        }
        return segments;
    }

    /** Starts it and kills it; whether it came to its end before. */
    private boolean killed(int round, Gen gen) throws Exception {
        int wanted = gen.between(0, SEGMENTS_MAX + 1);
        int delayMs = gen.between(0, DELAY_MS_MAX);
        try (WatchService watch = memory.getFileSystem().newWatchService()) {
            memory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            Process process = add().redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(temp.resolve("err").toFile())
                    .start();
            try {
                for (int seen = 0; seen < wanted && process.isAlive(); ) {
                    WatchKey key = watch.poll(Child.SECONDS_MAX, TimeUnit.SECONDS);
                    assertThat(key).as("a segment in round %d; %s; it said %s", round, SEED, said()).isNotNull();
                    for (WatchEvent<?> each : key.pollEvents()) {
                        seen += String.valueOf(each.context()).endsWith(".segment") ? 1 : 0;
                    }
                    key.reset();
                }
                boolean isOver = process.waitFor(delayMs, TimeUnit.MILLISECONDS);
                assertThat(!isOver || process.exitValue() == 0).as("round %d; %s; it said %s", round, SEED, said()).isTrue();
                return !isOver;
            } finally {
                process.toHandle().destroyForcibly();
                process.waitFor();
            }
        }
    }

    private String said() throws IOException {
        return Files.readString(temp.resolve("err"));
    }

    private static JsonNode json(Child.Ended ended) {
        assertThat(ended.code()).as(ended.err() + "; " + SEED).isZero();
        return JsonMapper.builder().build().readTree(ended.out());
    }

    @Test
    void goesOnWhereItWasWheneverItIsKilled() throws Exception {
        Gen gen = SEED.gen();
        Map<String, String> before = segments();
        int kills = 0;
        for (int round = 0; round < ROUNDS; round++) {
            kills += killed(round, gen) ? 1 : 0;
            Map<String, String> after = segments();
            assertThat(after).as("round %d; %s", round, SEED).containsAllEntriesOf(before);
            before = after;
        }
        JsonNode end = json(Child.run(add(), SECONDS_MAX));
        Map<String, String> all = segments();
        assertThat(kills).as("kills before the end; %s", SEED).isPositive();
        assertThat(all).as(SEED.toString()).containsAllEntriesOf(before).hasSize(documents);
        assertThat(end.path("documents").asInt()).isEqualTo(documents);
        assertThat(end.path("segments").asInt()).isEqualTo(documents);
        int readLast = documents - before.size();
        assertThat(end.path("readTokens").asDouble() / end.path("tokens").asDouble()).as("read by the last one; %s", SEED)
                .isBetween(0.8 * readLast / documents, 1.2 * readLast / documents);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(memory, ".*")) {
            assertThat(left).as("temporary files; %s", SEED).isEmpty();
        }
        assertThat(json(Child.run(program("desk", "verify", "killed", "--json"))).path("isSound").asBoolean()).isTrue();
        assertThat(json(Child.run(program("verify", "--json"))).path("isSound").asBoolean()).isTrue();
        assertThat(json(Child.run(program("jobs", "show", end.path("job").asString(), "--json"))).path("state").asString())
                .isEqualTo("done");
        assertThat(json(Child.run(add())).path("readTokens").asInt()).as("read once more; %s", SEED).isZero();
        System.out.printf("kill loop of reading: %d kills in %d rounds, %d segments, %d of them read by the last run%n", kills,
                ROUNDS, all.size(), readLast);
    }
}
