package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The name of a segment: SHA-256 of everything that it depends on, which is its fingerprint and its token ids. File names are made
 * from this type only.
 */
public record SegmentId(Sha256 hash) implements Comparable<SegmentId> {
    static final String SUFFIX = ".segment";

    public SegmentId {
        Objects.requireNonNull(hash, "hash");
    }

    /** Of the document that has these token ids. */
    public static SegmentId of(Fingerprint fingerprint, int[] tokens) {
        Check.argument(tokens.length > 0, "a segment without tokens");
        MessageDigest digester = Sha256.digester();
        digester.update(fingerprint.encoded());
        ByteBuffer ids = ByteBuffer.allocate(Integer.BYTES * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
        ids.asIntBuffer().put(tokens);
        digester.update(ids);
        return new SegmentId(Sha256.of(digester));
    }

    /** Of a file that may be a segment, by its name. */
    static Optional<SegmentId> ofFile(Path file) {
        String name = file.getFileName().toString();
        return name.matches("[0-9a-f]{64}\\.segment")
                ? Optional.of(new SegmentId(new Sha256(name.substring(0, name.length() - SUFFIX.length())))) : Optional.empty();
    }

    /** Of these hashes, in hex. */
    public static Set<SegmentId> all(Set<String> hashes) {
        return hashes.stream().map(hash -> new SegmentId(new Sha256(hash))).collect(Collectors.toSet());
    }

    public String fileName() {
        return hash.hex() + SUFFIX;
    }

    /** The order in which segments are attended to where none is better than another. */
    @Override
    public int compareTo(SegmentId other) {
        return hash.hex().compareTo(other.hash.hex());
    }

    @Override
    public String toString() {
        return hash.hex();
    }
}
