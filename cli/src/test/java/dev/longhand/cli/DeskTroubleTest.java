package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Goal: what goes wrong around a desk ends in a clear message, the rest goes on, and nothing is lost. Method: the program as
 * children with the real SmolLM2, and real bad files.
 */
@Timeout(Child.SECONDS_MAX * 3)
class DeskTroubleTest {
    private static final String QUESTION = "How often does the lighthouse lamp turn?";
    private static final int DOCUMENTS = 40;

    @TempDir
    private Path temp;
    private Path home;
    private Path docs;

    @BeforeEach
    void freshFolder() throws IOException {
        temp = temp.toRealPath();
        home = temp.resolve("home");
        docs = Files.createDirectory(temp.resolve("docs"));
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
    }

    private void writeMany() throws IOException {
        for (int i = 0; i < DOCUMENTS; i++) {
            Files.writeString(docs.resolve("note%02d.md".formatted(i)), ("# Note " + i + "\n\n")
                    + ("The keeper wrote down what boat number " + i + " carried that day.\n").repeat(8));
        }
    }

    private ProcessBuilder program(String... arguments) {
        List<String> command = Child.command(arguments);
        ProcessBuilder builder = Child.builder(home, command);
        builder.environment().put("LONGHAND_MODEL", RealModels.smolLm2().toString());
        return builder;
    }

    private ProcessBuilder add(String... more) {
        List<String> arguments = new ArrayList<>(List.of("desk", "add", docs.toString(), "--desk", "d", "--json"));
        arguments.addAll(List.of(more));
        return program(arguments.toArray(String[]::new));
    }

    private static JsonNode json(Child.Ended ended) {
        assertThat(ended.code()).as(ended.err()).isZero();
        return JsonMapper.builder().build().readTree(ended.out());
    }

    private void mustBeSound() throws Exception {
        assertThat(json(Child.run(program("desk", "verify", "d", "--json"))).path("isSound").asBoolean()).isTrue();
        assertThat(json(Child.run(program("verify", "--json"))).path("isSound").asBoolean()).isTrue();
    }

    /** Waits for the first segment that a process writes. */
    private void awaitSegment(Process process, WatchService watch) throws Exception {
        for (boolean isThere = false; !isThere; ) {
            WatchKey key = watch.poll(Child.SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(key).as("a segment; alive: " + process.isAlive()).isNotNull();
            isThere = key.pollEvents().stream().anyMatch(e -> String.valueOf(e.context()).endsWith(".segment"));
            key.reset();
        }
    }

    private WatchService watchMemory() throws IOException {
        Path memory = Files.createDirectories(home.resolve("desks/d/memory"));
        WatchService watch = memory.getFileSystem().newWatchService();
        memory.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        return watch;
    }

    @Test
    void twoThatReadOneDeskAtOnceDoNotHarmIt() throws Exception {
        writeMany();
        Path said = temp.resolve("said");
        Process first = add().redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(said.toFile()).start();
        Child.Ended second = Child.run(add());
        assertThat(first.waitFor(Child.SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        String both = Files.readString(said) + second.err();
        assertThat(List.of(first.exitValue(), second.code())).as(both).contains(0).isSubsetOf(0, 9);
        if (first.exitValue() + second.code() > 0) {
            assertThat(both).containsPattern("longhand: .*desk d is being read by .*; wait for it to end.*run the command again");
        }
        JsonNode third = json(Child.run(add()));
        assertThat(third.path("documents").asInt()).isEqualTo(DOCUMENTS + 1);
        assertThat(third.path("readTokens").asInt()).as("what both have read").isZero();
        mustBeSound();
    }

    /** Goal: an answer ends well although its desk is gone. Method: remove the desk when the first line is printed. */
    @Test
    void aDeskThatIsRemovedWhileItIsAskedHarmsNothing() throws Exception {
        json(Child.run(add()));
        Path said = temp.resolve("said");
        Process asking = program("ask", docs.toString(), QUESTION, "--desk", "d", "-n", "200", "--temp", "1.5", "--seed", "1")
                .redirectError(said.toFile()).start();
        String out;
        try (BufferedReader lines = asking.inputReader(StandardCharsets.UTF_8)) {
            assertThat(lines.readLine()).contains("lamp.md:1-3");
            assertThat(Child.run(program("desk", "rm", "d")).code()).isZero();
            out = String.join("\n", lines.readAllLines());
        }
        assertThat(asking.waitFor(Child.SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(said)).doesNotContain("internal").doesNotContain("Exception");
        assertThat(asking.exitValue()).as(Files.readString(said)).isZero();
        assertThat(out).contains("Sources").contains("The lighthouse lamp turns every twelve seconds.");
        assertThat(Child.run(program("desk", "show", "d")).code()).isEqualTo(3);
        assertThat(home.resolve("desks/d")).doesNotExist();
    }

    @Test
    void aDeskThatIsRemovedWhileItIsReadEndsTheReadingAndStaysAway() throws Exception {
        writeMany();
        Path said = temp.resolve("said");
        try (WatchService watch = watchMemory()) {
            Process reading = add().redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(said.toFile()).start();
            awaitSegment(reading, watch);
            assertThat(Child.run(program("desk", "rm", "d")).code()).isZero();
            assertThat(reading.waitFor(Child.SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
            if (reading.exitValue() != 0) {
                assertThat(reading.exitValue()).as(Files.readString(said)).isEqualTo(8);
                assertThat(Files.readString(said)).contains("longhand: ").contains("desk d was removed meanwhile");
                assertThat(home.resolve("desks/d/catalogue")).doesNotExist();
            }
        }
        assertThat(Files.readString(said)).doesNotContain("internal").doesNotContain("Exception");
        assertThat(json(Child.run(add())).path("documents").asInt()).isEqualTo(DOCUMENTS + 1);
        mustBeSound();
    }

    /** Goal: Ctrl-C ends reading with 130, says how to go on, and leaves things whole. */
    @Test
    void anInterruptedReadingSaysHowToGoOn() throws Exception {
        writeMany();
        Path said = temp.resolve("said");
        try (WatchService watch = watchMemory()) {
            ProcessBuilder builder = add();
            builder.command(Child.interruptible(builder.command()));
            Process reading = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(said.toFile()).start();
            awaitSegment(reading, watch);
            assertThat(new ProcessBuilder("kill", "-INT", Long.toString(reading.pid())).start().waitFor()).isZero();
            assertThat(reading.waitFor(Child.SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
            assertThat(reading.exitValue()).as(Files.readString(said)).isEqualTo(130);
        }
        assertThat(Files.readString(said)).containsPattern(
                "longhand: reading was stopped: \\d+ of 41 documents and [0-9,]+ of [0-9,]+ tokens are read and stay, and the same "
                + "command goes on from there\n");
        JsonNode again = json(Child.run(add()));
        assertThat(again.path("readTokens").asInt()).isLessThan(again.path("tokens").asInt());
        mustBeSound();
    }

    private static void encryptedPdf(Path file) throws IOException {
        try (PDDocument document = new PDDocument()) {
            document.addPage(new PDPage());
            document.protect(new StandardProtectionPolicy("owner", "secret", new AccessPermission()));
            document.save(file.toFile());
        }
    }

    /** Goal: each bad file is named with its reason, and the good one is read. Method: one of each, a small heap. */
    @Test
    void badFilesAreNamedAndTheRestIsRead() throws Exception {
        encryptedPdf(docs.resolve("locked.pdf"));
        Path log = docs.resolve("big.log");
        Files.writeString(log, "2026-01-01 00:00:00 INFO started\n".repeat(1_000));
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            file.setLength(300L << 20);
        }
        Path secret = Files.writeString(docs.resolve("secret.txt"), "Nobody may read this.\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
        boolean isReadable = Files.isReadable(secret); // by root it is
        List<String> small = new ArrayList<>(add().command());
        small.replaceAll(word -> word.equals("-Xmx512m") ? "-Xmx160m" : word);
        ProcessBuilder builder = add();
        builder.command(small);
        Child.Ended ended = Child.run(builder);
        JsonNode added = json(ended);
        Map<String, String> reasons = new HashMap<>();
        Map<String, String> details = new HashMap<>();
        added.path("skips").forEach(s -> {
            reasons.put(s.path("path").asString(), s.path("reason").asString());
            details.put(s.path("path").asString(), s.path("detail").asString());
        });
        assertThat(reasons).containsEntry("locked.pdf", "pdf-encrypted").containsEntry("big.log", "too-large");
        assertThat(details.get("big.log")).isEqualTo("314.6 MB; the limit is 8.4 MB");
        assertThat(reasons.getOrDefault("secret.txt", "")).isEqualTo(isReadable ? "" : "unreadable");
        assertThat(added.path("documents").asInt()).isEqualTo(isReadable ? 2 : 1);
        assertThat(ended.err()).contains("left out: ").contains("1 encrypted PDF").contains("1 too large");
        Child.Ended shown = Child.run(program("desk", "show", "d"));
        assertThat(shown.out()).contains("big.log: too large (314.6 MB; the limit is 8.4 MB)").contains(
                "locked.pdf: encrypted PDF (it needs a password)");
    }
}
