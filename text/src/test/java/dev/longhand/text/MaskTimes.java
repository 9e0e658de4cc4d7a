package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.SchemaGen;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Processor time of masks along texts that grammars derive, as a model would write them: the text's own tokens. */
final class MaskTimes {
    private final List<Double> cold = new ArrayList<>(); // microseconds, sorted
    private final List<Double> warm = new ArrayList<>();

    private MaskTimes() {}

    static void warmUp(TokenMasks masks, Tokenizer tokenizer) throws Problem {
        of(masks, tokenizer, 20, 5000);
    }

    static MaskTimes of(TokenMasks masks, Tokenizer tokenizer, int schemas) throws Problem {
        return of(masks, tokenizer, schemas, 9000);
    }

    private static MaskTimes of(TokenMasks masks, Tokenizer tokenizer, int schemas, int seed) throws Problem {
        MaskTimes times = new MaskTimes();
        for (int i = 0; i < schemas; i++) {
            Gen gen = new Gen(seed + i);
            Grammar grammar = Grammar.jsonSchema(new SchemaGen(gen, 2, gen.chance(0.5)).schema(), GrammarLimits.DEFAULT);
            String text = SchemaTexts.random(new StateTable(grammar.automaton(), GrammarLimits.DEFAULT), gen);
            int[] tokens = text == null ? new int[0] : tokenizer.encode(text, false);
            times.walk(masks.start(grammar), tokens, masks.words(), times.cold);
            times.walk(masks.start(grammar), tokens, masks.words(), times.warm);
        }
        times.cold.sort(null);
        times.warm.sort(null);
        return times;
    }

    private void walk(Grammar.Matcher matcher, int[] tokens, int words, List<Double> into) throws Problem {
        long[] bits = new long[words];
        for (int token : tokens) {
            long from = processorNanos();
            matcher.mask(bits);
            boolean isIn = matcher.accept(token);
            into.add((processorNanos() - from) / 1e3);
            if (!isIn) {
                return; // a tokenizer that adds a blank in front
            }
        }
    }

    /** Of this thread: other work on the machine does not count. */
    static long processorNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    double cold(double part) {
        return cold.get((int) (part * (cold.size() - 1)));
    }

    double warm(double part) {
        return warm.get((int) (part * (warm.size() - 1)));
    }

    double coldMean() {
        return cold.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }

    double warmMean() {
        return warm.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }
}
