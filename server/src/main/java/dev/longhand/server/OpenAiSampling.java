package dev.longhand.server;

import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sampling;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The fields of OpenAI's requests that say how tokens are chosen and what form the answer has. Used by one thread. */
final class OpenAiSampling {
    /** Without repeat penalty: it spoils JSON, code and figures. */
    static final Sampling DEFAULT = new Sampling(0.7f, 40, 0.95f, 0.05f, 1, 64, 0);
    private static final int STOPS_MAX = 16;

    private final Fields fields;

    OpenAiSampling(Fields fields) {
        this.fields = fields;
    }

    /** @param seed where the client gives none */
    Sampling sampling(long seed) throws Refusal {
        Sampling sampling = new Sampling(
                (float) fields.number("temperature", 0, 2).orElse(DEFAULT.temperature()),
                fields.integer("top_k", 0, 1_000_000).orElse(DEFAULT.topK()),
                (float) fields.number("top_p", 1e-6, 1).orElse(DEFAULT.topP()),
                (float) fields.number("min_p", 0, 1).orElse(DEFAULT.minP()),
                (float) fields.number("repeat_penalty", 0.01, 10).orElse(DEFAULT.repeatPenalty()),
                DEFAULT.repeatWindow(), fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE).orElse(seed));
        zero("frequency_penalty");
        zero("presence_penalty");
        return sampling;
    }

    private void zero(String field) throws Refusal {
        if (fields.number(field, -2, 2).orElse(0) != 0) {
            throw Refusal.field(fields.name(field), fields.name(field) + " is not supported; repeat_penalty is");
        }
    }

    /** Token ids and what is added to their logits. */
    Map<Integer, Float> logitBias() throws Refusal {
        Map<Integer, Float> biases = new HashMap<>();
        Optional<Fields> object = fields.object("logit_bias");
        if (object.isEmpty()) {
            return biases;
        }
        if (object.get().node().size() > GenerationSpec.BIASES_MAX) {
            throw Refusal.field(fields.name("logit_bias"), "logit_bias has %d tokens; at most %d".formatted(
                    object.get().node().size(), GenerationSpec.BIASES_MAX));
        }
        for (String token : object.get().node().propertyNames()) {
            if (!token.matches("[0-9]{1,9}")) {
                throw Refusal.field(object.get().name(token), object.get().name(token) + " is no token id");
            }
            double bias = object.get().number(token, -GenerationSpec.BIAS_MAX, GenerationSpec.BIAS_MAX).orElse(0);
            biases.put(Integer.parseInt(token), (float) bias);
        }
        return biases;
    }

    List<String> stops() throws Refusal {
        List<String> stops = fields.texts("stop", STOPS_MAX);
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw Refusal.field(fields.name("stop"), fields.name("stop") + " has an empty text");
        }
        return stops;
    }

    /** Of {@code response_format}; {@code grammar} is llama.cpp's. */
    Optional<Constraint> constraint() throws Refusal {
        Optional<String> grammar = fields.text("grammar").filter(g -> !g.isBlank());
        Optional<Fields> format = fields.object("response_format");
        if (grammar.isPresent() && format.isPresent()) {
            throw Refusal.field(fields.name("grammar"), "grammar and response_format both say what form the answer has; give one");
        }
        if (grammar.isPresent()) {
            return Optional.of(new Constraint.Gbnf(grammar.get()));
        }
        return format.isPresent() ? JsonForm.of(format.get(), false) : Optional.empty();
    }
}
