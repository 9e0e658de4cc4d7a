package dev.longhand.desk;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a desk reads, beside what is kept in the desk itself. Immutable. */
public sealed interface DeskSource {
    /** A folder or a file as it is now. */
    record Tree(Path path) implements DeskSource {
        @Override
        public String text() {
            return path.toString();
        }

        @Override
        public String shown() {
            return path.toString();
        }
    }

    /**
     * A git repository at a revision.
     *
     * @param revision a branch, a tag or a commit, without blanks
     */
    record Revision(Path repository, String revision) implements DeskSource {
        public Revision {
            Check.argument(isRevision(revision), "\"%s\" is no revision", revision);
        }

        @Override
        public String text() {
            return GIT + revision + " " + repository;
        }

        @Override
        public String shown() {
            return repository + "@" + revision;
        }
    }

    /** Nothing but what is kept in the desk: pages that were fetched and texts that were written. */
    record Kept() implements DeskSource {
        @Override
        public String text() {
            return KEPT;
        }

        @Override
        public String shown() {
            return "pages that were fetched";
        }
    }

    String GIT = "git:";
    String KEPT = "kept:";
    int REVISION_CHARS_MAX = 200;

    /** As it is stored; {@link #parse} is the inverse. */
    String text();

    /** As people see it; of files and revisions as they may type it again. */
    String shown();

    /** Whether it could be read now. */
    default boolean isThere() {
        return switch (this) {
            case Tree tree -> Files.exists(tree.path());
            case Revision git -> Files.exists(git.repository());
            case Kept kept -> true;
        };
    }

    static boolean isRevision(String text) {
        return !text.isEmpty() && text.length() <= REVISION_CHARS_MAX && text.chars().allMatch(c -> c > ' ' && c != 0x7f)
                && !text.startsWith("-");
    }

    /** @throws Problem MALFORMED for a text that is none */
    static DeskSource parse(String text) throws Problem {
        try {
            if (text.equals(KEPT)) {
                return new Kept();
            }
            if (text.startsWith(GIT)) {
                int blank = text.indexOf(' ');
                Check.argument(blank > 0, "it names no repository");
                return new Revision(Path.of(text.substring(blank + 1)), text.substring(GIT.length(), blank));
            }
            return new Tree(Path.of(text));
        } catch (IllegalArgumentException e) {
            throw new Problem(Problem.Kind.MALFORMED, "\"%s\" is nothing that a desk reads: %s".formatted(text, e.getMessage()), e);
        }
    }
}
