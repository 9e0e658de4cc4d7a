package dev.longhand.ingest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The symbols of a document, in the order of their lines: for code definitions, for texts headings. Java, Python, JavaScript,
 * TypeScript, C, Go and Rust are parsed, other languages guessed at by first words. Stateless.
 */
public final class Symbols {
    /** More are not kept: a file with more definitions was made by a machine. */
    static final int MAX = 20_000;

    private static final String JOINED = " > ";

    private Symbols() {}

    /** Pure: the same document gives the same symbols, on platforms that have the same grammars. */
    public static List<Symbol> of(Document document) {
        return Definitions.of(document).map(definitions -> definitions.stream()
                .map(d -> at(document, d.kind(), d.name(), d.depth(), d.first(), d.last())).toList())
                .orElseGet(() -> ofOutline(document, document.kind() == Kind.CODE ? Outline.guessed(document.reading())
                        : Outline.of(document)));
    }

    /** What an outline says: where a symbol ends is where one begins that it does not hold. */
    static List<Symbol> ofOutline(Document document, Outline outline) {
        boolean isCode = document.kind() == Kind.CODE;
        Text text = document.reading();
        List<Symbol> symbols = new ArrayList<>();
        Deque<Open> open = new ArrayDeque<>();
        for (int line = 1; line <= text.lineCount() && symbols.size() < MAX; line++) {
            int strength = outline.strengths[line];
            boolean isSymbol = isCode && strength >= Outline.SYMBOL_DEEP && strength <= Outline.SYMBOL_TOP
                    || strength >= Outline.HEADING;
            String title = outline.titles[line];
            if (!isSymbol || title.isEmpty()) {
                continue;
            }
            int level = isCode ? Outline.SYMBOL_TOP - strength : Outline.HEADING + 5 - strength;
            while (!open.isEmpty() && open.getLast().level >= level) {
                close(document, symbols, open.removeLast(), line - 1);
            }
            String above = open.isEmpty() ? "" : open.getLast().title + JOINED;
            String name = isCode ? title.substring(title.lastIndexOf(JOINED) < 0 ? 0 : title.lastIndexOf(JOINED) + JOINED.length())
                    : title.startsWith(above) ? title.substring(above.length()) : title;
            open.addLast(new Open(symbols.size(), level, title, line));
            symbols.add(at(document, isCode ? Symbol.Kind.DEFINITION : Symbol.Kind.HEADING, name,
                    isCode ? open.size() - 1 : level, line, line));
        }
        while (!open.isEmpty()) {
            close(document, symbols, open.removeLast(), text.lineCount());
        }
        return symbols;
    }

    /** A symbol whose end is not known yet, and the line of the reading text at which it begins. */
    private record Open(int index, int level, String title, int first) {}

    private static void close(Document document, List<Symbol> symbols, Open open, int last) {
        Symbol symbol = symbols.get(open.index);
        int end = last;
        while (end > open.first && document.reading().isBlank(end)) {
            end--;
        }
        symbols.set(open.index, at(document, symbol.kind(), symbol.name(), symbol.depth(), open.first, end));
    }

    /** @param first and {@code last} lines of the reading text */
    static Symbol at(Document document, Symbol.Kind kind, String name, int depth, int first, int last) {
        LineMap map = document.map();
        int lineFirst = map.sourceFirst(first);
        int lineLast = Math.max(lineFirst, map.sourceLast(last));
        return new Symbol(kind, name, depth, lineFirst, lineLast, document.source().byteStart(lineFirst),
                document.source().byteEnd(lineLast));
    }
}
