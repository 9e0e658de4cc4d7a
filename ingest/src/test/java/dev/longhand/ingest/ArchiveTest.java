package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Mutator;
import dev.longhand.testkit.Seed;
import dev.longhand.testkit.SourcePackages;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveTest {
    @TempDir
    private Path root;

    private void put(String name, byte[] bytes) throws IOException {
        Files.write(root.resolve(name), bytes);
    }

    @Test
    void readsEveryFormatAsAFolder() throws Exception {
        byte[] tar = Packs.tar("./top/b.md", "# B\n\nbody\n", "top/a.txt", "text\n", "top/empty/", "");
        put("one.zip", Packs.zip("top/b.md", "# B\n\nbody\n", "top/", "", "top/a.txt", "text\n"));
        put("two.tar", tar);
        put("three.tar.gz", Packs.gz(tar));
        put("four.TGZ", Packs.gz(tar));
        put("five.log.gz", Packs.gz(Packs.bytes("a line\n")));
        put("six.jar", Packs.zip("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"));
        Collected got = Collected.of(root);
        assertThat(got.skips).isEmpty();
        assertThat(got.paths()).containsExactly("five.log.gz!/five.log",
                "four.TGZ!/top/b.md", "four.TGZ!/top/a.txt",
                "one.zip!/top/a.txt", "one.zip!/top/b.md",
                "six.jar!/META-INF/MANIFEST.MF",
                "three.tar.gz!/top/b.md", "three.tar.gz!/top/a.txt",
                "two.tar!/top/b.md", "two.tar!/top/a.txt");
        assertThat(got.document("one.zip!/top/b.md").kind()).isEqualTo(Kind.MARKDOWN);
        assertThat(got.document("three.tar.gz!/top/b.md").contentHash())
                .isEqualTo(got.document("one.zip!/top/b.md").contentHash());
    }

    @Test
    void readsADocumentOfAnArchiveAgain() throws Exception {
        Files.createDirectories(root.resolve("d"));
        put("d/a.zip", Packs.zip("x/b.txt", "inside\n", "in.tgz", Packs.gz(Packs.tar("y.txt", "deeper\n"))));
        assertThat(Collected.of(root).paths()).containsExactly("d/a.zip!/in.tgz!/y.txt", "d/a.zip!/x/b.txt");
        for (String path : Collected.of(root).paths()) {
            assertThat(Ingest.standard().read(root, path).path()).isEqualTo(path);
        }
        assertThat(Ingest.standard().read(root, "d/a.zip!/in.tgz!/y.txt").source().line(1)).isEqualTo("deeper");
        assertThat(Ingest.standard().read(root.resolve("d/a.zip"), "a.zip!/x/b.txt").source().line(1)).isEqualTo("inside");
        assertThatThrownBy(() -> Ingest.standard().read(root, "d/a.zip!/x/none.txt"))
                .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.kind()).isEqualTo(Problem.Kind.NOT_FOUND));
        assertThat(Collected.of(root.resolve("d/a.zip")).paths()).containsExactly("a.zip!/in.tgz!/y.txt", "a.zip!/x/b.txt");
    }

    /** Goal: an archive is as good as its folder. Method: a real source distribution, packed by the system's own tools. */
    @Test
    void readsARealDistributionAsItsFolder() throws Exception {
        Path unpacked = SourcePackages.CLICK.folder();
        Path tar = root.resolve("click.tar.gz");
        Path zip = root.resolve("click.zip");
        run("python3", "-m", "tarfile", "-c", tar.toString(), unpacked.toString());
        run("python3", "-m", "zipfile", "-c", zip.toString(), unpacked.toString());
        Collected folder = Collected.of(unpacked);
        List<String> hashes = folder.documents.stream().map(d -> d.contentHash().hex()).sorted().toList();
        assertThat(hashes.size()).isGreaterThan(100);
        Collected zipped = Collected.of(zip);
        assertThat(zipped.documents.stream().map(d -> d.contentHash().hex()).sorted().toList()).isEqualTo(hashes);
        assertThat(Collected.of(tar).documents.stream().map(d -> d.contentHash().hex()).sorted().toList()).isEqualTo(hashes);
        for (Document each : List.of(zipped.documents.getFirst(), zipped.documents.getLast())) {
            assertThat(Ingest.standard().read(zip, each.path()).source().chars()).isEqualTo(each.source().chars());
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    @Test
    void recordsNamesThatLeadElsewhereAndLinksAndDevices() throws Exception {
        put("bad.zip", Packs.zip("../up.txt", "x\n", "/etc/passwd", "x\n", "a/../../b.txt", "x\n", "c:/x.txt", "x\n",
                "d\\..\\e.txt", "x\n", "nul\0.txt", "x\n", "CON", "x\n", "sub/lpt1.txt", "x\n", "turn\u202e.txt", "x\n",
                "link", 0120777,
                "pipe", 0010644, "x.zip!/y.txt", "x\n", "good.txt", "x\n"));
        put("bad.tar", Packs.tar("../up.txt", "x\n", "//abs.txt", "x\n", "link", TarConstants.LF_SYMLINK,
                "hard", TarConstants.LF_LINK, "pipe", TarConstants.LF_FIFO, "device", TarConstants.LF_CHR, "good.txt", "x\n"));
        Collected got = Collected.of(root);
        assertThat(got.paths()).containsExactly("bad.tar!/good.txt", "bad.zip!/good.txt");
        for (String name : List.of("../up.txt", "a/../../b.txt", "c:/x.txt", "d/../e.txt", "nul\\x00.txt", "CON", "sub/lpt1.txt",
                "turn\\u202e.txt", "x.zip!/y.txt", "/etc/passwd")) {
            assertThat(got.reason("bad.zip!/" + name)).as(name).isEqualTo(Skip.Reason.BAD_NAME);
        }
        assertThat(got.reason("bad.tar!/../up.txt")).isEqualTo(Skip.Reason.BAD_NAME);
        assertThat(got.reason("bad.tar!///abs.txt")).isEqualTo(Skip.Reason.BAD_NAME);
        for (String name : List.of("bad.zip!/link", "bad.tar!/link", "bad.tar!/hard")) {
            assertThat(got.reason(name)).as(name).isEqualTo(Skip.Reason.SYMLINK);
        }
        for (String name : List.of("bad.zip!/pipe", "bad.tar!/pipe", "bad.tar!/device")) {
            assertThat(got.reason(name)).as(name).isEqualTo(Skip.Reason.SPECIAL_FILE);
        }
        try (Stream<Path> left = Files.list(root)) {
            assertThat(left.map(p -> p.getFileName().toString())).containsExactlyInAnyOrder("bad.zip", "bad.tar");
        }
    }

    @Test
    void keepsNamesOfOtherAlphabets() throws Exception {
        put("a.zip", Packs.zip("é/文件.txt", "x\n"));
        put("a.tar", Packs.tar("é/文件.txt", "x\n"));
        assertThat(Collected.of(root).paths()).containsExactly("a.tar!/é/文件.txt", "a.zip!/é/文件.txt");
        assertThat(Ingest.standard().read(root, "a.zip!/é/文件.txt").source().line(1)).isEqualTo("x");
    }

    @Test
    void takesTheFirstOfTwoEntriesOfOneName() throws Exception {
        put("a.tar", Packs.tar("x.txt", "first\n", "./x.txt", "second\n", "X.txt", "third\n"));
        Collected got = Collected.of(root);
        assertThat(got.document("a.tar!/x.txt").source().line(1)).isEqualTo("first");
        assertThat(got.document("a.tar!/X.txt").source().line(1)).isEqualTo("third");
        assertThat(got.skips).containsExactly(
                new Skip("a.tar!/x.txt", Skip.Reason.BAD_NAME, "another entry before it has the same name"));
        assertThat(Ingest.standard().read(root, "a.tar!/x.txt").source().line(1)).isEqualTo("first");
    }

    @Test
    void leavesOutVendoredFoldersAndCountsWhatIsBinary() throws Exception {
        put("lib.jar", Packs.zip("a/A.class", new byte[] {1, 0, 0}, "a/B.class", new byte[] {1, 0, 0}, "e.txt", "",
                "node_modules/x.js", "x\n", "node_modules/y.js", "x\n", ".git/config", "x\n", "yarn.lock", "x\n"));
        assertThat(Collected.of(root).skips).containsExactly(
                new Skip("lib.jar!/.git", Skip.Reason.GIT_FOLDER, ""),
                new Skip("lib.jar!/node_modules", Skip.Reason.VENDORED, "a folder of other people's or machine-made files"),
                new Skip("lib.jar!/yarn.lock", Skip.Reason.LOCK_FILE, "its name says so"),
                new Skip("lib.jar!/e.txt", Skip.Reason.EMPTY, ""),
                new Skip("lib.jar!/", Skip.Reason.BINARY, "2 files in it, the first is a/A.class"));
    }

    /** Goal: a bomb costs no more than its limits. Method: zeros, a file in many overlapping names, archives in archives. */
    @Test
    void leavesABombAtItsLimit() throws Exception {
        byte[] zeros = new byte[64 << 20];
        Arrays.fill(zeros, (byte) '\n');
        byte[] bomb = Packs.zip("0.bin", zeros);
        put("a.txt", Packs.bytes("before\n"));
        put("bomb.zip", Packs.zip("x.zip", bomb, "y.zip", bomb));
        put("bomb.gz", Packs.gz(zeros));
        put("bomb.tgz", Packs.gz(Packs.tar("big.txt", zeros, "after.txt", "x\n")));
        put("z.txt", Packs.bytes("after\n"));
        Collected got = Collected.of(root);
        assertThat(got.paths()).containsExactly("a.txt", "z.txt");
        assertThat(got.reason("bomb.zip!/x.zip!/0.bin")).isEqualTo(Skip.Reason.TOO_LARGE);
        assertThat(got.reason("bomb.gz!/bomb")).isEqualTo(Skip.Reason.TOO_LARGE);
        assertThat(got.reason("bomb.tgz")).isEqualTo(Skip.Reason.ARCHIVE_LIMIT);
        assertThat(got.summary.complete()).isTrue();
    }

    @Test
    void namesTheLimitThatAnArchiveIsOver() throws Exception {
        ArchiveLimits tight = new ArchiveLimits(3, 1, 1_000, 100, 1_000, 1 << 12);
        put("many.zip", Packs.zip("1.txt", "x\n", "2.txt", "x\n", "3.txt", "x\n", "4.txt", "x\n"));
        put("much.zip", Packs.zip("1.txt", "x\n", "2.txt", "y".repeat(2_000), "3.txt", "x\n"));
        put("deep.zip", Packs.zip("in.zip", Packs.zip("a.txt", "x\n"), "z.txt", "z\n"));
        put("wide.tar", Packs.tar("n".repeat(25_000), "x\n", "z.txt", "z\n"));
        Collected got = Collected.of(root, Limits.DEFAULT.withArchive(tight));
        String rest = "; nothing after this point of it was read";
        assertThat(got.paths()).containsExactly("deep.zip!/z.txt", "many.zip!/1.txt", "many.zip!/2.txt", "many.zip!/3.txt",
                "much.zip!/1.txt");
        assertThat(got.skips).containsExactly(
                new Skip("deep.zip!/in.zip", Skip.Reason.ARCHIVE_LIMIT, "an archive at depth 2; the limit is 1"),
                new Skip("many.zip", Skip.Reason.ARCHIVE_LIMIT, "more than 3 entries" + rest),
                new Skip("much.zip", Skip.Reason.ARCHIVE_LIMIT, "it unpacks to more than 1.0 kB" + rest),
                new Skip("wide.tar", Skip.Reason.ARCHIVE_LIMIT, "it unpacks to more than 1.0 kB" + rest));
        Collected wide = Collected.of(root.resolve("wide.tar"),
                Limits.DEFAULT.withArchive(new ArchiveLimits(3, 1, 1 << 20, 100, 1_000, 1 << 12)));
        assertThat(wide.skips.getFirst().detail()).startsWith("the headers of an entry are longer than 4.1 kB");
    }

    /** Goal: a directory cannot fill the memory. Method: 400,000 entries of no content, whose directory has 24 MB. */
    @Test
    void refusesADirectoryOfTooManyEntries() throws Exception {
        Object[] entries = new Object[800_000];
        for (int i = 0; i < entries.length; i += 2) {
            entries[i] = "f" + i;
            entries[i + 1] = "";
        }
        put("wide.zip", Packs.zip(entries));
        assertThat(Collected.of(root).skips).containsExactly(new Skip("wide.zip", Skip.Reason.ARCHIVE_LIMIT,
                "its directory is longer than 16.8 MB; nothing after this point of it was read"));
    }

    @Test
    void readsNothingThatNeedsAPassword() throws Exception {
        byte[] zip = Packs.zip("a.txt", "x\n");
        int local = 6;
        int central = indexOf(zip, new byte[] {'P', 'K', 1, 2}) + 8;
        zip[local] |= 1;
        zip[central] |= 1;
        put("a.zip", zip);
        assertThat(Collected.of(root).skips).containsExactly(
                new Skip("a.zip!/a.txt", Skip.Reason.ARCHIVE_ENCRYPTED, "it needs a password"));
    }

    private static int indexOf(byte[] bytes, byte[] what) {
        for (int i = 0; i + what.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + what.length, what, 0, what.length)) {
                return i;
            }
        }
        throw new AssertionError("not there");
    }

    /**
     * Goal: whatever an archive holds, the call ends with documents and skips. Method: hundreds of
     * damaged copies of each format, between two sound files.
     */
    @Test
    void damagedArchivesAreSkipsAndTheRestGoesOn() throws Exception {
        Seed seed = Seed.of("ingest", ArchiveTest.class, 20_261_128);
        byte[] tar = Packs.tar("a.txt", "text of a\n".repeat(20), "b/c.md", "# C\n", "l", TarConstants.LF_SYMLINK,
                "n".repeat(150) + ".txt", "long\n");
        byte[] zip = Packs.zip("a.txt", "text of a\n".repeat(20), "b/c.md", "# C\n", "in.tar", tar);
        Map<String, byte[]> sound = Map.of("x.zip", zip, "x.tar", tar, "x.tgz", Packs.gz(tar), "x.txt.gz", Packs.gz(zip));
        put("a.txt", Packs.bytes("before\n"));
        put("z.txt", Packs.bytes("after\n"));
        Gen gen = seed.gen();
        for (Map.Entry<String, byte[]> each : new TreeMap<>(sound).entrySet()) {
            Mutator mutator = new Mutator(each.getValue(), ByteOrder.LITTLE_ENDIAN, List.of());
            for (int i = 0; i < 500; i++) {
                Mutator.Mutant mutant = mutator.random(gen);
                put(each.getKey(), mutant.bytes());
                Collected got = Collected.of(root);
                assertThat(got.paths()).as("%s, %s, %s", seed, each.getKey(), mutant).contains("a.txt", "z.txt");
            }
            Files.delete(root.resolve(each.getKey()));
        }
    }
}
