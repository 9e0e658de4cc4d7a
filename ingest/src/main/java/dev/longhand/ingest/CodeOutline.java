package dev.longhand.ingest;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Definitions of source code in any language, by their first words and their indentation. A heuristic: a miss costs a worse cut,
 * never a lost line. Every line is looked at once, up to a fixed width. One use.
 */
final class CodeOutline {
    private static final int LOOK_CHARS = 240;
    /** Lines of comments and annotations that may stand above a definition. */
    private static final int LEAD_LINES_MAX = 200;

    private static final Set<String> MODIFIERS = Set.of("public", "private", "protected", "static", "final", "abstract", "async",
            "export", "default", "pub", "unsafe", "extern", "inline", "virtual", "override", "sealed", "internal", "open", "data",
            "partial", "const", "local", "synchronized", "native", "non-sealed", "suspend", "declare", "constexpr", "explicit",
            "friend", "template", "typedef", "readonly", "companion", "lateinit", "operator", "annotation", "case", "implicit",
            "lazy",
            "global");
    private static final Set<String> KEYWORDS = Set.of("class", "interface", "enum", "record", "struct", "trait", "impl", "union",
            "fn", "func", "fun", "function", "def", "defp", "defmodule", "defn", "module", "namespace", "object", "type", "mixin",
            "extension", "protocol", "procedure", "sub", "subroutine", "message", "service", "contract", "actor", "@interface");
    private static final Set<String> NOT_TYPES = Set.of("if", "for", "while", "switch", "catch", "return", "else", "do", "try",
            "when", "new", "throw", "assert", "case", "yield", "await", "in", "and", "or", "not", "elif", "with", "from", "import",
            "foreach", "delete", "typeof", "goto", "using", "let", "var", "val", "synchronized", "print", "echo", "raise", "match",
            "then");

    private final Text text;
    private final Outline outline;
    private final Outline.Nest nest = new Outline.Nest();

    CodeOutline(Text text, Outline outline) {
        this.text = text;
        this.outline = outline;
    }

    void fill() {
        boolean afterBlank = true;
        for (int line = 1; line <= text.lineCount(); line++) {
            String head = head(line);
            if (head.isEmpty()) {
                outline.strengths[line] = Outline.LINE;
                outline.titles[line] = nest.path();
                afterBlank = true;
                continue;
            }
            int indent = Outline.indent(text, line);
            String name = definition(head);
            if (!name.isEmpty()) {
                define(line, indent, name);
            } else {
                if (!continues(head)) {
                    nest.close(indent);
                }
                outline.strengths[line] = plain(afterBlank, indent);
            }
            outline.titles[line] = nest.path();
            afterBlank = false;
        }
    }

    private String head(int line) {
        int start = text.charStart(line);
        return text.chars().substring(start, Math.min(text.charEnd(line), start + LOOK_CHARS)).strip();
    }

    private static int plain(boolean afterBlank, int indent) {
        if (!afterBlank) {
            return indent == 0 ? Outline.FLUSH_LINE : Outline.LINE;
        }
        return indent == 0 ? Outline.PARAGRAPH_TOP : indent <= 4 ? Outline.PARAGRAPH_OUTER : Outline.PARAGRAPH;
    }

    /** Lines that close or go on with what is open, and comments, whose place is decided by what follows. */
    private static boolean continues(String head) {
        char c = head.charAt(0);
        return c == '}' || c == ')' || c == ']' || c == '{' || c == '*' || isLead(head)
                || head.startsWith("end") || head.startsWith("else") || head.startsWith("catch") || head.startsWith("except")
                || head.startsWith("finally") || head.startsWith("where") || head.startsWith("elif");
    }

    /** Whether a line is a comment or an annotation, which belongs to what follows. */
    static boolean isLeadLine(Text text, int line) {
        int start = text.charStart(line);
        return isLead(text.chars().substring(start, Math.min(text.charEnd(line), start + LOOK_CHARS)).strip());
    }

    /** Fills from definitions that are known. */
    void fill(List<Definitions.Definition> definitions) {
        Deque<Definitions.Definition> open = new ArrayDeque<>();
        boolean afterBlank = true;
        int next = 0;
        for (int line = 1; line <= text.lineCount(); line++) {
            boolean closed = false;
            while (!open.isEmpty() && open.getLast().last() < line) {
                open.removeLast();
                closed = true;
            }
            if (closed) {
                nest.close(open.size() + 1);
            }
            boolean isBlank = text.isBlank(line);
            outline.strengths[line] = isBlank ? Outline.LINE : plain(afterBlank, Outline.indent(text, line));
            for (; next < definitions.size() && definitions.get(next).first() <= line; next++) {
                Definitions.Definition each = definitions.get(next);
                int strength = open.isEmpty() ? Outline.SYMBOL_TOP : open.size() == 1 ? Outline.SYMBOL_INNER : Outline.SYMBOL_DEEP;
                outline.strengths[line] = Math.max(outline.strengths[line], strength);
                if (each.last() >= line) {
                    open.addLast(each);
                    nest.open(open.size(), each.name());
                }
            }
            outline.titles[line] = nest.path();
            afterBlank = isBlank;
        }
    }

    private static boolean isLead(String head) {
        return head.startsWith("//") || head.startsWith("/*") || head.startsWith("*") || head.startsWith("#")
                || head.startsWith("@")
                || head.startsWith("--") || head.startsWith(";;") || head.startsWith("[<") || head.startsWith("[[")
                || head.startsWith("template<") || head.startsWith("template <");
    }

    private void define(int line, int indent, String name) {
        nest.close(indent);
        int depth = nest.depth();
        nest.open(indent, name);
        int first = line;
        while (first > 1 && line - first < LEAD_LINES_MAX) {
            String above = head(first - 1);
            if (above.isEmpty() || !isLead(above) || definition(above).equals(name)) {
                break;
            }
            first--;
            outline.titles[first] = nest.path();
            outline.strengths[first] = Outline.LINE;
        }
        outline.strengths[line] = Outline.LINE;
        outline.strengths[first] = depth == 0 ? Outline.SYMBOL_TOP : depth == 1 ? Outline.SYMBOL_INNER : Outline.SYMBOL_DEEP;
    }

    /** The name a line defines, or "". */
    private static String definition(String head) {
        if (isLead(head) && !head.startsWith("@interface")) {
            return "";
        }
        int at = 0;
        boolean modified = false;
        while (true) {
            int end = wordEnd(head, at);
            String word = head.substring(at, end);
            if (KEYWORDS.contains(word)) {
                return named(word, head, end);
            }
            if (!MODIFIERS.contains(word)) {
                return NOT_TYPES.contains(word) ? "" : called(head, at, modified);
            }
            modified = true;
            at = skip(head, end);
        }
    }

    private static String named(String keyword, String head, int from) {
        if (from < head.length() && "(=:.,;)".indexOf(head.charAt(from)) >= 0) {
            return "";
        }
        int at = skip(head, from);
        if (at < head.length() && (head.charAt(at) == '(' || head.charAt(at) == '<')) {
            // Go's receiver, Rust's type parameters.
            int close = head.indexOf(head.charAt(at) == '(' ? ')' : '>', at);
            at = close < 0 ? head.length() : skip(head, close + 1);
        }
        at = at < head.length() && head.charAt(at) == '*' ? skip(head, at + 1) : at;
        int end = wordEnd(head, at);
        if (keyword.equals("impl")) {
            int brace = head.indexOf('{', at);
            return "impl " + head.substring(at, brace < 0 ? head.length() : brace).strip();
        }
        if (end == at || keyword.equals("type") && head.indexOf('=', end) < 0 && head.indexOf('{', end) < 0
                && !head.contains("struct")
                && !head.contains("interface")) {
            return "";
        }
        return head.substring(at, end);
    }

    /** A method or function without a keyword: types, a name and a bracket, not a call and not an assignment. */
    private static String called(String head, int from, boolean modified) {
        int bracket = head.indexOf('(', from);
        if (bracket < 0) {
            return arrow(head, from, modified);
        }
        int end = bracket;
        while (end > from && head.charAt(end - 1) == ' ') {
            end--;
        }
        int start = end;
        while (start > from && isWord(head.charAt(start - 1))) {
            start--;
        }
        boolean hasType = start > from;
        for (int i = from; i < start; i++) {
            char c = head.charAt(i);
            if (!isWord(c) && " <>[],.?&*:@".indexOf(c) < 0) {
                return arrow(head, from, modified);
            }
        }
        char last = head.charAt(head.length() - 1);
        boolean opens = last == '{' || last == '(' || last == ',' || hasType && last == ')';
        return start < end && opens && (hasType && head.charAt(start - 1) != '.' || modified || last == '{')
                && !NOT_TYPES.contains(head.substring(start, end)) ? head.substring(start, end) : arrow(head, from, modified);
    }

    /** {@code const name = (...) =>} and {@code name = function(}. */
    private static String arrow(String head, int from, boolean modified) {
        int equals = head.indexOf('=', from);
        boolean isFunction = equals > 0 && (head.indexOf("=>", equals) > 0 || head.indexOf("function", equals) > 0);
        if (!isFunction || !modified) {
            return "";
        }
        return head.substring(from, wordEnd(head, from));
    }

    private static int skip(String head, int from) {
        int at = from;
        if (at < head.length() && head.charAt(at) == '(') {
            // pub(crate)
            int close = head.indexOf(')', at);
            at = close < 0 ? at : close + 1;
        }
        while (at < head.length() && head.charAt(at) == ' ') {
            at++;
        }
        return at;
    }

    private static int wordEnd(String head, int from) {
        int at = from;
        while (at < head.length() && (isWord(head.charAt(at)) || head.charAt(at) == '-' && head.startsWith("non-sealed", from))) {
            at++;
        }
        return at;
    }

    private static boolean isWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c == '~' || c == '@';
    }
}
