package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalkTest {
    @TempDir
    Path root;

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void readsAFolderInPathOrderAndReportsEverySkip() throws Exception {
        write("b.md", "# B\n\nbody\n");
        write("a/z.java", "class Z {}\n");
        write("a/empty.txt", "");
        write("a/yarn.lock", "x\n");
        write("a/app.min.js", "x\n");
        write("node_modules/x.js", "x\n");
        write(".git/config", "x\n");
        write(".gitignore", "*.log\n");
        write("run.log", "x\n");
        Files.write(root.resolve("c.bin"), new byte[] {1, 0, 2, 0, 0});
        Collected got = Collected.of(root);
        assertThat(got.paths()).containsExactly(".gitignore", "a/z.java", "b.md");
        assertThat(got.reason("a/empty.txt")).isEqualTo(Skip.Reason.EMPTY);
        assertThat(got.reason("a/yarn.lock")).isEqualTo(Skip.Reason.LOCK_FILE);
        assertThat(got.reason("a/app.min.js")).isEqualTo(Skip.Reason.MINIFIED);
        assertThat(got.reason("node_modules")).isEqualTo(Skip.Reason.VENDORED);
        assertThat(got.reason(".git")).isEqualTo(Skip.Reason.GIT_FOLDER);
        assertThat(got.reason("run.log")).isEqualTo(Skip.Reason.IGNORED);
        assertThat(got.reason("c.bin")).isEqualTo(Skip.Reason.BINARY);
        assertThat(got.summary).isEqualTo(new Summary(3, 0, got.skips.size(), got.summary.bytesRead(), true));
        Document java = got.document("a/z.java");
        assertThat(java.kind()).isEqualTo(Kind.CODE);
        assertThat(java.language()).isEqualTo("java");
        assertThat(java.contentHash()).isEqualTo(Sha256.of("class Z {}\n"));
    }

    @Test
    void anEmptyFolderGivesNothingAndIsComplete() throws Exception {
        assertThat(Collected.of(root).summary).isEqualTo(new Summary(0, 0, 0, 0, true));
    }

    @Test
    void readsASingleFileUnderItsName() throws Exception {
        write("x/only.txt", "one line\n");
        assertThat(Collected.of(root.resolve("x/only.txt")).paths()).containsExactly("only.txt");
        assertThat(Ingest.standard().read(root.resolve("x/only.txt"), "only.txt").source().line(1)).isEqualTo("one line");
    }

    @Test
    void saysThatAMissingRootDoesNotExist() {
        assertThatThrownBy(() -> Collected.of(root.resolve("gone")))
                .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.kind()).isEqualTo(Problem.Kind.NOT_FOUND))
                .hasMessageContaining("gone does not exist");
    }

    /** Goal: no extraction for content that is held already. Method: remember hashes, walk twice, change one file between. */
    @Test
    void leavesOutWhatTheListenerKnows() throws Exception {
        write("a.txt", "one\n");
        write("b.txt", "two\n");
        Set<Sha256> held = new HashSet<>();
        List<String> read = new ArrayList<>();
        Listener listener = new Listener() {
            @Override
            public boolean isKnown(SourceFile file) {
                return !held.add(file.contentHash());
            }

            @Override
            public void document(Document document) {
                read.add(document.path());
            }

            @Override
            public void skip(Skip skip) {
                throw new AssertionError(skip);
            }
        };
        Ingest.standard().walk(root, listener);
        write("b.txt", "two, changed\n");
        Summary second = Ingest.standard().walk(root, listener);
        assertThat(read).containsExactly("a.txt", "b.txt", "b.txt");
        assertThat(second.known()).isEqualTo(1);
    }

    @Test
    void skipsASparseTwoGigabyteBinaryWithoutReadingIt() throws Exception {
        try (RandomAccessFile big = new RandomAccessFile(root.resolve("big.bin").toFile(), "rw")) {
            big.setLength(2L << 30);
        }
        long start = Clock.SYSTEM.nanos();
        Collected got = Collected.of(root);
        assertThat(got.reason("big.bin")).isEqualTo(Skip.Reason.BINARY);
        assertThat(Clock.SYSTEM.secondsSince(start)).isLessThan(1.0);
    }

    @Test
    void skipsALargeTextWithItsSizeAndTheLimit() throws Exception {
        Files.writeString(root.resolve("big.txt"), "line\n".repeat(2_000_000));
        Collected got = Collected.of(root);
        assertThat(got.skips).containsExactly(new Skip("big.txt", Skip.Reason.TOO_LARGE, "10.0 MB; the limit is 8.4 MB"));
    }

    @Test
    void recordsLinksAndNeverFollowsThem() throws Exception {
        write("real.txt", "text\n");
        Files.createDirectories(root.resolve("loop/inner"));
        Files.createSymbolicLink(root.resolve("loop/inner/up"), root.resolve("loop"));
        Files.createSymbolicLink(root.resolve("loop/self"), Path.of("self"));
        Files.createSymbolicLink(root.resolve("etc"), Path.of("/etc"));
        Files.createSymbolicLink(root.resolve("passwd"), Path.of("/etc/passwd"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
        Collected got = Collected.of(root);
        assertThat(got.paths()).containsExactly("real.txt");
        for (String link : List.of("loop/inner/up", "loop/self", "etc", "passwd", "dangling")) {
            assertThat(got.reason(link)).isEqualTo(Skip.Reason.SYMLINK);
        }
        assertThatThrownBy(() -> Ingest.standard().read(root, "passwd")).hasMessageContaining("symbolic link");
        assertThatThrownBy(() -> Ingest.standard().read(root, "etc/passwd")).isInstanceOf(Problem.class);
        assertThatThrownBy(() -> Ingest.standard().read(root, "../x")).isInstanceOf(IllegalArgumentException.class);
    }

    /**
     * Goal: nothing outside the root is ever read. Method: a thread keeps swapping a file and a folder against links that lead
     * outside while the tree is walked again and again.
     */
    @Test
    void readsNothingOutsideWhileLinksAreSwapped(@TempDir Path outside) throws Exception {
        Files.writeString(outside.resolve("secret.txt"), "SECRET\n");
        write("in/file.txt", "inside\n");
        write("in/folder/secret.txt", "inside\n");
        Files.createSymbolicLink(root.resolve("file.link"), outside.resolve("secret.txt"));
        Files.createSymbolicLink(root.resolve("folder.link"), outside);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicBoolean failed = new AtomicBoolean();
        Thread swapper = Thread.ofPlatform().start(() -> swap(stop, failed));
        try {
            long start = Clock.SYSTEM.nanos();
            int seen = 0;
            while (Clock.SYSTEM.secondsSince(start) < 2) {
                Collected got = Collected.of(root.resolve("in"));
                assertThat(got.documents).allSatisfy(d -> assertThat(d.source().chars()).isEqualTo("inside\n"));
                seen += got.documents.size();
            }
            assertThat(seen).isPositive();
        } finally {
            stop.set(true);
            swapper.join();
        }
        assertThat(failed).isFalse();
    }

    private void swap(AtomicBoolean stop, AtomicBoolean failed) {
        try {
            while (!stop.get()) {
                for (String name : List.of("file.txt", "folder")) {
                    Path real = root.resolve("in").resolve(name);
                    Path link = root.resolve(name.equals("folder") ? "folder.link" : "file.link");
                    Path aside = root.resolve("aside");
                    Files.move(real, aside);
                    Files.move(link, real);
                    Files.move(real, link);
                    Files.move(aside, real);
                }
            }
        } catch (IOException e) {
            failed.set(true);
        }
    }

    /** Goal: the same where folders have no handles. Method: the by-path variant on a still tree with a swapped parent. */
    @Test
    void theByPathVariantRefusesAFolderThatLeadsElsewhere(@TempDir Path outside) throws Exception {
        Files.writeString(outside.resolve("secret.txt"), "SECRET\n");
        write("d/secret.txt", "inside\n");
        Path real = root.toRealPath();
        try (Folder folder = new Folder.Checked(real, real); Folder inner = folder.folder(Path.of("d"))) {
            Files.move(root.resolve("d"), root.resolve("e"));
            Files.createSymbolicLink(root.resolve("d"), outside);
            assertThatThrownBy(() -> inner.file(Path.of("secret.txt"))).hasMessageContaining("leads elsewhere");
            assertThatThrownBy(() -> inner.names(10)).hasMessageContaining("leads elsewhere");
        }
    }

    @Test
    void neverOpensAPipeOrADevice() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", root.resolve("pipe.txt").toString()).start().waitFor()).isZero();
        Collected got = org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10),
                () -> Collected.of(root));
        assertThat(got.reason("pipe.txt")).isEqualTo(Skip.Reason.SPECIAL_FILE);
        assertThatThrownBy(() -> Collected.of(Path.of("/dev/null"))).hasMessageContaining("neither a folder nor a regular file");
    }

    @Test
    void reportsAFileThatVanishesOrCannotBeRead() throws Exception {
        write("a.txt", "first\n");
        write("b.txt", "second\n");
        write("d/c.txt", "third\n");
        Collected got = new Collected();
        Listener deleting = new Listener() {
            @Override
            public void document(Document document) throws Problem {
                got.document(document);
                try {
                    Files.deleteIfExists(root.resolve("b.txt"));
                    Files.deleteIfExists(root.resolve("d/c.txt"));
                    Files.deleteIfExists(root.resolve("d"));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }

            @Override
            public void skip(Skip skip) {
                got.skip(skip);
            }
        };
        Ingest.standard().walk(root, deleting);
        assertThat(got.paths()).containsExactly("a.txt");
        assertThat(got.skips).containsExactly(
                new Skip("b.txt", Skip.Reason.UNREADABLE, "it vanished while the folder was read"),
                new Skip("d", Skip.Reason.UNREADABLE, "it vanished while the folder was read"));
    }

    /**
     * Goal: a refused file is a skip. Method: take the read permission; for root, who may read all, the rule is that it is read.
     */
    @Test
    void skipsAFileWithoutPermission() throws Exception {
        write("a.txt", "x\n");
        root.resolve("a.txt").toFile().setReadable(false, false);
        Collected got = Collected.of(root);
        if (Files.isReadable(root.resolve("a.txt"))) {
            assertThat(got.paths()).containsExactly("a.txt");
        } else {
            assertThat(got.skips).containsExactly(new Skip("a.txt", Skip.Reason.UNREADABLE, "permission denied"));
        }
    }

    @Test
    void skipsNamesThatCannotStandInACitation() throws Exception {
        String dir = root.toString();
        String script = "cd \"$0\" && echo x > $'new\\nline.txt' && echo x > $'bad\\xff.txt' && echo x > $'bidi\\xe2\\x80\\xae.txt'"
                + " && echo x > CON && echo x > 'a:b.txt' && echo x > $'\\xe4\\xb8\\xad.txt'";
        assertThat(new ProcessBuilder("bash", "-c", script, dir).start().waitFor()).isZero();
        Collected got = Collected.of(root);
        assertThat(got.paths()).containsExactly("CON", "a:b.txt", "中.txt");
        assertThat(got.reason("new\\nline.txt")).isEqualTo(Skip.Reason.BAD_NAME);
        assertThat(got.reason("bad\\xff.txt")).isEqualTo(Skip.Reason.BAD_NAME);
        assertThat(got.reason("bidi\\u202e.txt")).isEqualTo(Skip.Reason.BAD_NAME);
        assertThat(Ingest.standard().read(root, "中.txt").source().line(1)).isEqualTo("x");
    }

    /** Goal: names do not depend on the locale. Method: walk in a JVM whose locale knows only ASCII. */
    @Test
    void readsUnicodeNamesInAnAsciiLocale() throws Exception {
        write("文件夹/é 中文.txt", "x\n");
        write(".gitignore", "*.log\n");
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), PrintPaths.class.getName()).directory(root.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
        builder.environment().put("LC_ALL", "C");
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
                .containsExactly(".gitignore", "文件夹/é 中文.txt");
    }

    @Test
    void stopsAtTheDepthLimitOfAFiveThousandDeepTree() throws Exception {
        // A path of 5,000 names is longer than the system takes at once: build it relative to the folder reached so far.
        String script = "import os,sys\nos.chdir(sys.argv[1])\nfor i in range(5000):\n os.mkdir('d'); os.chdir('d')\n";
        assertThat(new ProcessBuilder("python3", "-c", script, root.toString()).start().waitFor()).isZero();
        Collected got = Collected.of(root);
        assertThat(got.skips).singleElement().satisfies(skip -> {
            assertThat(skip.reason()).isEqualTo(Skip.Reason.TOO_DEEP);
            assertThat(skip.detail()).isEqualTo("a folder at depth 65; the limit is 64");
        });
        String undo = "import os,sys\nos.chdir(sys.argv[1])\nfor i in range(5000):\n os.chdir('d')\nfor i in range(5000):\n"
                + " os.chdir('..'); os.rmdir('d')\n";
        assertThat(new ProcessBuilder("python3", "-c", undo, root.toString()).start().waitFor()).isZero();
    }

    @Test
    void stopsAtTheLimitsOnTheWholeAndSaysWhere() throws Exception {
        for (int i = 0; i < 10; i++) {
            write("f" + i + ".txt", "0123456789\n");
        }
        Map<String, Limits> cases = Map.of(
                "3 files were read", Limits.DEFAULT.withFiles(3),
                "33 B were read", Limits.DEFAULT.withTotalBytes(30));
        cases.forEach((why, limits) -> {
            try {
                Collected got = Collected.of(root, limits);
                assertThat(got.paths()).as(why).containsExactly("f0.txt", "f1.txt", "f2.txt");
                assertThat(got.reason("f3.txt")).isEqualTo(Skip.Reason.TOO_MANY);
                assertThat(got.skips.getFirst().detail()).startsWith(why);
                assertThat(got.summary.complete()).isFalse();
            } catch (Problem e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void stopsBeforeAFolderWithTooManyNames() throws Exception {
        write("a/1.txt", "x\n");
        for (int i = 0; i < 10; i++) {
            write("b/" + i + ".txt", "x\n");
        }
        Collected got = Collected.of(root, Limits.DEFAULT.withEntries(8));
        assertThat(got.paths()).containsExactly("a/1.txt");
        assertThat(got.reason("b")).isEqualTo(Skip.Reason.TOO_MANY);
        assertThat(got.summary.complete()).isFalse();
    }

    @Test
    void anInterruptEndsTheWalk() throws Exception {
        write("a.txt", "x\n");
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> Collected.of(root))
                    .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.kind()).isEqualTo(Problem.Kind.CANCELLED));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
