package dev.longhand.cli;

import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder of small documents that change in a known way: each has a word of its own, and each version of it another one, which
 * nothing else holds.
 *
 * @param folder that is read
 * @param aside  where new versions are written before they take the place of the old ones
 */
record Papers(Path folder, Path aside) {
    static final int COUNT = 60;
    private static final String LETTERS = "bcdfghjklmnpqrtv"; // without vowels a word has no endings that a reader would cut off
    private static final Pattern VERSION = Pattern.compile("Version (\\d+) of");

    static Papers in(Path work) throws IOException {
        return new Papers(Files.createDirectories(work.resolve("papers")), Files.createDirectories(work.resolve("aside")));
    }

    static String name(int paper) {
        return "paper-%02d.md".formatted(paper);
    }

    /** The number of the paper of that name. */
    static int number(String name) {
        return Integer.parseInt(name.substring("paper-".length(), name.indexOf('.')));
    }

    /** In every version of the paper and in no other paper. */
    static String word(int paper) {
        return "w" + letters(paper, 3);
    }

    /** In that version alone. */
    static String word(int paper, int version) {
        return "q" + letters(paper, 2) + letters(version, 5);
    }

    private static String letters(int number, int count) {
        StringBuilder letters = new StringBuilder();
        for (int i = count - 1; i >= 0; i--) {
            letters.append(LETTERS.charAt(number >> 4 * i & 15));
        }
        return letters.toString();
    }

    private static String content(int paper, int version) {
        return "# Notes of keeper %s\n\nVersion %d of these notes. The word of the day is %s.\n\n".formatted(word(paper), version,
                word(paper, version)) + "The lamp was lit at dusk and put out at dawn.\n".repeat(1 + (paper + version) % 7);
    }

    static Sha256 hash(int paper, int version) {
        return Sha256.of(content(paper, version));
    }

    /** The version that lies in the folder; 0 where there is none yet. */
    int version(int paper) throws IOException {
        Path file = folder.resolve(name(paper));
        if (!Files.exists(file)) {
            return 0;
        }
        Matcher version = VERSION.matcher(Files.readString(file));
        if (!version.find()) {
            throw new IllegalStateException(file + " holds no version");
        }
        return Integer.parseInt(version.group(1));
    }

    /** Puts the next version in the place of the one that is there. */
    void change(int paper) throws IOException {
        Path next = aside.resolve(name(paper));
        Files.write(next, content(paper, version(paper) + 1).getBytes(StandardCharsets.UTF_8));
        Files.move(next, folder.resolve(name(paper)), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
