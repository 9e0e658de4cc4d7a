package dev.longhand.desk;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Files that were handed to a desk, and how they may be named. They lie in the desk's folder {@value #FOLDER}, which has the only
 * copy of them; each is put there and replaced whole, by a rename. No link is followed. Stateless.
 */
public final class HandedFiles {
    public static final String FOLDER = "documents";
    public static final int DEPTH_MAX = 8;
    private static final int PART_CHARS_MAX = 100;
    private static final Pattern PART = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._()+,@-]{0," + (PART_CHARS_MAX - 1) + "}");

    private HandedFiles() {}

    /**
     * Whether a file may be handed to a desk under that name: parts with slashes between them, none of which leads elsewhere or is
     * hidden.
     */
    public static boolean isName(String name) {
        String[] parts = name.split("/", DEPTH_MAX + 1);
        if (parts.length > DEPTH_MAX) {
            return false;
        }
        for (String each : parts) {
            if (!PART.matcher(each).matches() || each.contains("..") || each.endsWith(".") || each.endsWith(" ")) {
                return false;
            }
        }
        return true;
    }

    /** One of them, as it was listed. */
    public record One(String name, Path file) {
        /** Its bytes as they are now, whole whatever becomes of it meanwhile; empty if it is not there any more. */
        public Optional<InputStream> open() throws Problem {
            try {
                return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        ? Optional.of(Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) : Optional.empty();
            } catch (NoSuchFileException e) {
                return Optional.empty();
            } catch (IOException e) {
                throw Disk.problem("reading", file, e);
            }
        }
    }

    /**
     * What lies in the folder.
     *
     * @param files  in the order of their names
     * @param others links, and files under names that none is handed in under: somebody else put them there
     */
    public record Listing(List<One> files, List<Path> others) {
        public Listing {
            files = List.copyOf(files);
            others = List.copyOf(others);
        }
    }

    /** @throws Problem LIMIT if there are more than {@code filesMax} */
    static Listing list(Path folder, int filesMax) throws Problem {
        Lister lister = new Lister(folder, filesMax);
        try {
            Files.walkFileTree(folder, lister);
        } catch (IOException e) {
            throw Disk.problem("listing", folder, e);
        }
        if (lister.files.size() + lister.others.size() > filesMax) {
            throw new Problem(Problem.Kind.LIMIT, "%s has more than %,d files".formatted(folder, filesMax));
        }
        return new Listing(lister.files.stream().sorted(Comparator.comparing(One::name)).toList(),
                lister.others.stream().sorted().toList());
    }

    private static final class Lister extends SimpleFileVisitor<Path> {
        private final Path folder;
        private final int filesMax;
        private final List<One> files = new ArrayList<>();
        private final List<Path> others = new ArrayList<>();

        Lister(Path folder, int filesMax) {
            this.folder = folder;
            this.filesMax = filesMax;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = folder.relativize(file).toString();
            if (attributes.isRegularFile() && isName(name)) {
                files.add(new One(name, file));
            } else if (!isBeingPut(file.getFileName().toString())) {
                others.add(file);
            }
            return files.size() + others.size() > filesMax ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
        }

        /** What {@link Disk#publish} writes before the rename; one that a killed process left is nothing that was handed in. */
        private static boolean isBeingPut(String name) {
            return name.startsWith(".") && name.endsWith(".tmp");
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException why) throws IOException {
            if (why instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw why;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException why) throws IOException {
            return why == null ? FileVisitResult.CONTINUE : visitFileFailed(folder, why);
        }
    }
}
