package dev.longhand.ingest;

import java.util.regex.Pattern;

/** Pages, underlined titles, numbered chapters, bracketed sections and paragraphs of plain text and data. One use. */
final class PlainOutline {
    private static final String RULE_CHARS = "=-~^\"*+#`:.'_";
    private static final int TITLE_CHARS_MAX = 120;
    private static final Pattern CHAPTER = Pattern.compile(
            "^(第[一二三四五六七八九十百千零〇0-9０-９]{1,6}[章节節回部篇卷编編]|(chapter|part|appendix)\\s+[0-9ivxlc]{1,6}\\b|={1,5} \\S)",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern BRACKETED = Pattern.compile("^\\[{1,2}[\\w.\" :/-]{1,80}\\]{1,2}$");

    private final Text text;
    private final LineMap map;
    private final Outline outline;
    private final Outline.Nest nest = new Outline.Nest();
    /** Rule characters in the order in which they appear: their level. */
    private String rules = "";

    PlainOutline(Text text, LineMap map, Outline outline) {
        this.text = text;
        this.map = map;
        this.outline = outline;
    }

    void fill() {
        boolean afterBlank = true;
        for (int line = 1; line <= text.lineCount(); line++) {
            String stripped = text.isBlank(line) ? "" : text.line(line).strip();
            int level = afterBlank && !map.hasPages() ? level(line, stripped) : 0;
            if (level > 0) {
                nest.open(level, stripped);
                outline.strengths[line] = Outline.heading(level);
            } else if (map.hasPages() && (line == 1 || map.page(line) != map.page(line - 1))) {
                nest.open(1, "page " + map.page(line));
                outline.strengths[line] = Outline.PAGE;
            } else {
                boolean isFlush = Outline.indent(text, line) == 0;
                outline.strengths[line] = afterBlank
                        ? isFlush ? Outline.PARAGRAPH_TOP : Outline.PARAGRAPH
                        : isFlush && !stripped.isEmpty() ? Outline.FLUSH_LINE : Outline.LINE;
            }
            outline.titles[line] = nest.path();
            afterBlank = stripped.isEmpty();
        }
    }

    private int level(int line, String stripped) {
        if (stripped.isEmpty() || stripped.length() > TITLE_CHARS_MAX) {
            return 0;
        }
        if (CHAPTER.matcher(stripped).find()) {
            return stripped.startsWith("=") ? stripped.indexOf(' ') : stripped.indexOf('节') > 0 || stripped.indexOf('節') > 0 ? 2
                    : 1;
        }
        if (BRACKETED.matcher(stripped).find()) {
            return 3;
        }
        String below = line < text.lineCount() ? text.line(line + 1).strip() : "";
        if (below.length() < 3 || below.length() > 400 || below.length() < stripped.length() / 2
                || RULE_CHARS.indexOf(below.charAt(0)) < 0 || isRule(stripped) || !isRule(below)) {
            return 0;
        }
        char c = below.charAt(0);
        if (rules.indexOf(c) < 0) {
            rules += c;
        }
        return Math.min(6, rules.indexOf(c) + 1);
    }

    private static boolean isRule(String stripped) {
        char first = stripped.charAt(0);
        return !Character.isLetterOrDigit(first) && stripped.chars().allMatch(c -> c == first);
    }
}
