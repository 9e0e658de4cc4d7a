package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A published package of another project whose source archive is read as text: one source of a corpus.
 *
 * <p>All that are used stand in {@code packages.tsv}, pinned by version and digest; their licences are permissive (MIT, BSD,
 * Apache-2.0). Texts are fetched where they are needed and are no part of this program.
 *
 * @param name    project, or {@code group:artifact}
 * @param sha256  of the archive
 * @param isSmall whether the small corpus has it too
 * @param licence SPDX expression
 */
public record ForeignPackage(Kind kind, String name, String version, Sha256 sha256, boolean isSmall, String licence) {
    private static final String LIST = "packages.tsv";
    private static final String PLAIN = "[A-Za-z0-9][A-Za-z0-9._-]*";

    /** Which client fetches it. */
    public enum Kind {
        /** A source distribution, {@code .tar.gz}, by pip. */
        PYPI,
        /** A jar of sources, by Maven. */
        MAVEN
    }

    public ForeignPackage {
        String names = kind == Kind.MAVEN ? PLAIN + ":" + PLAIN : PLAIN;
        Check.argument(name.matches(names) && version.matches(PLAIN), "a package %s %s cannot be asked for", name, version);
    }

    /** Its name in a corpus, part of paths: the artifact without the group. */
    public String source() {
        return name.substring(name.indexOf(':') + 1);
    }

    /** Name of the archive in the cache. */
    String archive() {
        return source() + "-" + version + (kind == Kind.PYPI ? ".tar.gz" : "-sources.jar");
    }

    /** All, in the order of the list. Names of sources are distinct. */
    public static List<ForeignPackage> all() {
        List<ForeignPackage> all = new ArrayList<>();
        try (InputStream in = ForeignPackage.class.getResourceAsStream(LIST)) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    all.add(parse(line.strip().split("\t")));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(LIST + " cannot be read", e);
        }
        return all;
    }

    private static ForeignPackage parse(String[] row) {
        Check.invariant(row.length == 6, "a line of %s has %s columns", LIST, row.length);
        return new ForeignPackage(Kind.valueOf(row[0]), row[1], row[2], new Sha256(row[3]), row[4].equals("small"), row[5]);
    }
}
