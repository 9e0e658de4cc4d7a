package dev.longhand.bench;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Archives of foreign packages in a cache folder: fetched once, checked by digest, never changed.
 *
 * <p>The folder is {@code packages} beside the models of tests: {@code $LONGHAND_TEST_MODELS}, default
 * {@code ~/.cache/longhand-test-models}. An archive is there whole and right or not at all, so that a fetch that was stopped goes
 * on where it stood. Several processes may ask at once: a file lock lets one fetch.
 */
public final class PackageFetcher {
    /** Name of the environment variable with the folder of the cache. */
    static final String SETTING = "LONGHAND_TEST_MODELS";

    private final Path folder;
    private final PackageClient client;

    public PackageFetcher(Map<String, String> environment) {
        this(cache(environment).resolve("packages"), PackageClient.REAL);
    }

    PackageFetcher(Path folder, PackageClient client) {
        this.folder = folder;
        this.client = client;
    }

    /** The cache that test models and packages share. */
    static Path cache(Map<String, String> environment) {
        String set = environment.get(SETTING);
        return set == null || set.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "longhand-test-models")
                : Path.of(set).toAbsolutePath();
    }

    /** The archive of each package; those that are missing are fetched. In the order of {@code packages}. */
    public Map<ForeignPackage, Path> fetch(List<ForeignPackage> packages) throws Problem {
        Path lockFile = folder.resolve("packages.lock");
        Disk.REAL.createFolders(folder);
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            for (ForeignPackage.Kind kind : ForeignPackage.Kind.values()) {
                List<ForeignPackage> missing = packages.stream()
                        .filter(p -> p.kind() == kind && !Files.exists(folder.resolve(p.archive()))).toList();
                int batch = client.batch(kind);
                for (int i = 0; i < missing.size(); i += batch) {
                    bring(missing.subList(i, Math.min(missing.size(), i + batch)));
                }
            }
        } catch (IOException e) {
            throw Disk.problem("fetching packages into", folder, e);
        }
        Map<ForeignPackage, Path> archives = new LinkedHashMap<>();
        packages.forEach(p -> archives.put(p, folder.resolve(p.archive())));
        return archives;
    }

    private void bring(List<ForeignPackage> batch) throws Problem, IOException {
        Path work = Files.createTempDirectory(folder, "fetch");
        try {
            client.download(batch, work);
            for (ForeignPackage each : batch) {
                Path found = find(work, each);
                Sha256 digest = Sha256.ofFile(found);
                if (!digest.equals(each.sha256())) {
                    throw new Problem(Problem.Kind.MALFORMED, "%s %s has SHA-256 %s, expected %s; it is not what was measured"
                            .formatted(each.name(), each.version(), digest, each.sha256()) + " and is not used");
                }
                Disk.REAL.rename(found, folder.resolve(each.archive()));
            }
        } finally {
            delete(work);
        }
    }

    /** Registries write a name's case and joints in more than one way. */
    private static Path find(Path work, ForeignPackage wanted) throws IOException, Problem {
        String name = plain(wanted.archive());
        try (Stream<Path> files = Files.list(work)) {
            return files.filter(f -> plain(f.getFileName().toString()).equals(name)).findFirst()
                    .orElseThrow(() -> new Problem(Problem.Kind.UNAVAILABLE, "%s %s was fetched, but there is no %s".formatted(
                    wanted.name(), wanted.version(), wanted.archive())));
        }
    }

    private static String plain(String name) {
        return name.toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private static void delete(Path work) throws IOException {
        List<Path> all = new ArrayList<>();
        try (Stream<Path> files = Files.walk(work)) {
            files.sorted(Comparator.reverseOrder()).forEach(all::add);
        }
        for (Path each : all) {
            Files.delete(each);
        }
    }
}
