package dev.longhand.ingest;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of one ignore file, and those outside it: git's gitignore(5). Knows patterns, not the file system. Immutable.
 *
 * <p>Decision: a tracked file that a rule matches counts as ignored; the index is not read. Rules from outside the repository (the
 * user's own excludes file) are not read: the same folder gives the same documents for everyone.
 */
final class IgnoreRules {
    private static final int RULES_MAX = 20_000;
    private static final int PATTERN_CHARS_MAX = 4_096;

    /** A path is tested with its bytes as Latin-1 characters. */
    private record Rule(Glob glob, boolean negated, boolean folderOnly, boolean nameOnly, int line, String written) {}

    /** Which rule decided. */
    record Verdict(boolean isIgnored, String because) {
        static final Verdict NONE = new Verdict(false, "");
    }

    private final IgnoreRules outer;
    private final String base;
    private final String origin;
    private final List<Rule> rules;

    private IgnoreRules(IgnoreRules outer, String base, String origin, List<Rule> rules) {
        this.outer = outer;
        this.base = base;
        this.origin = origin;
        this.rules = rules;
    }

    static IgnoreRules none() {
        return new IgnoreRules(null, "", "", List.of());
    }

    /**
     * Rules that come before this one's.
     *
     * @param folder folder of the rules: "" or ending with a slash
     * @param origin name of the file for people
     */
    IgnoreRules and(String folder, String origin, byte[] content) {
        List<Rule> parsed = parse(content);
        return parsed.isEmpty() ? this : new IgnoreRules(this, latin(folder), origin, parsed);
    }

    Verdict verdict(String path, boolean isFolder) {
        String bytes = latin(path);
        String name = bytes.substring(bytes.lastIndexOf('/') + 1);
        for (IgnoreRules level = this; level != null; level = level.outer) {
            if (!bytes.startsWith(level.base)) {
                continue;
            }
            String relative = bytes.substring(level.base.length());
            for (int i = level.rules.size() - 1; i >= 0; i--) {
                Rule rule = level.rules.get(i);
                if (rule.folderOnly && !isFolder) {
                    continue;
                }
                if (rule.glob.matches(rule.nameOnly ? name : relative)) {
                    return new Verdict(!rule.negated,
                            "%s line %d: %s".formatted(level.origin, rule.line, Names.printable(rule.written)));
                }
            }
        }
        return Verdict.NONE;
    }

    private static String latin(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) >= 0x80) {
                return new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            }
        }
        return path;
    }

    private static List<Rule> parse(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        if (text.startsWith("\u00ef\u00bb\u00bf")) {
            text = text.substring(3);
        }
        List<Rule> rules = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            Rule rule = rule(line, number);
            if (rule != null && rules.size() < RULES_MAX) {
                rules.add(rule);
            }
        }
        return rules;
    }

    private static Rule rule(String line, int number) {
        String pattern = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
        int nul = pattern.indexOf(0);
        pattern = withoutTrailingSpaces(nul < 0 ? pattern : pattern.substring(0, nul));
        if (pattern.isEmpty() || pattern.charAt(0) == '#' || pattern.length() > PATTERN_CHARS_MAX) {
            return null;
        }
        String written = pattern;
        boolean negated = pattern.charAt(0) == '!';
        pattern = negated ? pattern.substring(1) : pattern;
        boolean folderOnly = pattern.endsWith("/");
        pattern = folderOnly ? pattern.substring(0, pattern.length() - 1) : pattern;
        boolean nameOnly = pattern.indexOf('/') < 0;
        pattern = pattern.startsWith("/") ? pattern.substring(1) : pattern;
        return new Rule(Glob.of(pattern), negated, folderOnly, nameOnly, number, written);
    }

    private static String withoutTrailingSpaces(String line) {
        int end = -1;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == ' ') {
                end = end < 0 ? i : end;
                continue;
            }
            if (c == '\\') {
                i++;
                if (i == line.length()) {
                    return line;
                }
            }
            end = -1;
        }
        return end < 0 ? line : line.substring(0, end);
    }
}
