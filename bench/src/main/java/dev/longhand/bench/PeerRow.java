package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.kernels.Tier;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One line of the comparison with llama.cpp.
 *
 * @param name       {@code "smollm2-q4_1/prefill-512"}
 * @param model      which model: a name of {@link BenchModels} or a reference of the catalogue
 * @param work       what is timed
 * @param comparison which runs are compared
 * @param targets    tokens per second over llama.cpp's, by what runs here
 */
public record PeerRow(String name, String model, Work work, Comparison comparison, Map<Column, Target> targets) {
    /** What is timed. */
    public record Work(Kind kind, int tokens, int depth) {
        /** The two things that a model does. */
        public enum Kind { PREFILL, DECODE }

        public Work {
            Check.argument(tokens > 0 && depth >= 0 && (kind == Kind.DECODE || depth == 0),
                    "%s of %d tokens after %d", kind, tokens, depth);
        }

        /** Reads {@code tokens} tokens from empty and predicts the next one. */
        static Work prefill(int tokens) {
            return new Work(Kind.PREFILL, tokens, 0);
        }

        /** Predicts {@code tokens} tokens one after another behind {@code depth} tokens. */
        static Work decode(int depth, int tokens) {
            return new Work(Kind.DECODE, tokens, depth);
        }

        /** Tokens of attention memory that this needs. */
        int contextTokens() {
            return depth + tokens;
        }
    }

    /** Which runs are compared. */
    public enum Comparison {
        /** Our fastest KV type against llama.cpp's fastest setting. */
        BEST,
        /** Both with f16 KV; flash attention as llama.cpp is faster. */
        F16
    }

    /** The machines and tiers that have targets of their own. */
    public enum Column {
        AVX512_VNNI,
        AVX2,
        VECTOR_512;

        static Optional<Column> of(Tier tier, String instructionSet) {
            return switch (tier) {
                case NATIVE -> Optional.of(instructionSet.startsWith("avx512") ? AVX512_VNNI : AVX2);
                case VECTOR -> instructionSet.contains("512") ? Optional.of(VECTOR_512) : Optional.empty();
                case SCALAR -> Optional.empty();
            };
        }
    }

    public static final String SMOLLM2 = "smollm2";
    public static final String GEMMA3 = "gemma3-270m";

    private static final int DEPTH_8K = 8192;

    /** Every line that has a target. */
    public static final List<PeerRow> TABLE = table();

    private static List<PeerRow> table() {
        List<PeerRow> rows = new ArrayList<>();
        Map<Column, Target> decode = targets(Target.atLeast(1.3, 1.9), Target.atLeast(1.15), Target.atLeast(0.85));
        both(rows, SMOLLM2, 512, targets(Target.atLeast(4, 7), Target.atLeast(1.5), Target.atLeast(2)), decode);
        both(rows, BenchModels.SMOLLM2_Q4_0, 512, targets(Target.atLeast(2, 3), Target.atLeast(1.2), Target.atLeast(0.9)), decode);
        both(rows, GEMMA3, 512, targets(Target.atLeast(2.2, 3.5), Target.atLeast(1.3), Target.atLeast(1)), decode);
        both(rows, "qwen3-0.6b-q8_0", 256, targets(Target.atLeast(2.5), Target.atLeast(1.2), Target.atLeast(0.9)), decode);
        both(rows, "qwen3-0.6b-q4_k_m", 256, targets(Target.atLeast(1.6), Target.atLeast(1.2), Target.atLeast(0.7)), decode);
        both(rows, "llama-1b-q4_k_m", 256, targets(Target.atLeast(1.6, 2.2), Target.atLeast(1.2), Target.atLeast(0.7)), decode);
        both(rows, BenchModels.MIXTURE, 256, targets(Target.atLeast(3), Target.atLeast(2), Target.atLeast(1.5)),
                targets(Target.atLeast(1.3), Target.atLeast(1.15), Target.atLeast(0.85)));
        Work deep = Work.decode(DEPTH_8K, 32);
        rows.add(new PeerRow(SMOLLM2 + "/decode-8k-f16", SMOLLM2, deep, Comparison.F16,
                targets(Target.atLeast(6), Target.atLeast(3), Target.atLeast(2))));
        rows.add(new PeerRow(SMOLLM2 + "/decode-8k", SMOLLM2, deep, Comparison.BEST,
                targets(Target.atLeast(2.5), Target.atLeast(1.5), Target.atLeast(1))));
        return List.copyOf(rows);
    }

    /** Prefill 512 and decode 64 of any model, without targets. */
    public static List<PeerRow> of(String model) {
        List<PeerRow> rows = new ArrayList<>();
        both(rows, model, 512, Map.of(), Map.of());
        return rows;
    }

    /** The lines whose name holds one of {@code terms}; all without terms. */
    public static List<PeerRow> select(List<PeerRow> rows, List<String> terms) {
        return rows.stream()
                .filter(r -> terms.isEmpty() || terms.stream().anyMatch(t -> r.name.contains(t.toLowerCase(Locale.ROOT))))
                .toList();
    }

    /** The lines of each model together: it is loaded once for them. */
    public static List<List<PeerRow>> byModel(List<PeerRow> rows) {
        Map<String, List<PeerRow>> byModel = new LinkedHashMap<>();
        rows.forEach(r -> byModel.computeIfAbsent(r.model, m -> new ArrayList<>()).add(r));
        return List.copyOf(byModel.values());
    }

    private static void both(List<PeerRow> rows, String model, int prefill, Map<Column, Target> read, Map<Column, Target> decode) {
        rows.add(new PeerRow(model + "/prefill-" + prefill, model, Work.prefill(prefill), Comparison.BEST, read));
        rows.add(new PeerRow(model + "/decode-64", model, Work.decode(prefill, 64), Comparison.BEST, decode));
    }

    private static Map<Column, Target> targets(Target avx512, Target avx2, Target vector) {
        Map<Column, Target> targets = new EnumMap<>(Column.class);
        targets.put(Column.AVX512_VNNI, avx512);
        targets.put(Column.AVX2, avx2);
        targets.put(Column.VECTOR_512, vector);
        return targets;
    }

    /** Whether this line takes minutes rather than seconds. */
    public boolean isDeep() {
        return work.depth() >= DEPTH_8K;
    }
}
