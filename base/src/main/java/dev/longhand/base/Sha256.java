package dev.longhand.base;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 digest: 64 lower-case hex digits. Paths are built only from this type, never from a string. */
public record Sha256(String hex) {
    public Sha256 {
        Check.argument(hex != null && hex.matches("[0-9a-f]{64}"), "a digest is 64 lower-case hex digits, not \"%s\"", hex);
    }

    public static MessageDigest digester() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Ends the digester. */
    public static Sha256 of(MessageDigest digester) {
        return new Sha256(HexFormat.of().formatHex(digester.digest()));
    }

    public static Sha256 of(byte[] bytes) {
        MessageDigest digester = digester();
        digester.update(bytes);
        return of(digester);
    }

    public static Sha256 of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    public static Sha256 ofFile(Path file) throws IOException {
        MessageDigest digester = digester();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                digester.update(buffer, 0, n);
            }
        }
        return of(digester);
    }

    @Override
    public String toString() {
        return hex;
    }
}
