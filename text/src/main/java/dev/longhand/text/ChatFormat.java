package dev.longhand.text;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a model wants a conversation written: its chat template, and the tokens of the result.
 *
 * <p>Control tokens come from the template only: text of the turns that looks like one stays text. The prompt ends where the
 * assistant speaks next. Immutable and thread-safe.
 */
public final class ChatFormat {
    /**
     * One turn: the role's name as templates know it (system, user, assistant, tool) and what was said.
     *
     * @param calls  of tools, by the assistant
     * @param callId the id of the call that a tool's turn answers; else empty
     */
    public record Turn(String role, String text, List<Call> calls, String callId) {
        public Turn(String role, String text) {
            this(role, text, List.of(), "");
        }
    }

    /** A call of a tool; {@code arguments} are a JSON object. */
    public record Call(String id, String name, String arguments) {}

    /** A tool that may be called; {@code parameters} are the JSON Schema of its arguments, empty for none. */
    public record Tool(String name, String description, String parameters) {}

    /**
     * A conversation and what else the template is told.
     *
     * @param variables   of the template, beside the conversation's own: text, numbers, booleans, null, lists and maps of them
     * @param isContinued the last turn, the assistant's, stays open: the answer goes on behind its text
     */
    public record Prompt(List<Turn> turns, List<Tool> tools, Map<String, Object> variables, boolean isContinued) {
        public Prompt(List<Turn> turns) {
            this(turns, List.of(), Map.of(), false);
        }

        Prompt with(List<Turn> turns) {
            return new Prompt(turns, tools, variables, isContinued);
        }

        private boolean hasTools() {
            return !tools.isEmpty() || turns.stream().anyMatch(t -> !t.calls().isEmpty() || t.role().equals("tool"));
        }
    }

    /** A code point that is no character: it marks a place while a template runs. */
    private static final String PLACE = "\ufdef";

    private final String source;
    private final Jinja template;
    private final Tokenizer tokenizer;
    private final ControlTexts controls;
    private final boolean knowsTools;

    private ChatFormat(String source, Jinja template, Tokenizer tokenizer) {
        this.source = source;
        this.template = template;
        this.tokenizer = tokenizer;
        this.controls = ControlTexts.of(tokenizer);
        this.knowsTools = source.contains("tools") && tellsOfTools();
    }

    /** Whether the template writes the name of a tool that it is given. */
    private boolean tellsOfTools() {
        String name = "tool_to_look_for";
        Prompt prompt = new Prompt(List.of(new Turn("user", "x")), List.of(new Tool(name, "x", "")), Map.of(), false);
        try {
            return template.render(data(prompt, false)).contains(name);
        } catch (Problem refused) {
            return false;
        }
    }

    /** The format that {@code tokenizer.chat_template} describes; empty for a base model, which has none. */
    public static Optional<ChatFormat> of(ModelFile file, Tokenizer tokenizer) throws Problem {
        if (!file.has("tokenizer.chat_template")) {
            return Optional.empty();
        }
        try {
            String source = file.string("tokenizer.chat_template");
            return Optional.of(new ChatFormat(source, Jinja.compile(source), tokenizer));
        } catch (JinjaException e) {
            throw new Problem(e.kind(), file.path() + ": " + e.getMessage(), e);
        }
    }

    /** How the model writes calls of tools. A template that knows none is told of them in words. */
    public ToolFormat toolFormat() {
        return knowsTools ? ToolFormat.of(source) : ToolFormat.HERMES;
    }

    /** Whether the template's source has {@code text} in it. */
    public boolean mentions(String text) {
        return source.contains(text);
    }

    /**
     * Token ids of the conversation. A template that refuses a system turn gets its text in front of the first user turn instead.
     *
     * @throws Problem what the template raises, with its line; LIMIT if it takes more than {@link JinjaLimits} allow
     */
    public int[] render(List<Turn> turns) throws Problem {
        return render(new Prompt(turns));
    }

    /**
     * As {@link #render(List)}, with tools, variables, or an answer that is begun. Arguments and parameters that are no JSON object
     * are MALFORMED; variables that the conversation decides, and an answer begun that is none, are USAGE.
     */
    public int[] render(Prompt prompt) throws Problem {
        return tokens(controls.split(rendered(prompt)), true);
    }

    /** What stands before and behind a place of a conversation, each in tokens of its own. */
    public record Around(int[] before, int[] behind) {}

    /**
     * The conversation around the beginning of its first user turn's text, which {@code opening} is put in front of: where
     * documents
     * stand. UNSUPPORTED if the template does not write that text once.
     */
    public Around around(String opening, List<Turn> turns) throws Problem {
        List<Turn> marked = new ArrayList<>(turns);
        int user = 0;
        while (user < marked.size() && !marked.get(user).role().equals("user")) {
            user++;
        }
        Check.argument(user < marked.size(), "a conversation without a user turn");
        String text = marked.get(user).text().replace(PLACE, "");
        marked.set(user, new Turn("user", opening + PLACE + text));
        String rendered = rendered(new Prompt(marked));
        int at = rendered.indexOf(PLACE);
        if (at < 0 || rendered.indexOf(PLACE, at + 1) >= 0) {
            throw new Problem(Problem.Kind.UNSUPPORTED,
                    "the model's chat template does not write the user's text just once, so documents have no place in it");
        }
        return new Around(tokens(controls.split(rendered.substring(0, at)), true),
                tokens(controls.split(rendered.substring(at + PLACE.length())), false));
    }

    /** @param begins whether the parts begin the text, so that the token that begins every text belongs in front */
    private int[] tokens(List<ControlTexts.Part> parts, boolean begins) {
        IntList ids = new IntList();
        OptionalInt bos = begins ? tokenizer.bosToAdd() : OptionalInt.empty();
        boolean hasBos = !parts.isEmpty() && parts.get(0) instanceof ControlTexts.Part.Control first
                && bos.isPresent() && first.id() == bos.getAsInt();
        if (bos.isPresent() && !hasBos) {
            ids.add(bos.getAsInt());
        }
        for (ControlTexts.Part part : parts) {
            switch (part) {
                case ControlTexts.Part.Control control -> ids.add(control.id());
                case ControlTexts.Part.Text text -> {
                    for (int id : tokenizer.encode(text.text(), false)) {
                        ids.add(id);
                    }
                }
            }
        }
        return ids.toArray();
    }

    /** The conversation as text, for people to look at: where control tokens are cannot be told from it. */
    public String renderText(List<Turn> turns) throws Problem {
        return renderText(new Prompt(turns));
    }

    String renderText(Prompt prompt) throws Problem {
        StringBuilder out = new StringBuilder();
        for (ControlTexts.Part part : controls.split(rendered(prompt))) {
            out.append(switch (part) {
                case ControlTexts.Part.Control control -> control.text();
                case ControlTexts.Part.Text text -> text.text();
            });
        }
        return out.toString();
    }

    /** What the template writes, marks included; of an answer that is begun, up to its end. */
    private String rendered(Prompt prompt) throws Problem {
        Check.argument(!prompt.turns().isEmpty(), "a conversation has at least one turn");
        Prompt known = prompt.hasTools() && !knowsTools ? ToolWords.plain(prompt) : prompt;
        if (!prompt.isContinued()) {
            return written(known);
        }
        Turn last = prompt.turns().getLast();
        if (!last.role().equals("assistant") || !last.calls().isEmpty()) {
            throw new Problem(Problem.Kind.USAGE, "an answer can be gone on with where the last turn is the assistant's text");
        }
        String written = written(known);
        int end = written.lastIndexOf(PLACE);
        if (end < 0) {
            throw new Problem(Problem.Kind.UNSUPPORTED,
                    "the model's chat template does not write an answer that is begun, so it cannot be gone on with");
        }
        return written.substring(0, end);
    }

    /** Tries what some templates want: a system turn joined to the user's, one call for each turn, arguments as text. */
    private String written(Prompt prompt) throws Problem {
        List<Turn> turns = prompt.turns();
        try {
            return template.render(data(prompt, false));
        } catch (JinjaException refusal) {
            boolean isRefusal = refusal.kind() == Problem.Kind.UNSUPPORTED;
            if (isRefusal && turns.size() > 1 && turns.get(0).role().equals("system") && turns.get(1).role().equals("user")) {
                return written(prompt.with(withoutSystem(turns)));
            }
            if (isRefusal && turns.stream().anyMatch(turn -> turn.calls().size() > 1)) {
                return written(prompt.with(ChatData.oneCallEach(turns)));
            }
            if (refusal.kind() == Problem.Kind.MALFORMED && turns.stream().anyMatch(turn -> !turn.calls().isEmpty())) {
                return template.render(data(prompt, true));
            }
            throw refusal;
        }
    }

    private static List<Turn> withoutSystem(List<Turn> turns) {
        List<Turn> joined = new ArrayList<>(turns.subList(1, turns.size()));
        joined.set(0, new Turn("user", turns.get(0).text() + "\n\n" + turns.get(1).text()));
        return joined;
    }

    private Map<String, Object> data(Prompt prompt, boolean areArgumentsText) throws Problem {
        ChatData data = new ChatData(
                text -> controls.marked(prompt.isContinued() ? text.replace(PLACE, "") : text), mentions("[TOOL_CALLS]"),
                areArgumentsText);
        Map<String, Object> variables = data.variables(prompt, prompt.isContinued() ? PLACE : "");
        variables.put("bos_token", text(tokenizer.bos()));
        variables.put("eos_token", text(tokenizer.eos()));
        return variables;
    }

    private String text(OptionalInt id) {
        return id.isPresent() ? tokenizer.listedText(id.getAsInt()) : "";
    }
}
