package dev.longhand.testkit;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.DiskCalls;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A disk whose calls are counted, and which refuses or loses power at the call that the test names.
 *
 * <p>Programs see a real folder, changed by each call at once; beside it a {@link WriteList} keeps what a power cut could take
 * back. {@link #crashAt} stops the world in the middle of a call with a {@link PowerCut}: the folder is copied as it is at that
 * moment, and nothing that is done afterwards counts. {@link #images} then makes what could lie on the disk. Files that were not
 * written through this disk are taken as safe; a folder that others made is not, once a file is put into it. Thread-safe; calls
 * are counted from 0.
 *
 * <p>Method of a test: run once and take {@link #calls}; run again for every k with {@code crashAt(k)} and look at all images; run
 * again for every k with {@code failAt(k, ...)}.
 */
public final class FaultyDisk implements DiskCalls {
    /** The power is gone. Not an exception, so that no code under test makes something of it. */
    public static final class PowerCut extends Error {
        PowerCut(String call) {
            super("power cut at " + call);
        }
    }

    /** What a disk may answer. */
    public enum Fault {
        ENOSPC("No space left on device"), EIO("Input/output error");

        private final String words;

        Fault(String words) {
            this.words = words;
        }
    }

    /** Looks at one image of the disk, at the same relative paths as in the folder. */
    @FunctionalInterface
    public interface ImageCheck {
        void check(Path image) throws Exception;
    }

    private final Path root;
    private final Path work;
    private final Set<Path> safeFolders;
    private final WriteList list = new WriteList();
    private final List<String> calls = new ArrayList<>();
    private int crashAt = Integer.MAX_VALUE;
    private int failAt = Integer.MAX_VALUE;
    private Fault fault;
    private boolean isSticky;
    private Path frozen;
    private int images;

    /**
     * Over {@code root}, an existing folder whose content is safe.
     *
     * @param work a folder outside {@code root} for copies
     */
    public FaultyDisk(Path root, Path work) throws IOException {
        Check.argument(!work.toAbsolutePath().startsWith(root.toAbsolutePath()), "%s lies in %s", work, root);
        this.root = root.toAbsolutePath();
        this.work = work;
        try (Stream<Path> all = Files.walk(this.root)) {
            this.safeFolders = all.filter(Files::isDirectory).collect(Collectors.toSet());
        }
    }

    /** Files of our own over these calls. */
    public Disk disk() {
        return Disk.over(this);
    }

    public FaultyDisk crashAt(int call) {
        crashAt = call;
        return this;
    }

    /** Refuses that call, and where it is sticky all after it; a full disk still deletes. */
    public FaultyDisk failAt(int call, Fault fault, boolean isSticky) {
        this.failAt = call;
        this.fault = fault;
        this.isSticky = isSticky;
        return this;
    }

    public synchronized int calls() {
        return calls.size();
    }

    /** What was called, for messages. */
    public synchronized String last() {
        return calls.isEmpty() ? "nothing" : (calls.size() - 1) + ": " + calls.getLast();
    }

    /** What a call does, to the folder and to the list. */
    @FunctionalInterface
    private interface Effect {
        void run() throws IOException;
    }

    /**
     * Counts a call and does it, or not. A call that is cut is in the list, so that its effect may be on the disk; a force that is
     * cut has forced nothing.
     */
    private synchronized void call(String name, Path file, Effect effect, Effect refused, boolean isForce) throws IOException {
        if (frozen != null) {
            throw new PowerCut(last());
        }
        int number = calls.size();
        calls.add(name + " " + root.relativize(file));
        if (number == crashAt) {
            if (!isForce) {
                effect.run();
            }
            cut();
            throw new PowerCut(last());
        }
        boolean isDue = number == failAt || number > failAt && isSticky;
        if (isDue && !(fault == Fault.ENOSPC && name.equals("delete"))) {
            refused.run();
            throw new FileSystemException(file.toString(), null, fault.words);
        }
        effect.run();
    }

    /** Cuts the power now, between two calls. */
    public synchronized void cut() throws IOException {
        frozen = work.resolve("frozen");
        copy(root, frozen, path -> true);
    }

    private static final Effect NOTHING = () -> { };

    @Override
    public void createFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        call("create folder", folder, () -> {
            REAL.createFolder(folder);
            list.createFolder(folder);
        }, NOTHING, false);
    }

    @Override
    public NewFile createTemp(Path folder, String prefix) throws IOException {
        NewFile[] made = new NewFile[1];
        call("create", folder.resolve(prefix + "tmp"), () -> {
            adoptFolders(folder);
            made[0] = new ListedFile(Files.createTempFile(folder, prefix, ".tmp"));
            list.createFile(made[0].path());
        }, NOTHING, false);
        return made[0];
    }

    private final class ListedFile implements NewFile {
        private final Path path;
        private long size;

        ListedFile(Path path) {
            this.path = path;
        }

        @Override
        public Path path() {
            return path;
        }

        /** A full disk takes the first half. */
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            call("write", path, () -> append(bytes, offset, length), () -> append(bytes, offset, length / 2), false);
        }

        private void append(byte[] bytes, int offset, int length) throws IOException {
            byte[] part = Arrays.copyOfRange(bytes, offset, offset + length);
            Files.write(path, part, StandardOpenOption.APPEND);
            list.write(path, size, part);
            size += length;
        }

        @Override
        public void force() throws IOException {
            call("force", path, () -> list.force(path), () -> list.failForce(path), true);
        }

        @Override
        public void close() {
            // Closing promises nothing.
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        call("rename to", to, () -> {
            Check.argument(!Files.isDirectory(from), "this disk renames files only, not the folder %s", from);
            adopt(from);
            adopt(to);
            REAL.rename(from, to);
            list.rename(from, to);
        }, NOTHING, false);
    }

    /** Folders that others made behind this disk's back, and did not force. */
    private void adoptFolders(Path folder) {
        if (folder.startsWith(root) && !safeFolders.contains(folder) && !list.isThere(folder)) {
            adoptFolders(folder.getParent());
            list.createFolder(folder);
        }
    }

    /** A file that others wrote. */
    private void adopt(Path file) throws IOException {
        if (!list.isThere(file) && Files.exists(file)) {
            list.adopt(file, Files.readAllBytes(file));
        }
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        call("force folder", folder, () -> list.forceFolder(folder), NOTHING, true);
    }

    @Override
    public void delete(Path file) throws IOException {
        call("delete", file, () -> {
            adopt(file);
            REAL.delete(file);
            if (list.isThere(file)) {
                list.delete(file);
            }
        }, NOTHING, false);
    }

    /**
     * What may lie on the disk after the power cut: all combinations where they are at most {@code max}, else some by seed. The
     * check is told of none twice. Returns how many images there were.
     */
    public int images(Seed seed, int max, ImageCheck check) throws Exception {
        Check.argument(frozen != null, "the power was not cut; call crashAt or cut first");
        return list.images(seed.value(), max, image -> {
            Path folder = work.resolve("image-" + images++);
            copy(root, frozen, folder, image);
            image.writeTo(root, folder);
            try {
                check.check(folder);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("power cut at call %s; image:%s %s; %s".formatted(last(),
                        image.description(), e.getMessage(), seed), e);
            }
            Scratch.delete(folder);
        });
    }

    /** What the list does not know lies on the disk as it was, if its folder does. */
    private void copy(Path original, Path from, Path to, WriteList.Image image) throws IOException {
        copy(from, to, path -> {
            Path named = original.resolve(from.relativize(path));
            for (Path each = named; each.startsWith(original); each = each.getParent()) {
                if (list.known().contains(each) && !image.folders().contains(each)) {
                    return false;
                }
            }
            return true;
        });
    }

    @FunctionalInterface
    private interface Which {
        boolean isCopied(Path path);
    }

    private static void copy(Path from, Path to, Which which) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                if (!which.isCopied(folder)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(from.relativize(folder)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (which.isCopied(file)) {
                    Files.copy(file, to.resolve(from.relativize(file)));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
