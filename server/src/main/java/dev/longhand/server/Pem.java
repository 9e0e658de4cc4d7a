package dev.longhand.server;

import dev.longhand.base.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a certificate and its private key from PEM files, https://www.rfc-editor.org/rfc/rfc7468, and checks that they fit. */
final class Pem {
    /** Of the store that is made; it lives in this process only. */
    static final String PASSWORD = "in memory";
    private static final long FILE_BYTES_MAX = 1 << 20;
    private static final int CERTIFICATES_MAX = 20;
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

    private record Block(String label, byte[] bytes) {}

    private Pem() {}

    /** @param now at which the certificate must be valid */
    static KeyStore read(ServerSetting.Tls tls, Instant now) throws Problem {
        List<X509Certificate> chain = certificates(tls.certificate(), now);
        PrivateKey key = key(tls.key(), chain.getFirst());
        checkTogether(tls, chain.getFirst(), key);
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("longhand", key, PASSWORD.toCharArray(), chain.toArray(Certificate[]::new));
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw malformed(tls.certificate(), "cannot be used: " + e.getMessage(), e);
        }
    }

    private static List<X509Certificate> certificates(Path file, Instant now) throws Problem {
        List<X509Certificate> chain = new ArrayList<>();
        for (Block each : blocks(file)) {
            if (each.label.equals("CERTIFICATE")) {
                chain.add(certificate(file, each.bytes));
            }
        }
        if (chain.isEmpty() || chain.size() > CERTIFICATES_MAX) {
            throw malformed(file, ("holds %d certificates (\"-----BEGIN CERTIFICATE-----\"); it must hold 1 to %d, the "
                    + "server's first").formatted(chain.size(), CERTIFICATES_MAX), null);
        }
        X509Certificate own = chain.getFirst();
        if (now.isAfter(own.getNotAfter().toInstant()) || now.isBefore(own.getNotBefore().toInstant())) {
            throw malformed(file, "holds a certificate that is valid from %s to %s, and it is %s; get a new one, or set the clock"
                    .formatted(own.getNotBefore().toInstant(), own.getNotAfter().toInstant(), now), null);
        }
        for (int i = 1; i < chain.size(); i++) {
            try {
                chain.get(i - 1).verify(chain.get(i).getPublicKey());
            } catch (GeneralSecurityException e) {
                throw malformed(file, "holds certificates out of order: number %d did not sign number %d; put the server's "
                        .formatted(i + 1, i) + "first, then each one's signer", e);
            }
        }
        return chain;
    }

    private static X509Certificate certificate(Path file, byte[] bytes) throws Problem {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
        } catch (CertificateException e) {
            throw malformed(file, "holds a certificate that cannot be read: " + e.getMessage(), e);
        }
    }

    private static PrivateKey key(Path file, X509Certificate certificate) throws Problem {
        List<Block> keys = blocks(file).stream().filter(b -> b.label.endsWith("PRIVATE KEY")).toList();
        if (keys.size() != 1) {
            throw malformed(file, "holds %d private keys (\"-----BEGIN PRIVATE KEY-----\"); it must hold one"
                    .formatted(keys.size()), null);
        }
        if (!keys.getFirst().label.equals("PRIVATE KEY")) {
            throw malformed(file, ("holds a key of the form %s; it must be PKCS#8 without a password: openssl pkcs8 -topk8 -nodes "
                    + "-in OLD -out NEW").formatted(keys.getFirst().label), null);
        }
        String algorithm = certificate.getPublicKey().getAlgorithm();
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(keys.getFirst().bytes));
        } catch (GeneralSecurityException e) {
            throw malformed(file, "holds no %s key, which the certificate is for: %s".formatted(algorithm, e.getMessage()), e);
        }
    }

    /** What the key signs, the certificate must confirm. */
    private static void checkTogether(ServerSetting.Tls tls, X509Certificate certificate, PrivateKey key) throws Problem {
        boolean isPair;
        try {
            String algorithm = switch (key.getAlgorithm()) {
                case "RSA" -> "SHA256withRSA";
                case "EC" -> "SHA256withECDSA";
                default -> key.getAlgorithm();
            };
            byte[] text = "longhand".getBytes(StandardCharsets.UTF_8);
            Signature signing = Signature.getInstance(algorithm);
            signing.initSign(key);
            signing.update(text);
            Signature checking = Signature.getInstance(algorithm);
            checking.initVerify(certificate.getPublicKey());
            checking.update(text);
            isPair = checking.verify(signing.sign());
        } catch (GeneralSecurityException e) {
            throw malformed(tls.key(), "cannot sign: " + e.getMessage(), e);
        }
        if (!isPair) {
            throw malformed(tls.key(), "is not the key of the certificate in " + tls.certificate(), null);
        }
    }

    private static List<Block> blocks(Path file) throws Problem {
        String text;
        try {
            long bytes = Files.size(file);
            if (bytes > FILE_BYTES_MAX) {
                throw malformed(file, "has %,d bytes; a PEM file has at most %,d".formatted(bytes, FILE_BYTES_MAX), null);
            }
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new Problem(Problem.Kind.NOT_FOUND, "%s cannot be read: %s".formatted(file, e), e);
        }
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            try {
                blocks.add(new Block(matcher.group(1), Base64.getMimeDecoder().decode(matcher.group(2))));
            } catch (IllegalArgumentException e) {
                throw malformed(file, "holds a block \"%s\" that is no Base64".formatted(matcher.group(1)), e);
            }
        }
        return blocks;
    }

    private static Problem malformed(Path file, String what, Throwable cause) {
        return new Problem(Problem.Kind.MALFORMED, file + " " + what, cause);
    }
}
