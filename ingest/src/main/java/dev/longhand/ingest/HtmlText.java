package dev.longhand.ingest;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jsoup.nodes.Comment;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeTraversor;

/**
 * HTML source to reading text: headings as {@code #}, list items as {@code -}, {@code pre} as fences, table rows as cells
 * with bars; scripts, styles and what a browser would hide are left out and flagged. Each reading line knows its source lines. One
 * use.
 */
final class HtmlText implements NodeFilter {
    private static final Set<String> DROPPED = Set.of("script", "style", "template", "svg", "math", "iframe", "object", "noscript",
            "select", "textarea", "canvas", "audio", "video", "head");
    private static final Set<String> BLOCKS = Set.of("p", "div", "section", "article", "main", "header", "footer", "nav", "aside",
            "blockquote", "ul", "ol", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "figure", "figcaption", "form", "fieldset",
            "address", "details", "summary", "hr", "body", "caption");
    /** Blocks with an empty line before them. */
    private static final Set<String> PARAGRAPHS = Set.of("p", "ul", "ol", "dl", "table", "blockquote", "section", "article", "pre",
            "figure", "details");

    private final Text source;
    private final List<String> lines = new ArrayList<>();
    private final List<int[]> ranges = new ArrayList<>();
    private final Map<Flag.What, int[]> found = new EnumMap<>(Flag.What.class);

    private final StringBuilder line = new StringBuilder();
    /** Source characters of what the open line holds; -1 while it is empty. */
    private int from = -1;
    private int end;
    private int preDepth;

    private HtmlText(Text source) {
        this.source = source;
    }

    static Document document(SourceFile file, Text source, List<Flag> flags) throws Refused {
        HtmlText html = new HtmlText(source);
        var parsed = Parser.htmlParser().setTrackPosition(true).parseInput(source.chars(), "");
        html.title(parsed);
        NodeTraversor.filter(html, parsed.body());
        html.flush();
        List<Flag> all = new ArrayList<>(flags);
        html.found.forEach((what, seen) -> all.add(new Flag(what, seen[0], seen[1])));
        Text reading = Text.ofUtf8(String.join("\n", html.lines));
        if (Extractor.isBlank(reading)) {
            throw new Refused(Skip.Reason.NO_TEXT, "HTML that shows no text");
        }
        // Trailing empty lines, which open no line of the text, have no range either.
        int[] firsts = html.ranges.stream().limit(reading.lineCount()).mapToInt(range -> range[0]).toArray();
        int[] lasts = html.ranges.stream().limit(reading.lineCount()).mapToInt(range -> range[1]).toArray();
        return new Document(file, Kind.HTML, "", source, reading, LineMap.ranges(firsts, lasts), all);
    }

    private void title(org.jsoup.nodes.Document parsed) {
        Element title = parsed.head().selectFirst("title");
        Element heading = parsed.body().selectFirst("h1");
        if (title != null && title.hasText() && (heading == null || !heading.text().equals(title.text()))) {
            line.append("# ");
            title.textNodes().forEach(this::text);
            flush();
        }
    }

    @Override
    public FilterResult head(Node node, int depth) {
        switch (node) {
            case TextNode text -> text(text);
            case Comment comment -> flag(Flag.What.HTML_COMMENT, comment);
            case Element element -> {
                return open(element);
            }
            default -> {
                // Declarations and data nodes show nothing.
            }
        }
        return FilterResult.CONTINUE;
    }

    private FilterResult open(Element element) {
        String name = element.normalName();
        if (DROPPED.contains(name)) {
            return FilterResult.SKIP_ENTIRELY;
        }
        if (isHidden(element)) {
            if (element.hasText()) {
                flag(Flag.What.HIDDEN_HTML, element);
            }
            return FilterResult.SKIP_ENTIRELY;
        }
        if (isBlock(name)) {
            flush();
        }
        if (PARAGRAPHS.contains(name) || level(name) > 0) {
            gap();
        }
        switch (name) {
            case "h1", "h2", "h3", "h4", "h5", "h6" -> line.append("#".repeat(level(name))).append(' ');
            case "li" -> line.append("- ");
            case "td", "th" -> line.append(line.isEmpty() ? "" : " | ");
            case "pre" -> {
                preDepth++;
                fence(element);
            }
            default -> {
                // Inline elements are their text.
            }
        }
        return FilterResult.CONTINUE;
    }

    @Override
    public FilterResult tail(Node node, int depth) {
        if (node instanceof Element element) {
            String name = element.normalName();
            if (isBlock(name) || name.equals("br")) {
                flush();
            }
            if (name.equals("pre")) {
                preDepth--;
                fence(element);
            }
            if (PARAGRAPHS.contains(name) || level(name) > 0) {
                gap();
            }
        }
        return FilterResult.CONTINUE;
    }

    private static boolean isBlock(String name) {
        return BLOCKS.contains(name) || name.equals("li") || name.equals("pre") || level(name) > 0;
    }

    private static int level(String name) {
        return name.length() == 2 && name.charAt(0) == 'h' && name.charAt(1) >= '1' && name.charAt(1) <= '6' ? name.charAt(1) - '0'
                : 0;
    }

    private static boolean isHidden(Element element) {
        if (element.hasAttr("hidden")) {
            return true;
        }
        String style = element.attr("style").toLowerCase(Locale.ROOT).replace(" ", "");
        return style.contains("display:none") || style.contains("visibility:hidden") || style.contains("font-size:0;")
                || style.endsWith("font-size:0") || style.contains("font-size:0px") || style.contains("opacity:0;")
                || style.endsWith("opacity:0");
    }

    private void flag(Flag.What what, Node node) {
        int at = Math.max(0, node.sourceRange().startPos());
        found.computeIfAbsent(what, w -> new int[] {0, source.lineAt(at)})[0]++;
    }

    /** Blanks run together as a browser shows them, except in {@code pre}, whose line ends are kept. */
    private void text(TextNode node) {
        String text = node.getWholeText();
        int first = node.sourceRange().startPos();
        int last = node.sourceRange().endPos();
        boolean isTracked = first >= 0 && last >= first && last <= source.chars().length();
        int at = isTracked ? first : end;
        int stop = isTracked ? last : end;
        boolean isCovered = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (preDepth > 0 && c == '\n') {
                cover(at, at);
                flushKept();
                at = Math.min(nextLine(at), stop);
            } else if (preDepth == 0 && Text.isSpace(c) && c != '\u00a0') {
                if (!line.isEmpty() && line.charAt(line.length() - 1) != ' ') {
                    line.append(' ');
                }
            } else if (c != '\r') {
                if (preDepth > 0) {
                    cover(at, at);
                } else if (!isCovered) {
                    cover(skipBlanks(at, stop), stop);
                    isCovered = true;
                }
                line.append(c);
            }
        }
    }

    private int skipBlanks(int at, int stop) {
        int i = at;
        while (i < stop && Text.isSpace(source.chars().charAt(i))) {
            i++;
        }
        return i < stop ? i : at;
    }

    private int nextLine(int at) {
        int newline = source.chars().indexOf('\n', at);
        return newline < 0 ? source.chars().length() : newline + 1;
    }

    private void cover(int first, int stop) {
        int last = stop;
        while (last > first && Text.isSpace(source.chars().charAt(last - 1))) {
            last--;
        }
        from = from < 0 ? first : Math.min(from, first);
        end = Math.max(end, last);
    }

    private void fence(Element element) {
        flush();
        int at = element.sourceRange().startPos();
        add("```", at < 0 ? end : Math.max(at, end), Math.max(at, end));
    }

    private void gap() {
        if (!lines.isEmpty() && !lines.getLast().isEmpty() && preDepth == 0) {
            add("", end, end);
        }
    }

    private void flush() {
        String done = preDepth > 0 ? line.toString() : line.toString().strip();
        if (!done.isBlank() && from >= 0) {
            add(done, from, end);
        }
        line.setLength(0);
        from = -1;
    }

    private void flushKept() {
        add(line.toString(), from, Math.max(from, end));
        line.setLength(0);
        from = -1;
    }

    private void add(String text, int first, int stop) {
        int firstLine = source.lineAt(Math.max(0, first));
        int lastLine = source.lineAt(Math.max(Math.max(0, first), stop - 1));
        lines.add(text);
        ranges.add(new int[] {firstLine, Math.max(firstLine, lastLine)});
        end = Math.max(end, stop);
    }
}
