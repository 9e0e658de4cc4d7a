package dev.longhand.text;

import dev.longhand.text.JinjaToken.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens, with Jinja's whitespace rules under trim_blocks and lstrip_blocks.
 *
 * <p>Knows: text, tags, comments, raw blocks and what white space each drops. Expressions are cut by
 * {@link JinjaExpressionLexer}. Does not know: grammar. One pass, linear time, no regular expressions.
 */
final class JinjaLexer {
    private final String source;
    private final int[] lineStarts;
    private final List<JinjaToken> tokens = new ArrayList<>();
    private int position;

    private JinjaLexer(String source) {
        this.source = source;
        this.lineStarts = lineStarts(source);
    }

    static List<JinjaToken> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        JinjaLexer lexer = new JinjaLexer(source);
        lexer.all();
        return lexer.tokens;
    }

    private static int[] lineStarts(String source) {
        int[] starts = new int[16];
        int n = 1;
        for (int at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) {
            if (n == starts.length) {
                starts = Arrays.copyOf(starts, n * 2);
            }
            starts[n++] = at + 1;
        }
        return Arrays.copyOf(starts, n);
    }

    int line(int offset) {
        int found = Arrays.binarySearch(lineStarts, offset);
        return found >= 0 ? found + 1 : -found - 1;
    }

    private void all() {
        while (position < source.length()) {
            int tag = nextTag(position);
            if (tag < 0) {
                data(position, source.length());
                position = source.length();
            } else {
                tag(tag);
            }
        }
        tokens.add(new JinjaToken(Kind.END, "", "", line(source.length())));
    }

    private int nextTag(int from) {
        for (int at = source.indexOf('{', from); at >= 0 && at + 1 < source.length(); at = source.indexOf('{', at + 1)) {
            char next = source.charAt(at + 1);
            if (next == '%' || next == '{' || next == '#') {
                return at;
            }
        }
        return -1;
    }

    private void tag(int tag) {
        char kind = source.charAt(tag + 1);
        char sign = sign(tag + 2);
        text(position, tag, sign, kind != '{');
        int body = tag + 2 + (sign == 0 ? 0 : 1);
        int raw = kind == '%' ? rawTagEnd(body, "raw") : -1;
        if (raw >= 0 && source.charAt(raw) != '+') {
            rawBlock(tag, afterEnd(raw, false));
        } else if (kind == '#') {
            comment(tag, body);
        } else {
            expression(tag, body, kind == '%');
        }
    }

    private char sign(int at) {
        char c = at < source.length() ? source.charAt(at) : 0;
        return c == '-' || c == '+' ? c : 0;
    }

    /** Emits the text before a tag without the white space that the tag takes away. */
    private void text(int from, int to, char sign, boolean isBlock) {
        int end = to;
        if (sign == '-') {
            while (end > from && JinjaText.isSpace(source.charAt(end - 1))) {
                end--;
            }
        } else if (sign == 0 && isBlock) {
            int blank = to;
            while (blank > from && source.charAt(blank - 1) != '\n' && JinjaText.isSpace(source.charAt(blank - 1))) {
                blank--;
            }
            end = blank == 0 || source.charAt(blank - 1) == '\n' ? blank : to;
        }
        data(from, end);
    }

    private void data(int from, int to) {
        if (to > from) {
            String text = source.substring(from, to);
            tokens.add(new JinjaToken(Kind.DATA, text, text, line(from)));
        }
    }

    private void comment(int tag, int body) {
        int end = source.indexOf("#}", body);
        if (end < 0) {
            throw JinjaFailure.at(line(tag), "the comment that begins with '{#' has no end '#}'");
        }
        position = afterEnd(end > body && sign(end - 1) != 0 ? end - 1 : end, true);
    }

    /** Offset behind an end tag that begins at {@code at} with its sign, if it has one, and behind the space it takes. */
    private int afterEnd(int at, boolean trimsNewline) {
        char sign = sign(at);
        int end = at + (sign == 0 ? 2 : 3);
        if (sign == '-') {
            return skipSpace(end);
        }
        return sign == 0 && trimsNewline && end < source.length() && source.charAt(end) == '\n' ? end + 1 : end;
    }

    private int skipSpace(int at) {
        int end = at;
        while (end < source.length() && JinjaText.isSpace(source.charAt(end))) {
            end++;
        }
        return end;
    }

    /** If only {@code word} stands between {@code at} and an end tag: offset of that end tag's sign or '%'; else -1. */
    private int rawTagEnd(int at, String word) {
        int begin = skipSpace(at);
        if (!source.startsWith(word, begin)) {
            return -1;
        }
        int end = skipSpace(begin + word.length());
        return source.startsWith("%}", end + (sign(end) == 0 ? 0 : 1)) ? end : -1;
    }

    private void rawBlock(int tag, int body) {
        for (int at = source.indexOf("{%", body); at >= 0; at = source.indexOf("{%", at + 1)) {
            char sign = sign(at + 2);
            int end = rawTagEnd(at + 2 + (sign == 0 ? 0 : 1), "endraw");
            if (end >= 0) {
                text(body, at, sign, true);
                position = afterEnd(end, true);
                return;
            }
        }
        throw JinjaFailure.at(line(tag), "the block 'raw' has no 'endraw'");
    }

    private void expression(int tag, int body, boolean isBlock) {
        tokens.add(new JinjaToken(isBlock ? Kind.BLOCK_BEGIN : Kind.VARIABLE_BEGIN, "", "", line(tag)));
        JinjaExpressionLexer lexer = new JinjaExpressionLexer(source, body, this::line, tokens);
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            int at = lexer.position();
            if (open.isEmpty() && isEnd(at, isBlock ? "%}" : "}}", isBlock)) {
                tokens.add(new JinjaToken(isBlock ? Kind.BLOCK_END : Kind.VARIABLE_END, "", "", line(at)));
                position = afterEnd(at, isBlock);
                return;
            }
            if (at >= source.length()) {
                position = at;
                return;
            }
            lexer.next(open);
        }
    }

    private boolean isEnd(int at, String end, boolean plusCounts) {
        char sign = sign(at);
        return source.startsWith(end, at) || (sign == '-' || sign == '+' && plusCounts) && source.startsWith(end, at + 1);
    }
}
