package dev.longhand.engine;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.RealModels;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests of SmolLM2 on the best tier of the machine; behind them nothing of its memory is lost. */
abstract class OnSmolLm2 {
    static LocalModel model;

    @BeforeAll
    static void open() throws Problem {
        model = LocalModel.open(RealModels.smolLm2(), "smollm2", "", EngineOptions.DEFAULT, Clock.SYSTEM);
    }

    @AfterAll
    static void close() {
        model.checkIntegrity();
        model.close();
    }

    static int[] chat(String text) throws Problem {
        return model.render(List.of(Message.user(text)));
    }

    static Answer answer(int[] prompt, GenerationSpec spec) throws Problem {
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + spec.tokensMax()))) {
            return sequence.generate(prompt, spec, Sink.SILENT);
        }
    }
}
