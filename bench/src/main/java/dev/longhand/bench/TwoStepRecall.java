package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.memory.LookupMeasures;
import java.util.List;
import java.util.Optional;

/**
 * What looking twice finds of what a full scan would have chosen, on documents that are attached anyway.
 *
 * <p>Recall: of the attention that the full scan's blocks have, the share that those have which looking twice chose, as the heads
 * with planes estimate it; over every layer, such head and token of a question and its answer. Beside it, over all heads, the share
 * of the full scan's blocks that were chosen too.
 */
public final class TwoStepRecall {
    private static final int ANSWER_TOKENS = 16;

    private TwoStepRecall() {}

    /**
     * @param name  of the model in the row
     * @param model whose scans look twice where {@code refs} are attached, see {@code LookupSpec.twiceFromTokens}; nobody else may
     *              be using it
     * @param refs  documents with segments on disk
     */
    public static Measure of(String name, LocalModel model, List<SegmentRef> refs, List<String> questions) throws Problem {
        Check.argument(!questions.isEmpty(), "no questions");
        model.measureLookups(false, true);
        try {
            for (String text : questions) {
                int[] question = model.renderBehind(List.of(Message.user(text)));
                try (Sequence sequence = model.open(new SequenceSpec(question.length + ANSWER_TOKENS), refs)) {
                    sequence.generate(question, GenerationSpec.greedy(ANSWER_TOKENS), Sink.SILENT);
                }
            }
            LookupMeasures found = model.lookupMeasures().orElseThrow();
            Check.argument(found.twiceRows() > 0, "nothing was looked at twice: %d documents are too few", refs.size());
            return Measure.of(name + "/two-step recall", OwnModel.label(model.tierChoice()), 100 * found.recall(),
                    "% of the full scan's attention", Optional.of(Target.atLeast(90)), "same blocks %", 100 * found.sameBlocks(),
                    "choices", found.twiceRows(), "of them measured by attention", found.twiceMassRows(), "documents", refs.size(),
                    "attached tokens", refs.stream().mapToLong(SegmentRef::tokens).sum(), "questions", questions.size());
        } finally {
            model.measureLookups(false, false);
        }
    }
}
