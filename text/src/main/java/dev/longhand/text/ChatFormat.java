package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Renders a conversation with the model's own chat template and turns it into token ids.
 *
 * <p>Control tokens come from the template only. In the texts of the conversation every control token's text is broken by a mark
 * after its first character; the mark is taken out again when the parts between control tokens are tokenized. The mark is U+FDD0, a
 * code point that is never a character; where a text has it already it is doubled. Immutable, thread-safe.
 */
public final class ChatFormat {
    /** One turn: the role as templates name it, and the text. */
    public record Turn(String role, String text) {}

    private static final char MARK = '\uFDD0';

    private final Jinja template;
    private final Tokenizer tokenizer;
    private final List<String> controls; // texts of control tokens, none empty

    private ChatFormat(Jinja template, Tokenizer tokenizer, List<String> controls) {
        this.template = template;
        this.tokenizer = tokenizer;
        this.controls = controls;
    }

    /** The format of a model that brings a template; a base model brings none. */
    public static Optional<ChatFormat> of(Gguf file, Tokenizer tokenizer) throws Problem {
        if (!file.has("tokenizer.chat_template")) {
            return Optional.empty();
        }
        List<String> controls = new ArrayList<>();
        for (int id = 0; id < tokenizer.size(); id++) {
            if (tokenizer.isControl(id) && !tokenizer.listedText(id).isEmpty()) {
                controls.add(tokenizer.listedText(id));
            }
        }
        return Optional.of(new ChatFormat(Jinja.compile(file.string("tokenizer.chat_template")), tokenizer, controls));
    }

    /** Token ids up to the place where the assistant speaks next, the BOS token included where the model wants one. */
    public int[] render(List<Turn> turns) throws Problem {
        int[] ids = tokenizer.encode(renderMarked(turns), true, ChatFormat::unmarked);
        OptionalInt bos = tokenizer.bosToAdd();
        if (bos.isEmpty() || (ids.length > 0 && ids[0] == bos.getAsInt())) {
            return ids;
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = bos.getAsInt();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }

    /** The text that {@link #render} tokenizes, for people. */
    public String renderText(List<Turn> turns) throws Problem {
        return unmarked(renderMarked(turns));
    }

    private String renderMarked(List<Turn> turns) throws Problem {
        List<Map<String, Object>> messages = new ArrayList<>();
        for (Turn turn : turns) {
            Map<String, Object> message = new LinkedHashMap<>();
            message.put("role", turn.role());
            message.put("content", marked(turn.text()));
            messages.add(message);
        }
        Map<String, Object> data = new HashMap<>();
        data.put("messages", messages);
        data.put("add_generation_prompt", true);
        data.put("bos_token", tokenizer.bos().isPresent() ? tokenizer.listedText(tokenizer.bos().getAsInt()) : "");
        data.put("eos_token", tokenizer.eos().isPresent() ? tokenizer.listedText(tokenizer.eos().getAsInt()) : "");
        return template.render(data);
    }

    private String marked(String text) {
        String result = text.indexOf(MARK) < 0 ? text : text.replace(String.valueOf(MARK), "" + MARK + MARK);
        for (String control : controls) {
            if (result.contains(control)) {
                result = result.replace(control, control.charAt(0) + String.valueOf(MARK) + control.substring(1));
            }
        }
        return result;
    }

    private static String unmarked(String text) {
        if (text.indexOf(MARK) < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != MARK) {
                out.append(c);
            } else if (i + 1 < text.length() && text.charAt(i + 1) == MARK) {
                out.append(c);
                i++;
            }
        }
        return out.toString();
    }
}
