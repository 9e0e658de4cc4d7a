package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheEditor;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.revwalk.RevCommit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitTest {
    @TempDir
    private Path temp;

    private Path root;

    @BeforeEach
    void name() {
        root = temp.resolve("repo");
        GitQuiet.install();
    }

    private void write(String path, String text) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(root.resolve(path), text);
    }

    private RevCommit commit(Git git, String message) throws Exception {
        git.add().addFilepattern(".").call();
        git.add().setUpdate(true).addFilepattern(".").call();
        return git.commit().setMessage(message).setAuthor("a", "a@example.org").setCommitter("a", "a@example.org").setSign(false)
                .call();
    }

    private Git repository() throws Exception {
        Git git = Git.init().setDirectory(root.toFile()).setInitialBranch("main").call();
        write("README.md", "# Read\n\nme\n");
        write("src/a.c", "int a(void) { return 1; }\n");
        write("src/b.c", "int b(void) { return 2; }\n");
        commit(git, "first");
        return git;
    }

    private Collected walk(Path path, String revision) throws Problem {
        Collected got = new Collected();
        got.summary = Ingest.standard().walkGit(path, revision, got);
        return got;
    }

    @Test
    void readsTheFilesOfARevisionAndNotTheFolder() throws Exception {
        try (Git git = repository()) {
            String first = Ingest.standard().gitCommit(root, "HEAD");
            write("src/b.c", "int b(void) { return 3; }\n");
            write("late.txt", "late\n");
            commit(git, "second");
            write("README.md", "# Not committed\n");
            assertThat(walk(root, "HEAD").paths()).containsExactly("README.md", "late.txt", "src/a.c", "src/b.c");
            assertThat(walk(root, "HEAD").document("README.md").source().line(1)).isEqualTo("# Read");
            Collected old = walk(root, first);
            assertThat(old.paths()).containsExactly("README.md", "src/a.c", "src/b.c");
            assertThat(old.document("src/b.c").source().line(1)).contains("return 2");
            assertThat(old.skips).isEmpty();
            assertThat(old.document("src/b.c").file().modifiedMs()).isPositive();
            assertThat(walk(root, "HEAD~1").paths()).isEqualTo(old.paths());
            assertThat(Ingest.standard().readGit(root, first, "src/b.c").source().line(1)).contains("return 2");
            assertThat(Ingest.standard().readGit(root, "main", "src/b.c").source().line(1)).contains("return 3");
            assertThatThrownBy(() -> Ingest.standard().readGit(root, first, "late.txt"))
                    .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.kind()).isEqualTo(Problem.Kind.NOT_FOUND));
        }
    }

    @Test
    void readsABareRepositoryAndOneWhoseObjectsArePacked() throws Exception {
        try (Git git = repository()) {
            Path bare = temp.resolve("bare.git");
            Git.cloneRepository().setURI(root.toUri().toString()).setDirectory(bare.toFile()).setBare(true).call().close();
            assertThat(walk(bare, "main").paths()).isEqualTo(walk(root, "main").paths());
            git.gc().call();
            assertThat(walk(root, "main").paths()).containsExactly("README.md", "src/a.c", "src/b.c");
        }
    }

    /** Goal: a refresh loads changed blobs only. Method: a listener that holds stats, with a count of what is hashed. */
    @Test
    void loadsChangedBlobsOnly() throws Exception {
        try (Git git = repository()) {
            Map<String, FileStat> held = new HashMap<>();
            List<String> hashed = new ArrayList<>();
            Listener listener = new Listener() {
                @Override
                public boolean isUnchanged(FileStat stat) {
                    assertThat(stat.fileKey()).matches("git:[0-9a-f]{40}");
                    return stat.equals(held.put(stat.path(), stat));
                }

                @Override
                public boolean isKnown(SourceFile file) {
                    hashed.add(file.path());
                    return false;
                }

                @Override
                public void document(Document document) {}

                @Override
                public void skip(Skip skip) {
                    throw new AssertionError(skip);
                }
            };
            Ingest.standard().walkGit(root, "HEAD", listener);
            write("src/a.c", "int a(void) { return 9; }\n");
            commit(git, "second");
            hashed.clear();
            Summary again = Ingest.standard().walkGit(root, "HEAD", listener);
            assertThat(hashed).containsExactly("src/a.c");
            assertThat(again).isEqualTo(new Summary(1, 2, 0, again.bytesRead(), true));
        }
    }

    @Test
    void recordsSubmodulesLinksPointersAndWhatIsVendored() throws Exception {
        try (Git git = repository()) {
            write("big.psd", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a".repeat(64) + "\nsize 123456789\n");
            write("node_modules/x.js", "x\n");
            Files.createSymbolicLink(root.resolve("link"), Path.of("/etc/passwd"));
            Files.write(root.resolve("docs.zip"), Packs.zip("in/side.txt", "inside\n"));
            Files.write(root.resolve("blob.bin"), new byte[] {1, 0, 0, 2});
            git.add().addFilepattern(".").call();
            DirCache cache = git.getRepository().lockDirCache();
            DirCacheEditor editor = cache.editor();
            editor.add(new DirCacheEditor.PathEdit("third/library") {
                @Override
                public void apply(DirCacheEntry entry) {
                    entry.setFileMode(FileMode.GITLINK);
                    entry.setObjectId(ObjectId.fromString("0123456789012345678901234567890123456789"));
                }
            });
            assertThat(editor.commit()).isTrue();
            git.commit().setMessage("more").setAuthor("a", "a@example.org").setCommitter("a", "a@example.org").setSign(false)
                    .call();
            Collected got = walk(root, "HEAD");
            assertThat(got.paths()).contains("docs.zip!/in/side.txt");
            assertThat(got.skips).containsExactly(
                    new Skip("big.psd", Skip.Reason.LFS_POINTER, "the content, 123.5 MB, is in a store of Git LFS and not here"),
                    new Skip("blob.bin", Skip.Reason.BINARY, "4 B"),
                    new Skip("link", Skip.Reason.SYMLINK, "not followed"),
                    new Skip("node_modules", Skip.Reason.VENDORED, "a folder of other people's or machine-made files"),
                    new Skip("third/library", Skip.Reason.SUBMODULE,
                            "commit 0123456789012345678901234567890123456789 of another repository; not fetched"));
            assertThat(Ingest.standard().readGit(root, "HEAD", "docs.zip!/in/side.txt").source().line(1)).isEqualTo("inside");
            assertThatThrownBy(() -> Ingest.standard().readGit(root, "HEAD", "link")).hasMessageContaining("symbolic link");
            assertThat(Collected.of(root).reason("big.psd")).as("in a plain folder too").isEqualTo(Skip.Reason.LFS_POINTER);
        }
    }

    /** Goal: reading runs and writes nothing. Method: settings that name programs, and the tree of files before and after. */
    @Test
    void runsNoProgramAndWritesNothing() throws Exception {
        try (Git git = repository()) {
            Path touched = temp.resolve("touched");
            Path script = Files.writeString(temp.resolve("evil.sh"), "#!/bin/sh\ntouch " + touched + "\ncat\n");
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            write(".gitattributes", "*.c filter=evil diff=evil\n");
            commit(git, "attributes");
            Files.writeString(root.resolve(".git/config"), """
                    [core]
                    \trepositoryformatversion = 0
                    \tfsmonitor = %1$s
                    \tsshCommand = %1$s
                    [filter "evil"]
                    \tsmudge = %1$s
                    \tclean = %1$s
                    \tprocess = %1$s
                    \trequired = true
                    [diff "evil"]
                    \ttextconv = %1$s
                    """.formatted(script));
            Files.createDirectories(root.resolve(".git/hooks"));
            Files.copy(script, root.resolve(".git/hooks/post-checkout"));
            List<String> before = files();
            assertThat(walk(root, "HEAD").paths()).contains("src/a.c");
            assertThat(files()).isEqualTo(before);
            assertThat(touched).doesNotExist();
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(temp)) {
            return all.sorted().map(p -> p + " " + p.toFile().lastModified() + " " + p.toFile().length()).toList();
        }
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        repository().close();
        assertThatThrownBy(() -> walk(root, "nothing")).hasMessageContaining("has no revision \"nothing\"")
                .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.kind()).isEqualTo(Problem.Kind.NOT_FOUND));
        assertThatThrownBy(() -> walk(root, "a..b^{")).isInstanceOf(Problem.class);
        assertThatThrownBy(() -> walk(temp, "HEAD")).hasMessageContaining("is no git repository");
        assertThatThrownBy(() -> walk(temp.resolve("none"), "HEAD")).hasMessageContaining("does not exist");
    }

    /** Goal: a broken object costs what it holds. Method: each object file cut or filled with rubbish, one after the other. */
    @Test
    void brokenObjectsAreSkipsOrOneProblem() throws Exception {
        repository().close();
        List<Path> objects;
        try (Stream<Path> all = Files.walk(root.resolve(".git/objects"))) {
            objects = all.filter(Files::isRegularFile).toList();
        }
        assertThat(objects.size()).isGreaterThan(4);
        for (Path object : objects) {
            byte[] sound = Files.readAllBytes(object);
            object.toFile().setWritable(true);
            for (byte[] bad : List.of(new byte[0], Packs.bytes("rubbish"), java.util.Arrays.copyOf(sound, sound.length / 2))) {
                Files.write(object, bad);
                try {
                    Collected got = walk(root, "HEAD");
                    assertThat(got.skips).as(object.toString()).isNotEmpty();
                    assertThat(got.skips).allSatisfy(s -> assertThat(s.reason()).isEqualTo(Skip.Reason.UNREADABLE));
                } catch (Problem e) {
                    assertThat(e.kind()).as(object + " " + e).isEqualTo(Problem.Kind.MALFORMED);
                }
            }
            Files.write(object, sound);
        }
        assertThat(walk(root, "HEAD").documents).hasSize(3);
    }

    @Test
    void stopsAtTheLimitsOnTheWhole() throws Exception {
        repository().close();
        Collected got = new Collected();
        Summary summary = new Ingest(Limits.DEFAULT.withFiles(2), Clock.SYSTEM).walkGit(root, "HEAD", got);
        assertThat(summary.complete()).isFalse();
        assertThat(got.paths()).containsExactly("README.md", "src/a.c");
        assertThat(got.reason("src/b.c")).isEqualTo(Skip.Reason.TOO_MANY);
    }
}
