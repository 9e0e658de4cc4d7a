package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Charges;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.util.List;

/** With a model of this process. The sequence keeps what it has read, so each prompt reads only what is new. Used by one thread. */
final class LocalTalk implements Talk {
    private final MeteredModel model;
    private final Sequence sequence;

    LocalTalk(MeteredModel model, int contextTokens) throws Problem {
        this.model = model;
        this.sequence = model.open(new SequenceSpec(contextTokens));
    }

    private record Tokens(Sequence sequence, int[] ids) implements Prompt {
        @Override
        public int tokens() {
            return ids.length;
        }

        @Override
        public Answer answer(GenerationSpec spec, Sink sink) throws Problem {
            return sequence.generate(ids, spec, sink);
        }
    }

    @Override
    public ModelInfo info() {
        return model.info();
    }

    @Override
    public Prompt prompt(List<Message> conversation) throws Problem {
        return new Tokens(sequence, model.render(conversation));
    }

    @Override
    public Prompt prompt(String text) {
        return new Tokens(sequence, model.begin(text));
    }

    @Override
    public Charges charges() {
        return model.charges();
    }

    @Override
    public List<String> warnings() {
        return model.warnings();
    }

    @Override
    public void close() {
        sequence.close();
    }
}
