package dev.longhand.ingest;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a document into passages along its structure.
 *
 * <p>The passages of a document hold every non-blank line exactly once, in order; none is longer than the plan allows. A line that
 * alone is too long is cut at a sentence, a blank or, failing these, between characters; its pieces share its line
 * number. Pure: the same document and plan give the same passages.
 */
public final class Splitter {
    /** A new number where documents are cut otherwise than before: passages that are kept are then out of date. */
    public static final int VERSION = 2;

    /** A piece of the text: characters {@code [from, end)} of lines first to last. */
    private record Piece(int first, int last, int from, int end) {}

    private final Document document;
    private final Text text;
    private final SplitPlan plan;
    private final Outline outline;
    /** Estimated tokens of all lines before line i + 1, one for each line end included. */
    private final int[] tokensBefore;
    private final List<int[]> ranges = new ArrayList<>();

    private Splitter(Document document, SplitPlan plan) {
        this.document = document;
        this.text = document.reading();
        this.plan = plan;
        this.outline = Outline.of(document);
        tokensBefore = new int[text.lineCount() + 1];
        for (int line = 1; line <= text.lineCount(); line++) {
            tokensBefore[line] = tokensBefore[line - 1] + Tokens.estimate(text.chars(), text.charStart(line), text.charEnd(line))
                    + 1;
        }
    }

    public static List<Passage> split(Document document, SplitPlan plan) {
        return new Splitter(document, plan).split();
    }

    private List<Passage> split() {
        sections();
        List<int[]> joined = joinSmall();
        List<Passage> passages = new ArrayList<>(joined.size());
        for (int[] range : joined) {
            for (Piece piece : pieces(range[0], range[1])) {
                passages.add(passage(passages.size(), piece));
            }
        }
        return passages;
    }

    private void sections() {
        int first = 1;
        for (int line = 2; line <= text.lineCount() + 1; line++) {
            if (line > text.lineCount() || outline.strengths[line] >= Outline.SECTION) {
                divide(first, line - 1);
                first = line;
            }
        }
    }

    private int tokens(int first, int last) {
        return tokensBefore[last] - tokensBefore[first - 1] - 1;
    }

    private boolean fits(int first, int last) {
        return tokens(first, last) <= plan.tokensMax() && last - first < plan.linesMax();
    }

    /** Cuts a range at its strongest breaks, each part at its own, and joins neighbours again as far as they fit. */
    private void divide(int from, int to) {
        int first = from;
        int last = to;
        while (first <= last && text.isBlank(first)) {
            first++;
        }
        while (last >= first && text.isBlank(last)) {
            last--;
        }
        if (first > last) {
            return;
        }
        if (first == last || fits(first, last)) {
            ranges.add(new int[] {first, last});
            return;
        }
        int strongest = 0;
        for (int line = first + 1; line <= last; line++) {
            strongest = Math.max(strongest, outline.strengths[line]);
        }
        int mark = ranges.size();
        int start = first;
        for (int line = first + 1; line <= last + 1; line++) {
            if (line > last || outline.strengths[line] == strongest) {
                divide(start, line - 1);
                start = line;
            }
        }
        pack(mark);
    }

    private void pack(int mark) {
        int kept = mark;
        for (int i = mark + 1; i < ranges.size(); i++) {
            int[] open = ranges.get(kept);
            int[] next = ranges.get(i);
            if (fits(open[0], next[1])) {
                open[1] = next[1];
            } else {
                ranges.set(++kept, next);
            }
        }
        if (ranges.size() > kept + 1) {
            ranges.subList(kept + 1, ranges.size()).clear();
        }
    }

    /** A short piece goes with its neighbour where one of them is on the other's level or below. */
    private List<int[]> joinSmall() {
        List<int[]> joined = new ArrayList<>();
        for (int[] range : ranges) {
            int[] before = joined.isEmpty() ? null : joined.getLast();
            if (before != null && fits(before[0], range[1]) && belongs(before, range, joined.size() == 1)) {
                before[1] = range[1];
            } else {
                joined.add(range);
            }
        }
        return joined;
    }

    private boolean belongs(int[] before, int[] range, boolean isAfterFirst) {
        boolean beforeIsSmall = tokens(before[0], before[1]) < plan.tokensMin();
        boolean isSmall = tokens(range[0], range[1]) < plan.tokensMin();
        boolean goesDown = outline.strengths[range[0]] <= outline.strengths[before[0]];
        boolean isWeak = outline.strengths[range[0]] <= Outline.SYMBOL_INNER;
        // What stands above the first section (a package line, front matter) would be found by nobody on its own.
        return beforeIsSmall && (goesDown || isAfterFirst) || isSmall && isWeak && goesDown;
    }

    private List<Piece> pieces(int first, int last) {
        int from = text.charStart(first);
        int end = text.charEnd(last);
        if (first < last || tokens(first, last) <= plan.tokensMax()) {
            return List.of(new Piece(first, last, from, end));
        }
        List<Piece> pieces = new ArrayList<>();
        while (from < end) {
            int cut = cut(from, end);
            pieces.add(new Piece(first, last, from, cut));
            from = cut;
        }
        return pieces;
    }

    /** Where the piece that begins at from ends: at most tokensMax on, best after a sentence, then after a blank. */
    private int cut(int from, int end) {
        Tokens counter = new Tokens();
        int tokens = 0;
        int sentence = -1;
        int blank = -1;
        int at = from;
        while (at < end) {
            int next = clusterEnd(at, end);
            for (int i = at; i < next; i++) {
                tokens += counter.next(text.chars().charAt(i));
            }
            if (tokens > plan.tokensMax() && at > from) {
                int half = from + (at - from) / 2;
                return sentence > half ? sentence : blank > half ? blank : at;
            }
            char c = text.chars().charAt(next - 1);
            if ("。！？；…!?".indexOf(c) >= 0 || ".;".indexOf(c) >= 0 && next < end && text.chars().charAt(next) == ' ') {
                sentence = next;
            } else if (" ,，、\t}>)".indexOf(c) >= 0) {
                blank = next;
            }
            at = next;
        }
        return end;
    }

    /** After one code point and the marks and joiners that belong to it, up to a bound. */
    private int clusterEnd(int at, int end) {
        String chars = text.chars();
        int next = at + Character.charCount(chars.codePointAt(at));
        for (int n = 0; next < end && n < 3; n++) {
            int c = chars.codePointAt(next);
            int type = Character.getType(c);
            boolean belongs = type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK
                    || type == Character.COMBINING_SPACING_MARK || c == 0x200d || chars.codePointBefore(next) == 0x200d;
            if (!belongs) {
                break;
            }
            next += Character.charCount(c);
        }
        return Math.min(next, end);
    }

    private Passage passage(int index, Piece piece) {
        LineMap map = document.map();
        int lineFirst = map.sourceFirst(piece.first);
        int lineLast = lineFirst;
        for (int line = piece.first; line <= piece.last; line++) {
            lineFirst = Math.min(lineFirst, map.sourceFirst(line));
            lineLast = Math.max(lineLast, map.sourceLast(line));
        }
        Text source = document.source();
        long byteFirst = map.isIdentity() ? text.byteOffset(piece.from) : source.byteStart(lineFirst);
        long byteEnd = map.isIdentity() ? text.byteOffset(piece.end) : source.byteEnd(lineLast);
        return new Passage(document.path(), index, title(piece), lineFirst, lineLast, byteFirst, byteEnd, map.page(piece.first),
                text.chars().substring(piece.from, piece.end), Tokens.estimate(text.chars(), piece.from, piece.end));
    }

    /** The title of the first line; a deeper one inside the piece wins, as a heading joined with its first section. */
    private String title(Piece piece) {
        String title = outline.titles[piece.first];
        for (int line = piece.first + 1; line <= piece.last; line++) {
            String next = outline.titles[line];
            if (next.length() > title.length() && next.startsWith(title)) {
                title = next;
            }
        }
        return title;
    }
}
