package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskSource;
import dev.longhand.desk.Desks;
import dev.longhand.ingest.Ingest;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * What a person writes where a desk is wanted: a folder, a file, an archive, a repository at a revision ({@code repo@v1.2}), the
 * address of a page that was fetched, or a desk's name. What is there as a path is that path. Stateless.
 */
final class DeskNamed {
    private static final String HEAD = "HEAD";

    private DeskNamed() {}

    static boolean isAddress(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.startsWith("https://") || lower.startsWith("http://");
    }

    static URI address(String text) throws Problem {
        try {
            URI address = new URI(text).normalize();
            if (address.getHost() == null) {
                throw new Problem(Problem.Kind.USAGE, "\"" + Style.safe(text) + "\" names no host");
            }
            String fragment = address.getRawFragment();
            String plain = address.toASCIIString();
            return fragment == null ? URI.create(plain) : URI.create(plain.substring(0, plain.indexOf('#')));
        } catch (URISyntaxException e) {
            throw new Problem(Problem.Kind.USAGE, "\"" + Style.safe(text) + "\" is no address: " + e.getReason(), e);
        }
    }

    /**
     * The desk that is meant.
     *
     * @param revision that a flag gives, or null
     * @param deskName that a flag gives, or null
     */
    static Desk open(Desks desks, String text, String revision, String deskName) throws Problem {
        if (isAddress(text)) {
            String name = deskName == null ? nameOf(address(text)) : deskName;
            if (!desks.has(name)) {
                throw new Problem(Problem.Kind.NOT_FOUND, "there is no desk %s; first: longhand desk add %s%s".formatted(name,
                        Style.safe(text), deskName == null ? "" : " --desk " + deskName));
            }
            return desks.open(name);
        }
        Optional<DeskSource> source = source(text, revision);
        if (source.isPresent()) {
            return desks.forSource(source.get(), deskName);
        }
        if (desks.has(text) && (deskName == null || deskName.equals(text))) {
            return desks.open(text);
        }
        throw new Problem(Problem.Kind.NOT_FOUND, Style.safe(text) + " is not there or cannot be reached, and no desk has "
                + "that name; see: longhand desk ls");
    }

    /** The desk for a page where nobody names one: that of its host. */
    static String nameOf(URI address) {
        String host = address.getHost().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-").replaceAll("^[^a-z0-9]+", "")
                .replaceAll("\\.+$", "");
        return host.isEmpty() ? "pages" : host.substring(0, Math.min(64, host.length()));
    }

    /** What is read; empty if nothing of that path is there. */
    private static Optional<DeskSource> source(String text, String revision) throws Problem {
        Path path = path(text);
        if (revision != null) {
            return Optional.of(new DeskSource.Revision(path, checked(revision)));
        }
        if (Files.exists(path)) {
            return Optional.of(Ingest.isBareRepository(path) ? new DeskSource.Revision(path, HEAD) : new DeskSource.Tree(path));
        }
        for (int at = text.indexOf('@', 1); at > 0; at = text.indexOf('@', at + 1)) {
            Path repository = path(text.substring(0, at));
            if (Ingest.isRepository(repository)) {
                return Optional.of(new DeskSource.Revision(repository, checked(text.substring(at + 1))));
            }
        }
        return Optional.empty();
    }

    private static String checked(String revision) throws Problem {
        if (!DeskSource.isRevision(revision)) {
            throw new Problem(Problem.Kind.USAGE,
                    "\"" + Style.safe(revision) + "\" is no revision; name a branch, a tag or a commit");
        }
        return revision;
    }

    private static Path path(String text) throws Problem {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new Problem(Problem.Kind.USAGE, "\"" + Style.safe(text) + "\" is no path: " + e.getReason(), e);
        }
    }
}
