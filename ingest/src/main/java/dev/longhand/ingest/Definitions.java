package dev.longhand.ingest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.treesitter.TSInputEncoding;
import org.treesitter.TSLanguage;
import org.treesitter.TSNode;
import org.treesitter.TSParser;
import org.treesitter.TSReader;
import org.treesitter.TSTree;
import org.treesitter.TSTreeCursor;

/**
 * What code defines, by tree-sitter's grammar of its language. One use.
 *
 * <p>The parser is native code and its input hostile, so the input is bounded twice: by its length, and by the parser's own steps.
 * Steps and not time, so that the same text gives the same passages on a slow machine. Where a bound is hit, the platform has no
 * library, or the text is hardly of that language, there is no answer and {@link CodeOutline} guesses.
 */
final class Definitions {
    /**
     * @param depth definitions it lies in
     * @param first line of the reading text, with the comments and annotations above that belong to it
     * @param last  line, inclusive
     */
    record Definition(Symbol.Kind kind, String name, int depth, int first, int last) {}

    static final int BYTES_MAX = 1 << 20;
    /** The parser asks every 100 operations whether to go on; 20,000 such steps are some 900 kB of plain code, 1 to 3 seconds. */
    static final int STEPS_MAX = 20_000;

    private static final int READ_BYTES = 1 << 12;
    private static final int DEPTH_MAX = 64;
    private static final int LEAD_LINES_MAX = 200;
    private static final int NAME_BYTES_MAX = 400;

    private static final Map<String, Symbol.Kind> KINDS = kinds();
    /** Nodes in which definitions are looked for, beside definitions themselves. */
    private static final Set<String> THROUGH = Set.of("program", "module", "translation_unit", "source_file", "ERROR",
            "class_body", "interface_body", "enum_body", "enum_body_declarations", "annotation_type_body",
            "decorated_definition", "block", "if_statement", "try_statement", "else_clause", "except_clause",
            "export_statement", "statement_block", "expression_statement", "lexical_declaration", "variable_declaration",
            "ambient_declaration", "declaration_list", "field_declaration_list", "linkage_specification", "preproc_if",
            "preproc_ifdef", "preproc_else", "preproc_elif", "type_declaration");
    /** Of these a definition in them begins where they begin. */
    private static final Set<String> WRAPS = Set.of("decorated_definition", "export_statement", "lexical_declaration",
            "variable_declaration", "type_declaration", "ambient_declaration", "expression_statement");
    /** Languages whose functions hold functions that matter. */
    private static final Set<String> NESTS = Set.of("python", "javascript", "typescript");

    /** Languages in which a line that begins with # is a comment or an attribute. */
    private static final Set<String> HASH_LEADS = Set.of("python", "rust");

    private final String language;
    private final Text text;
    /** UTF-8 of the text; its own file may be in another charset. */
    private final byte[] bytes;
    /** Byte offset of each line. */
    private final int[] lineStarts;
    private final List<Definition> found = new ArrayList<>();

    private Definitions(String language, Text text) {
        this.language = language;
        this.text = text;
        ByteArrayOutputStream utf8 = new ByteArrayOutputStream(text.chars().length());
        lineStarts = new int[text.lineCount()];
        for (int line = 1; line <= text.lineCount(); line++) {
            lineStarts[line - 1] = utf8.size();
            int end = line < text.lineCount() ? text.charStart(line + 1) : text.chars().length();
            utf8.writeBytes(text.chars().substring(text.charStart(line), end).getBytes(StandardCharsets.UTF_8));
        }
        bytes = utf8.toByteArray();
    }

    /** In the order of their lines, outer ones before inner ones; empty where there is no answer. */
    static Optional<List<Definition>> of(Document document) {
        Text text = document.reading();
        String name = document.path();
        // JSX in TypeScript has a grammar of its own, which has no package here.
        if (document.kind() != Kind.CODE || text.chars().length() > BYTES_MAX || name.endsWith(".tsx") || text.lineCount() == 0) {
            return Optional.empty();
        }
        return Grammars.of(document.language()).flatMap(grammar -> new Definitions(document.language(), text).parse(grammar));
    }

    private Optional<List<Definition>> parse(TSLanguage grammar) {
        if (bytes.length > BYTES_MAX) {
            return Optional.empty();
        }
        int[] steps = {0};
        TSReader reader = (into, at, point) -> {
            int n = Math.clamp(bytes.length - at, 0, into.length);
            System.arraycopy(bytes, Math.min(at, bytes.length), into, 0, n);
            return n;
        };
        try (TSParser parser = new TSParser()) {
            if (!parser.setLanguage(grammar)) {
                return Optional.empty();
            }
            try (TSTree tree = parser.parseWithOptions(new byte[READ_BYTES], null, reader, TSInputEncoding.TSInputEncodingUTF8,
                    state -> ++steps[0] > STEPS_MAX)) {
                if (tree == null) {
                    return Optional.empty();
                }
                TSNode root = tree.getRootNode();
                try (TSTreeCursor cursor = new TSTreeCursor(root)) {
                    walk(cursor, 0, -1, 0);
                }
                return root.hasError() && found.size() * 2 < guessed() ? Optional.empty() : Optional.of(found);
            }
        }
    }

    /** Definitions that are there by their first words. */
    private int guessed() {
        Outline outline = Outline.guessed(text);
        return (int) Arrays.stream(outline.strengths).filter(s -> s >= Outline.SYMBOL_DEEP && s <= Outline.SYMBOL_TOP).count();
    }

    /**
     * @param depth definitions around the cursor's node
     * @param from  where a wrapping node begins, or -1
     * @param down  nodes around it
     */
    private void walk(TSTreeCursor cursor, int depth, int from, int down) {
        if (down > DEPTH_MAX || found.size() >= Symbols.MAX || !cursor.gotoFirstChild()) {
            return;
        }
        do {
            TSNode node = cursor.currentNode();
            if (!node.isNamed()) {
                continue;
            }
            String type = node.getType();
            int start = from >= 0 ? from : node.getStartByte();
            Symbol.Kind kind = kind(node, type);
            String name = kind == null ? "" : name(node, type);
            if (!name.isEmpty()) {
                define(kind, name, depth, start, node.getEndByte());
                if (kind != Symbol.Kind.FUNCTION || NESTS.contains(language)) {
                    walk(cursor, depth + 1, -1, down + 1);
                }
            } else if (THROUGH.contains(type)) {
                walk(cursor, depth, WRAPS.contains(type) ? start : -1, down + 1);
            }
        } while (cursor.gotoNextSibling());
        cursor.gotoParent();
    }

    /** Null if it defines nothing. */
    private static Symbol.Kind kind(TSNode node, String type) {
        Symbol.Kind kind = KINDS.get(type);
        if (kind == null) {
            return null;
        }
        return switch (type) {
            // A name without a body is a use of it.
            case "struct_specifier", "union_specifier", "enum_specifier" -> has(node, "body") ? kind : null;
            case "variable_declarator" -> {
                TSNode value = node.getChildByFieldName("value");
                String of = value.isNull() ? "" : value.getType();
                yield of.equals("arrow_function") || of.startsWith("function") || of.startsWith("generator_function") ? kind
                        : of.equals("class") ? Symbol.Kind.TYPE : null;
            }
            default -> kind;
        };
    }

    private static boolean has(TSNode node, String field) {
        return !node.getChildByFieldName(field).isNull();
    }

    private String name(TSNode node, String type) {
        if (type.equals("impl_item")) {
            int body = has(node, "body") ? node.getChildByFieldName("body").getStartByte() : node.getEndByte();
            return text(node.getStartByte(), body).replaceFirst("^impl\\s*(<[^{]{0,100}?>\\s+)?", "impl ");
        }
        TSNode name = node.getChildByFieldName("name");
        if (name.isNull()) {
            name = node.getChildByFieldName("declarator");
            for (int i = 0; i < DEPTH_MAX && !name.isNull() && has(name, "declarator"); i++) {
                name = name.getChildByFieldName("declarator");
            }
        }
        return name.isNull() ? "" : text(name.getStartByte(), name.getEndByte());
    }

    private String text(int from, int end) {
        int length = Math.clamp(end - from, 0, NAME_BYTES_MAX);
        return new String(bytes, from, length, StandardCharsets.UTF_8).strip().replaceAll("\\s+", " ");
    }

    private void define(Symbol.Kind kind, String name, int depth, int from, int end) {
        int line = lineOf(from);
        int first = line;
        int after = found.isEmpty() ? 0 : found.getLast().first;
        while (first > 1 && first - 1 > after && line - first < LEAD_LINES_MAX && isLead(first - 1)) {
            first--;
        }
        found.add(new Definition(kind, Outline.clip(name), depth, first, Math.max(line, lineOf(Math.max(from, end - 1)))));
    }

    private boolean isLead(int line) {
        boolean isHash = text.chars().startsWith("#", text.charStart(line) + indentChars(line));
        return CodeOutline.isLeadLine(text, line) && (!isHash || HASH_LEADS.contains(language));
    }

    private int indentChars(int line) {
        int at = text.charStart(line);
        while (at < text.charEnd(line) && text.chars().charAt(at) <= ' ') {
            at++;
        }
        return at - text.charStart(line);
    }

    private int lineOf(int at) {
        int line = Arrays.binarySearch(lineStarts, at);
        return line >= 0 ? line + 1 : -line - 1;
    }

    private static Map<String, Symbol.Kind> kinds() {
        Map<String, Symbol.Kind> kinds = new java.util.HashMap<>();
        String types = "class_declaration interface_declaration enum_declaration record_declaration annotation_type_declaration "
                + "class_definition abstract_class_declaration type_alias_declaration struct_specifier union_specifier "
                + "enum_specifier type_definition type_spec type_alias struct_item enum_item union_item trait_item type_item";
        String functions = "method_declaration constructor_declaration compact_constructor_declaration function_definition "
                + "function_declaration generator_function_declaration method_definition function_signature "
                + "abstract_method_signature method_signature variable_declarator preproc_function_def function_item "
                + "function_signature_item macro_definition annotation_type_element_declaration method_elem";
        Arrays.stream(types.split(" ")).forEach(t -> kinds.put(t, Symbol.Kind.TYPE));
        Arrays.stream(functions.split(" ")).forEach(t -> kinds.put(t, Symbol.Kind.FUNCTION));
        Arrays.stream("internal_module mod_item impl_item".split(" ")).forEach(t -> kinds.put(t, Symbol.Kind.MODULE));
        return Map.copyOf(kinds);
    }
}
