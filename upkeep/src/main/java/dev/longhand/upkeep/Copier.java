package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** Copies and reads whole files: with their digest, forced, and stopped when somebody asks for it. */
final class Copier {
    private static final int BUFFER_BYTES = 1 << 18;

    private final Steps steps;
    private final Watcher watcher;

    Copier(Site.Machine machine, Watcher watcher) {
        this.steps = machine.steps();
        this.watcher = watcher;
    }

    /**
     * Writes {@code in} to a new file {@code path} below {@code folder}, forced.
     *
     * @param totalBytes expected, for those who watch
     * @return what was written
     */
    Manifest.Entry copy(InputStream in, Path folder, String path, long totalBytes) throws Problem {
        Path file = folder.resolve(path);
        try {
            steps.before("make " + path);
            Files.createDirectories(file.getParent());
            MessageDigest digester = Sha256.digester();
            long done = 0;
            try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                byte[] buffer = new byte[BUFFER_BYTES];
                for (int n; (n = in.read(buffer)) >= 0; ) {
                    check();
                    steps.before("write " + path);
                    digester.update(buffer, 0, n);
                    for (ByteBuffer left = ByteBuffer.wrap(buffer, 0, n); left.hasRemaining(); ) {
                        out.write(left);
                    }
                    done += n;
                    watcher.advanced(path, done, totalBytes);
                }
                steps.before("force " + path);
                out.force(true);
            }
            return new Manifest.Entry(path, done, Sha256.of(digester));
        } catch (IOException e) {
            throw Disk.problem("writing", file, e);
        }
    }

    Manifest.Entry copy(Path from, Path folder, String path) throws Problem {
        try (InputStream in = Files.newInputStream(from)) {
            return copy(in, folder, path, Files.size(from));
        } catch (IOException e) {
            throw Disk.problem("reading", from, e);
        }
    }

    /** Reads the file {@code path} below {@code folder}: what a manifest says of it. */
    Manifest.Entry measure(Path folder, String path) throws Problem {
        Path file = folder.resolve(path);
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digester = Sha256.digester();
            byte[] buffer = new byte[BUFFER_BYTES];
            long total = Files.size(file);
            long done = 0;
            for (int n; (n = in.read(buffer)) >= 0; ) {
                check();
                digester.update(buffer, 0, n);
                done += n;
                watcher.advanced(path, done, total);
            }
            return new Manifest.Entry(path, done, Sha256.of(digester));
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    void check() throws Problem {
        if (watcher.isCancelled()) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped");
        }
    }
}
