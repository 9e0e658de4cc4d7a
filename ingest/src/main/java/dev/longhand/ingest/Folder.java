package dev.longhand.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * An open folder, from which only its own entries can be reached and no link is ever followed.
 *
 * <p>Where the platform has folder handles ({@code openat}), nothing that another process does to names above can lead outside.
 * Elsewhere the real path is checked before and after each step, which leaves a narrow race; {@code docs} says so. A file that is
 * swapped for a FIFO between the look at it and its opening would block: Java has no O_NONBLOCK. Not thread-safe.
 */
abstract sealed class Folder implements Closeable {
    static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

    /** @param real a real path: the user named it, so links on the way to it were followed */
    static Folder open(Path real) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(real);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return new Held(secure);
        }
        stream.close();
        return new Checked(real, real);
    }

    /** The names, sorted; at most max + 1, so that the caller sees that there are too many. */
    final List<Names.Name> names(int max) throws IOException {
        List<Names.Name> names = new ArrayList<>();
        try (DirectoryStream<Path> stream = stream()) {
            for (Path path : stream) {
                names.add(Names.of(path.getFileName()));
                if (names.size() > max) {
                    break;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(names);
        return names;
    }

    abstract DirectoryStream<Path> stream() throws IOException;

    abstract BasicFileAttributes attributes(Path name) throws IOException;

    abstract Folder folder(Path name) throws IOException;

    abstract SeekableByteChannel file(Path name) throws IOException;

    /** By handle. */
    static final class Held extends Folder {
        private final SecureDirectoryStream<Path> handle;

        Held(SecureDirectoryStream<Path> handle) {
            this.handle = handle;
        }

        @Override
        DirectoryStream<Path> stream() throws IOException {
            return handle.newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS);
        }

        @Override
        BasicFileAttributes attributes(Path name) throws IOException {
            return handle.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS).readAttributes();
        }

        @Override
        Folder folder(Path name) throws IOException {
            return new Held(handle.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS));
        }

        @Override
        SeekableByteChannel file(Path name) throws IOException {
            return handle.newByteChannel(name, READ);
        }

        @Override
        public void close() throws IOException {
            handle.close();
        }
    }

    /** By path. */
    static final class Checked extends Folder {
        private final Path root;
        private final Path here;

        Checked(Path root, Path here) {
            this.root = root;
            this.here = here;
        }

        private void check() throws IOException {
            Path real = here.toRealPath();
            if (!real.equals(here) || !real.startsWith(root)) {
                throw new NotDirectoryException(here + " now leads elsewhere");
            }
        }

        @Override
        DirectoryStream<Path> stream() throws IOException {
            check();
            return Files.newDirectoryStream(here);
        }

        @Override
        BasicFileAttributes attributes(Path name) throws IOException {
            return Files.readAttributes(here.resolve(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        }

        @Override
        Folder folder(Path name) throws IOException {
            Checked inner = new Checked(root, here.resolve(name));
            inner.check();
            return inner;
        }

        @Override
        SeekableByteChannel file(Path name) throws IOException {
            check();
            SeekableByteChannel channel = Files.newByteChannel(here.resolve(name), READ);
            try {
                check();
                return channel;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
