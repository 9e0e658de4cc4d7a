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
        IntList ids = new IntList();
        List<ControlTexts.Part> parts = controls.split(rendered(turns));
        OptionalInt bos = tokenizer.bosToAdd();
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
