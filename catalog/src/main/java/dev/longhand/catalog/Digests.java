package dev.longhand.catalog;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** Reads model files to know what they are: the digest of all bytes, and whether the first four say GGUF. */
final class Digests {
    private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

    /** What a row says beside the figures. */
    record Named(String name, String origin, String licence) {}

    private Digests() {}

    static Sha256 of(Path file, String what, Progress progress) throws Problem {
        MessageDigest digester = Sha256.digester();
        byte[] buffer = new byte[1 << 20];
        try (InputStream in = Files.newInputStream(file)) {
            long total = Files.size(file);
            long done = 0;
            for (int n; (n = in.read(buffer)) >= 0; ) {
                digester.update(buffer, 0, n);
                done += n;
                progress.advanced(what, done, total);
            }
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        } finally {
            progress.ended();
        }
        return Sha256.of(digester);
    }

    /** Refuses a file that is no GGUF, such as a web page saved under a model's name. */
    static void requireGguf(Path file) throws Problem {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] first = in.readNBytes(MAGIC.length);
            if (!java.util.Arrays.equals(first, MAGIC)) {
                throw new Problem(Problem.Kind.MALFORMED, file + " is no GGUF model file: it does not begin with GGUF");
            }
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    /** A row for a file as it is now; refuses one that changes while it is read. */
    static InstalledModel measured(Named named, Path file, boolean isReferenced, Clock clock, Progress progress) throws Problem {
        try {
            ModelFiles.Stamp before = ModelFiles.stamp(file);
            Sha256 digest = ModelFiles.digest(file, "checking " + named.name(), progress);
            if (!ModelFiles.stamp(file).equals(before)) {
                throw new Problem(Problem.Kind.BUSY, file + " changed while it was read; wait until it is complete");
            }
            return new InstalledModel(named.name(), digest, file, before.sizeBytes(), before.modifiedMs(), isReferenced,
                    named.origin(), named.licence(),
                    clock.now());
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }
}
