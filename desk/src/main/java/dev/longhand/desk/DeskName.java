package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/** The name of a desk: one path element that is safe on every file system. A folder is built only from this type. */
record DeskName(String text) {
    private static final Pattern RULE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final int HASH_DIGITS = 8;

    DeskName {
        if (!isName(text)) {
            throw new IllegalArgumentException("not a desk's name: " + text);
        }
    }

    static DeskName of(String text) throws Problem {
        if (!isName(text)) {
            throw new Problem(Problem.Kind.USAGE,
                    ("\"%s\" cannot name a desk: use 1 to 64 letters, digits, dots, hyphens or underscores, "
                            + "and begin with a letter or digit")
                            .formatted(printable(text)));
        }
        return new DeskName(text);
    }

    /** The last folder's name and a short hash of the whole path: two folders of one name get two desks. */
    static DeskName forFolder(Path root) {
        Path last = root.getFileName();
        return of(last == null ? "root" : last.toString(), root.toString());
    }

    /** As for a folder; two revisions of one repository get two desks. */
    static DeskName forSource(DeskSource source) {
        return switch (source) {
            case DeskSource.Tree tree -> forFolder(tree.path());
            case DeskSource.Revision git -> {
                Path last = git.repository().getFileName();
                yield of((last == null ? "root" : last.toString().replaceAll("\\.git$", "")) + "-" + git.revision(), git.text());
            }
            case DeskSource.Kept kept -> new DeskName("pages");
        };
    }

    private static DeskName of(String words, String whole) {
        String plain = words.toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9._-]+", "-").replaceAll("^[^a-z0-9]+", "").replaceAll("\\.{2,}", ".");
        String front = plain.isEmpty() ? "desk" : plain.substring(0, Math.min(plain.length(), 40));
        return new DeskName(front + "-" + Sha256.of(whole).hex().substring(0, HASH_DIGITS));
    }

    static boolean isName(String text) {
        return RULE.matcher(text).matches() && !text.contains("..") && !text.endsWith(".");
    }

    private static String printable(String text) {
        String cut = text.length() > 80 ? text.substring(0, 80) + "..." : text;
        return cut.replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public String toString() {
        return text;
    }
}
