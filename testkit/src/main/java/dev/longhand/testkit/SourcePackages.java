package dev.longhand.testkit;

import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Source distributions of other projects, as real documents to ask about: fetched once from the package index by the ordinary pip
 * client, checked by digest, unpacked.
 *
 * <p>Kept beside the test models; several test processes may ask at once (a file lock lets one fetch).
 */
public enum SourcePackages {
    CLICK("click", "8.1.7", "ca9853ad459e787e2192211578cc907e7594e294c7ccc834310722b41b9ca6de"),
    URLLIB3("urllib3", "1.26.18", "f8ecc1bba5667413457c529ab955bf8c67b45db799d159066261719e328580a0"),
    /** Its documents are in Chinese. */
    PYPINYIN("pypinyin", "0.49.0", "a5d61a79c5f48f6b4a422f010c20d48fcd53c705784df4aa80e329493219a4be");

    private final String name;
    private final String version;
    private final String sha256;

    SourcePackages(String name, String version, String sha256) {
        this.name = name;
        this.version = version;
        this.sha256 = sha256;
    }

    /** The unpacked distribution. Callers do not write into it. */
    public Path folder() {
        String full = name + "-" + version;
        try {
            Path cache = Files.createDirectories(RealModels.folder());
            Path unpacked = cache.resolve(full);
            try (FileChannel lock =
                    FileChannel.open(cache.resolve(full + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = lock.lock()) {
                if (!Files.exists(unpacked)) {
                    fetch(cache, full, unpacked);
                }
            }
            return unpacked;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("the source package " + full + " could not be fetched", e);
        }
    }

    private void fetch(Path cache, String full, Path unpacked) throws IOException, InterruptedException {
        Path work = Files.createTempDirectory(cache, full + ".part");
        try {
            run(work, "python3", "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "-q", "-d", work.toString(),
                    name + "==" + version);
            Path archive = work.resolve(full + ".tar.gz");
            Sha256 found = Sha256.ofFile(archive);
            if (!found.hex().equals(sha256)) {
                throw new IOException(archive.getFileName() + " has SHA-256 " + found + ", expected " + sha256);
            }
            run(work, "python3", "-m", "tarfile", "-e", archive.toString(), work.toString());
            Files.move(work.resolve(full), unpacked, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            try (Stream<Path> all = Files.walk(work)) {
                for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    private static void run(Path folder, String... command) throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        int exit = new ProcessBuilder(new ArrayList<>(List.of(command))).directory(folder.toFile())
                .redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + " exited " + exit + ": " + Files.readString(log));
        }
    }
}
