package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: the cache holds right archives only, and a stopped fetch goes on. Method: a client that writes files; no network. */
class PackageFetcherTest {
    private static final ForeignPackage PY = of(ForeignPackage.Kind.PYPI, "my-tool");
    private static final ForeignPackage PY_2 = of(ForeignPackage.Kind.PYPI, "other");
    private static final ForeignPackage JAVA = of(ForeignPackage.Kind.MAVEN, "org.example:lib");

    @TempDir
    private Path folder;

    private final List<String> asked = new ArrayList<>();

    private static ForeignPackage of(ForeignPackage.Kind kind, String name) {
        return new ForeignPackage(kind, name, "1.0", Sha256.of(name), true, "MIT");
    }

    /** @param refused name of the package that cannot be had */
    private PackageFetcher fetcher(String refused, String content) {
        return new PackageFetcher(folder.resolve("packages"), (packages, work) -> {
            for (ForeignPackage each : packages) {
                asked.add(each.name());
                if (each.name().equals(refused)) {
                    throw new Problem(Problem.Kind.UNAVAILABLE, "no network");
                }
                try {
                    Files.writeString(work.resolve(each.archive().replace("my-tool", "My_Tool")),
                            content.isEmpty() ? each.name() : content);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private List<String> cache() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("packages"))) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void fetchesOnceAndGoesOnWhereItStopped() throws Exception {
        List<ForeignPackage> all = List.of(PY, JAVA, PY_2);
        assertThatThrownBy(() -> fetcher("other", "").fetch(all)).hasMessage("no network");
        assertThat(cache()).containsExactly("my-tool-1.0.tar.gz", "packages.lock");
        Map<ForeignPackage, Path> archives = fetcher("", "").fetch(all);
        assertThat(archives.keySet()).containsExactly(PY, JAVA, PY_2);
        assertThat(archives.values()).allSatisfy(f -> assertThat(f).exists());
        assertThat(asked).containsExactly("my-tool", "other", "other", "org.example:lib");
        fetcher("", "").fetch(all);
        assertThat(asked).as("nothing is fetched again").hasSize(4);
        assertThat(cache()).containsExactly("lib-1.0-sources.jar", "my-tool-1.0.tar.gz", "other-1.0.tar.gz", "packages.lock");
    }

    @Test
    void refusesWhatHasAnotherDigest() throws IOException {
        assertThatThrownBy(() -> fetcher("", "changed").fetch(List.of(PY))).isInstanceOf(Problem.class)
                .hasMessageContaining("my-tool 1.0 has SHA-256 " + Sha256.of("changed"));
        assertThat(cache()).containsExactly("packages.lock");
    }

    @Test
    void tellsTheClientsWhatIsPinned() {
        assertThat(PackageClient.Ordinary.requirements(List.of(PY)))
                .isEqualTo("my-tool==1.0 --hash=sha256:" + Sha256.of("my-tool") + "\n");
        assertThat(PackageClient.Ordinary.pom(List.of(JAVA), Path.of("a & b"))).contains("<groupId>org.example</groupId>",
                "<artifactId>lib</artifactId>", "<classifier>sources</classifier>", "<outputDirectory>a &amp; b<");
    }

    @Test
    void refusesNamesThatAreNone() {
        assertThatThrownBy(() -> of(ForeignPackage.Kind.PYPI, "-r")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> of(ForeignPackage.Kind.MAVEN, "a:b<c>")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Goal: the list can carry the measurements. Method: its promises are counted. */
    @Test
    void listsEnoughPackagesOfEachHalfWithPermissiveLicences() {
        List<ForeignPackage> all = ForeignPackage.all();
        assertThat(all).hasSizeGreaterThanOrEqualTo(50);
        assertThat(all).extracting(ForeignPackage::source).doesNotHaveDuplicates();
        assertThat(all).allSatisfy(p -> assertThat(p.licence()).containsPattern("MIT|BSD|Apache-2.0"));
        for (Half half : Half.values()) {
            assertThat(all.stream().filter(p -> p.isSmall() && Half.of(p.source()) == half).count()).as("small, " + half)
                    .isGreaterThanOrEqualTo(LookupTasks.CELL_SOURCES_MIN);
        }
    }
}
