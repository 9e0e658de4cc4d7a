package dev.longhand.text;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import java.util.ArrayList;
import java.util.HashMap;
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
    /** One turn: the role's name as templates know it (system, user, assistant) and what was said. */
    public record Turn(String role, String text) {}

    /** A code point that is no character: it marks a place while a template runs. */
    private static final String PLACE = "\ufdef";

    private final String source;
    private final Jinja template;
    private final Tokenizer tokenizer;
    private final ControlTexts controls;

    private ChatFormat(String source, Jinja template, Tokenizer tokenizer) {
        this.source = source;
        this.template = template;
        this.tokenizer = tokenizer;
        this.controls = ControlTexts.of(tokenizer);
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
        return tokens(controls.split(rendered(turns)), true);
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
        String rendered = rendered(marked);
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
        StringBuilder out = new StringBuilder();
        for (ControlTexts.Part part : controls.split(rendered(turns))) {
            out.append(switch (part) {
                case ControlTexts.Part.Control control -> control.text();
                case ControlTexts.Part.Text text -> text.text();
            });
        }
        return out.toString();
    }

    /** What the template writes, marks included. */
    private String rendered(List<Turn> turns) throws Problem {
        Check.argument(!turns.isEmpty(), "a conversation has at least one turn");
        try {
            return template.render(data(turns));
        } catch (JinjaException refusal) {
            boolean hasSystem = turns.size() > 1 && turns.get(0).role().equals("system") && turns.get(1).role().equals("user");
            if (!hasSystem || refusal.kind() != Problem.Kind.UNSUPPORTED) {
                throw refusal;
            }
            return template.render(data(withoutSystem(turns)));
        }
    }

    private static List<Turn> withoutSystem(List<Turn> turns) {
        List<Turn> joined = new ArrayList<>(turns.subList(1, turns.size()));
        joined.set(0, new Turn("user", turns.get(0).text() + "\n\n" + turns.get(1).text()));
        return joined;
    }

    /** The variables that templates count on, as the Python package transformers names them. */
    private Map<String, Object> data(List<Turn> turns) {
        List<Map<String, Object>> messages = new ArrayList<>();
        for (Turn turn : turns) {
            messages.add(Map.of("role", controls.marked(turn.role()), "content", controls.marked(turn.text())));
        }
        Map<String, Object> data = new HashMap<>();
        data.put("messages", messages);
        data.put("add_generation_prompt", true);
        data.put("tools", null);
        data.put("documents", null);
        data.put("bos_token", text(tokenizer.bos()));
        data.put("eos_token", text(tokenizer.eos()));
        return data;
    }

    private String text(OptionalInt id) {
        return id.isPresent() ? tokenizer.listedText(id.getAsInt()) : "";
    }
}
