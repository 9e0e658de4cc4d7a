package dev.longhand.ingest;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;

/**
 * The structure of a reading text: how good a cut before each line is, and under which title each line stands. Arrays are
 * indexed by line; element 0 is unused. Filled by one of the outlines, read by {@link Splitter}.
 */
final class Outline {
    static final int LINE = 1;
    static final int FLUSH_LINE = 2;
    static final int LIST_ITEM = 3;
    static final int PARAGRAPH = 4;
    static final int PARAGRAPH_OUTER = 5;
    static final int PARAGRAPH_TOP = 6;
    static final int PAGE = 7;
    static final int SYMBOL_DEEP = 8;
    static final int SYMBOL_INNER = 9;
    static final int SYMBOL_TOP = 10;
    /** A heading of level L is HEADING + 6 - L. */
    static final int HEADING = 11;

    /** From here on a passage always ends. */
    static final int SECTION = SYMBOL_DEEP;

    private static final int TITLE_CHARS_MAX = 120;

    final int[] strengths;
    final String[] titles;

    private Outline(int lines) {
        strengths = new int[lines + 1];
        titles = new String[lines + 1];
        Arrays.fill(titles, "");
    }

    static Outline of(Document document) {
        Text text = document.reading();
        Outline outline = new Outline(text.lineCount());
        switch (document.kind()) {
            case MARKDOWN, HTML -> new MarkdownOutline(text, outline).fill();
            case CODE -> {
                CodeOutline code = new CodeOutline(text, outline);
                Definitions.of(document).ifPresentOrElse(code::fill, code::fill);
            }
            case TEXT, PDF -> new PlainOutline(text, document.map(), outline).fill();
        }
        return outline;
    }

    /** Of code in any language, by its first words. */
    static Outline guessed(Text text) {
        Outline outline = new Outline(text.lineCount());
        new CodeOutline(text, outline).fill();
        return outline;
    }

    static int heading(int level) {
        return HEADING + 6 - Math.min(6, level);
    }

    static int indent(Text text, int line) {
        int width = 0;
        for (int i = text.charStart(line); i < text.charEnd(line); i++) {
            char c = text.chars().charAt(i);
            if (c == ' ') {
                width++;
            } else if (c == '\t') {
                width += 4;
            } else {
                break;
            }
        }
        return width;
    }

    static String clip(String title) {
        String clean = Names.visible(title.strip());
        if (clean.length() <= TITLE_CHARS_MAX) {
            return clean;
        }
        int end = Character.isHighSurrogate(clean.charAt(TITLE_CHARS_MAX - 1)) ? TITLE_CHARS_MAX - 1 : TITLE_CHARS_MAX;
        return clean.substring(0, end);
    }

    /** Open headings or symbols, the innermost last. */
    static final class Nest {
        private record Open(int level, String name) {}

        private static final int DEPTH_MAX = 12;

        private final Deque<Open> open = new ArrayDeque<>();
        private String path = "";

        /** Closes everything at this level or deeper. */
        void close(int level) {
            boolean changed = false;
            while (!open.isEmpty() && open.getLast().level >= level) {
                open.removeLast();
                changed = true;
            }
            if (changed) {
                join();
            }
        }

        void open(int level, String name) {
            close(level);
            if (open.size() < DEPTH_MAX) {
                open.addLast(new Open(level, clip(name)));
                join();
            }
        }

        int depth() {
            return open.size();
        }

        String path() {
            return path;
        }

        private void join() {
            StringBuilder joined = new StringBuilder();
            for (Iterator<Open> i = open.iterator(); i.hasNext(); ) {
                joined.append(i.next().name).append(i.hasNext() ? " > " : "");
            }
            path = joined.toString();
        }
    }
}
