package dev.longhand.ingest;

/** Headings, fences, front matter, lists and paragraphs of Markdown. One use. */
final class MarkdownOutline {
    /** Lines of front matter at most; a longer one is text that begins with a rule. */
    private static final int FRONT_MATTER_LINES_MAX = 200;

    private final Text text;
    private final Outline outline;
    private final Outline.Nest nest = new Outline.Nest();
    private boolean afterBlank = true;
    private int line;

    MarkdownOutline(Text text, Outline outline) {
        this.text = text;
        this.outline = outline;
    }

    void fill() {
        line = 1;
        frontMatter();
        while (line <= text.lineCount()) {
            String stripped = text.line(line).strip();
            String fence = fence(stripped);
            if (!fence.isEmpty()) {
                fenced(fence);
            } else {
                plain(stripped);
            }
        }
    }

    private void frontMatter() {
        if (text.lineCount() < 2 || !text.line(1).strip().equals("---")) {
            return;
        }
        for (int end = 2; end <= Math.min(text.lineCount(), FRONT_MATTER_LINES_MAX); end++) {
            if (text.line(end).strip().equals("---")) {
                for (; line <= end; line++) {
                    outline.strengths[line] = Outline.LINE;
                }
                if (line <= text.lineCount()) {
                    outline.strengths[line] = Outline.PARAGRAPH_TOP;
                }
                return;
            }
        }
    }

    private static String fence(String stripped) {
        for (char c : new char[] {'`', '~'}) {
            int n = 0;
            while (n < stripped.length() && stripped.charAt(n) == c) {
                n++;
            }
            if (n >= 3 && (c == '~' || stripped.indexOf('`', n) < 0)) {
                return stripped.substring(0, n);
            }
        }
        return "";
    }

    private void fenced(String fence) {
        put(Outline.PARAGRAPH);
        boolean blank = false;
        while (line <= text.lineCount()) {
            String stripped = text.line(line).strip();
            put(blank ? Outline.FLUSH_LINE : Outline.LINE);
            blank = stripped.isEmpty();
            if (stripped.startsWith(fence) && stripped.chars().allMatch(c -> c == fence.charAt(0))) {
                break;
            }
        }
        afterBlank = true;
    }

    private void plain(String stripped) {
        int level = level(stripped);
        int under = level == 0 ? underlined(stripped) : 0;
        if (level > 0 || under > 0) {
            nest.open(Math.max(level, under), level > 0 ? stripped.substring(level).replaceFirst("\\s#{1,20}$", "") : stripped);
            put(Outline.heading(Math.max(level, under)));
            if (under > 0) {
                put(Outline.LINE);
            }
            afterBlank = false;
        } else if (stripped.isEmpty()) {
            put(Outline.LINE);
            afterBlank = true;
        } else {
            put(afterBlank ? Outline.PARAGRAPH : isItem(stripped) ? Outline.LIST_ITEM : Outline.LINE);
            afterBlank = false;
        }
    }

    private void put(int strength) {
        if (line <= text.lineCount()) {
            outline.strengths[line] = Math.max(outline.strengths[line], strength);
            outline.titles[line] = nest.path();
            line++;
        }
    }

    private static int level(String stripped) {
        int n = 0;
        while (n < stripped.length() && stripped.charAt(n) == '#') {
            n++;
        }
        return n <= 6 && (n == stripped.length() || Character.isWhitespace(stripped.charAt(n))) ? n : 0;
    }

    /** The level a line gets from the rule below it. */
    private int underlined(String stripped) {
        if (!afterBlank || stripped.isEmpty() || line >= text.lineCount() || isItem(stripped) || stripped.startsWith("|")
                || stripped.startsWith(">")) {
            return 0;
        }
        String below = text.line(line + 1).strip();
        boolean isRule = below.length() >= 2 && below.length() <= 400
                && (below.charAt(0) == '=' || below.charAt(0) == '-') && below.chars().allMatch(c -> c == below.charAt(0));
        return !isRule || stripped.startsWith("---") || stripped.startsWith("===") ? 0 : below.charAt(0) == '=' ? 1 : 2;
    }

    private static boolean isItem(String stripped) {
        if (stripped.startsWith("- ") || stripped.startsWith("* ") || stripped.startsWith("+ ")) {
            return true;
        }
        int n = 0;
        while (n < stripped.length() && n < 4 && Character.isDigit(stripped.charAt(n))) {
            n++;
        }
        return n > 0 && n + 1 < stripped.length() && (stripped.charAt(n) == '.' || stripped.charAt(n) == ')') && stripped.charAt(n
                + 1) == ' ';
    }
}
