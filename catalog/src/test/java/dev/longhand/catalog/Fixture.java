package dev.longhand.catalog;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A models folder whose clock, disk room, endpoint and programs the test decides; collects what a person would be told. */
final class Fixture {
    /** Waits so long that a busy machine does not fail a test; those about silence shorten them. */
    static final Limits PATIENT = limits(20_000, 20_000);

    final Path folder;
    final List<Long> sleptSeconds = new CopyOnWriteArrayList<>();
    final List<String> notes = new CopyOnWriteArrayList<>();
    Limits limits = PATIENT;
    URI endpoint = URI.create("http://127.0.0.1:9");
    Optional<String> token = Optional.empty();
    List<Path> modelFolders = List.of();
    List<Path> programFolders = List.of();
    SpaceCheck space = folder -> Long.MAX_VALUE;
    String catalogue = "";

    final Progress progress = new Progress() {
        @Override
        public void note(String line) {
            notes.add(line);
        }
    };

    /** Waits take no time but are written down; lock polls really wait. */
    private final Clock clock = new Clock() {
        @Override
        public long nanos() {
            return Clock.SYSTEM.nanos();
        }

        @Override
        public Instant now() {
            return Instant.parse("2026-01-02T03:04:05Z");
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            if (nanos >= 1_000_000_000L) {
                sleptSeconds.add(nanos / 1_000_000_000L);
            } else {
                Clock.SYSTEM.sleep(nanos);
            }
        }
    };

    Fixture(Path home) {
        this.folder = home.resolve("models");
    }

    static Limits limits(int firstAnswerMs, int stallMs) {
        return new Limits(Duration.ofMillis(firstAnswerMs), Duration.ofMillis(stallMs), Duration.ofSeconds(1),
                Duration.ofSeconds(60),
                3, 20, 1L << 30, 1 << 20);
    }

    /** The bytes of something that says it is a GGUF file. */
    static byte[] model(int bytes, long seed) {
        byte[] content = new Gen(seed).bytes(bytes);
        System.arraycopy("GGUF".getBytes(StandardCharsets.US_ASCII), 0, content, 0, 4);
        return content;
    }

    Models models() {
        Settings settings = new Settings(endpoint, token, false, modelFolders, programFolders, Map.of(), limits);
        return new Models(folder, settings, Catalogue.read(catalogue), new Models.Machine(clock, Disk.REAL, space));
    }

    /** A catalogue of one model, {@code tiny}, with these sources. */
    Fixture offering(byte[] content, String sources) {
        catalogue = """
                [[model]]
                name = "tiny"
                aliases = ["small"]
                title = "Tiny"
                default = true
                architecture = "llama"
                quantisation = "Q8_0"
                licence = "CC0-1.0"
                sizeBytes = %d
                sha256 = "%s"
                sources = [%s]
                """.formatted(content.length, Sha256.of(content), sources);
        return this;
    }

    static String hub() {
        return "{ hub = \"owner/repo\", file = \"tiny.gguf\" }";
    }

    InstalledModel pull(String reference) throws Problem {
        return models().pull(ModelReference.parse(reference), PullOptions.standard(), progress);
    }

    /** What lies in the models folder, without locks, sorted. */
    List<String> files() throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return new ArrayList<>(all.filter(Files::isRegularFile).map(f -> folder.relativize(f).toString())
                    .filter(f -> !f.startsWith(".locks")).sorted().toList());
        }
    }

    static Problem.Kind kindOf(ThrowingCall call) {
        return problemOf(call).kind();
    }

    static Problem problemOf(ThrowingCall call) {
        try {
            call.run();
        } catch (Problem e) {
            return e;
        } catch (Exception e) {
            throw new AssertionError("expected a problem", e);
        }
        throw new AssertionError("expected a problem, nothing was wrong");
    }

    @FunctionalInterface
    interface ThrowingCall {
        void run() throws Exception;
    }
}
