package dev.longhand.server;

import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Recall;
import java.util.OptionalInt;

/** The fields of a question to a desk that say how it is asked; the same in all API shapes. Stateless. */
final class DeskQuestion {
    private static final int PARTS_MAX = 8;
    private static final int ANSWER_TOKENS_MAX = 1 << 16;

    private DeskQuestion() {}

    /** Where nothing says how tokens are chosen, the likeliest is taken: answers from documents are to be exact. */
    static AskSpec spec(Fields fields, long seed) throws Refusal {
        AskSpec spec = AskSpec.DEFAULT;
        OptionalInt old = fields.integer("max_tokens", 1, ANSWER_TOKENS_MAX);
        OptionalInt tokens = fields.integer("max_completion_tokens", 1, ANSWER_TOKENS_MAX);
        spec = spec.withAnswerTokensMax(tokens.orElse(old.orElse(spec.answerTokensMax())));
        boolean isSampled = fields.has("temperature") || fields.has("top_p") || fields.has("seed");
        OpenAiSampling sampling = new OpenAiSampling(fields);
        if (isSampled) {
            spec = spec.withSampling(sampling.sampling(seed));
        }
        for (String each : new String[] {"top_k", "min_p", "repeat_penalty", "frequency_penalty", "presence_penalty"}) {
            if (!isSampled) {
                fields.ignore(each, "without a temperature the likeliest token is taken");
            }
        }
        for (String each : new String[] {"response_format", "grammar", "tools", "logit_bias", "stop"}) {
            fields.refuse(each, "a desk answers in plain sentences that can be held against its documents");
        }
        if (!fields.word("tool_choice", "none", "auto").orElse("none").equals("none")) {
            fields.ignore("tool_choice", "a desk calls no tools");
        }
        if (fields.flag("logprobs", false)) {
            fields.refuse("logprobs", "a desk's answers have citations instead");
        }
        if (fields.integer("n", 1, OpenAiChat.COUNT_MAX).orElse(1) > 1) {
            throw Refusal.field("n", "a desk gives one answer; n must be 1");
        }
        OptionalInt parts = fields.integer("parts", 0, PARTS_MAX);
        if (parts.isPresent()) {
            Recall recall = spec.recall();
            spec = spec.withRecall(parts.getAsInt() == 0 ? Recall.NONE
                    : new Recall(parts.getAsInt(), recall.scoreShareMin(), recall.passagesAgain()));
        }
        OptionalInt budget = fields.integer("budget", 64, 1 << 20);
        return budget.isPresent() ? spec.withPromptTokensMax(budget.getAsInt()) : spec;
    }
}
