package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.GgufWriter;
import dev.longhand.testkit.RealModels;
import dev.longhand.testkit.SchemaGen;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenMaskTest {
    private static final GrammarLimits LIMITS = GrammarLimits.DEFAULT;
    private static final String CHESS_LIKE = "root ::= \"1. \" move \" \" move \"\\n\" ([1-9] [0-9]? \". \" move \" \" "
            + "move \"\\n\")+\n"
            + "move ::= (pawn | nonpawn | castle) [+#]?\nnonpawn ::= [NBKQR] [a-h]? [1-8]? \"x\"? [a-h] [1-8]\n"
            + "pawn ::= ([a-h] \"x\")? [a-h] [1-8] (\"=\" [NBKQR])?\ncastle ::= \"O-O\" \"-O\"?";
    private static final List<String> GRAMMARS = List.of(
            CHESS_LIKE,
            "root ::= \"<\" tag \">\" ([^<]+ | root)* \"</\" tag \">\"\ntag ::= [a-z]{1,8}",
            "root ::= [^\"]{0,3} [a-z]* | \"\\\"\" .{2,5}",
            "root ::= (\"\u65e5\u672c\" | [\u0430-\u044f]{3} | [\\U0001F600-\\U0001F64F])+ \" \"?");

    @TempDir
    Path folder;

    private static Tokenizer tokenizer(Path model) throws Problem {
        try (Gguf file = Gguf.open(model)) {
            return Tokenizer.from(file);
        }
    }

    private static Grammar grammar(int seed) throws Problem {
        Gen gen = new Gen(seed);
        return seed % 5 == 0 ? Grammar.gbnf(GRAMMARS.get(seed / 5 % GRAMMARS.size()), LIMITS)
                : seed % 5 == 1 ? Grammar.anyJson(LIMITS) : Grammar.jsonSchema(new SchemaGen(gen, 2, gen.chance(0.5)).schema(),
                LIMITS);
    }

    private static boolean isSet(long[] bits, int token) {
        return (bits[token >> 6] >> token & 1) != 0;
    }

    /** Any token that may come; mostly one that ends something, so that walks get somewhere. */
    private static int choose(long[] bits, Gen gen) {
        int from = gen.between(0, 64 * bits.length);
        for (int i = 0; ; i++) {
            int token = (from + i) % (64 * bits.length);
            if (isSet(bits, token)) {
                return token;
            }
        }
    }

    /**
     * Goal: a mask has exactly the tokens that the matcher accepts. Method: random walks of tokens through schemas and grammars; at
     * each state every token of the vocabulary is tried, its bytes one by one, against a second table that never made a mask.
     */
    private static int checkAgainstBruteForce(Tokenizer tokenizer, int grammars, int steps) throws Problem {
        TokenMasks masks = new TokenMasks(tokenizer);
        long[] bits = new long[masks.words()];
        int states = 0;
        for (int seed = 0; seed < grammars; seed++) {
            Gen gen = new Gen(1000 + seed);
            Grammar grammar = grammar(seed);
            StateTable table = new StateTable(grammar.automaton(), LIMITS);
            State at = table.start();
            Grammar.Matcher matcher = masks.start(grammar);
            for (int step = 0; step < steps; step++) {
                int count = matcher.mask(bits);
                int expected = 0;
                for (int token = 0; token < tokenizer.size(); token++) {
                    boolean may = tokenizer.isEnd(token) ? at.isComplete : after(table, at, tokenizer.bytes(token)) != null;
                    expected += may ? 1 : 0;
                    if (may != isSet(bits, token)) {
                        String listed = tokenizer.listedText(token);
                        throw new AssertionError("seed %d, step %d: token %d \"%s\" %s come, the mask says otherwise"
                                .formatted(seed, step, token, listed, may ? "may" : "may not"));
                    }
                }
                assertThat(count).as("seed %d step %d", seed, step).isEqualTo(expected);
                assertThat(matcher.forced() != Grammar.Matcher.NONE).isEqualTo(count == 1);
                states++;
                int token = choose(bits, gen);
                if (tokenizer.isEnd(token)) {
                    break;
                }
                assertThat(matcher.accept(token)).isTrue();
                at = after(table, at, tokenizer.bytes(token));
            }
        }
        return states;
    }

    /** Null where the bytes may not follow, and for none at all: that is a control token. */
    private static State after(StateTable table, State from, byte[] bytes) throws Problem {
        State at = bytes.length == 0 ? null : from;
        for (int i = 0; at != null && i < bytes.length; i++) {
            at = table.next(at, bytes[i] & 0xFF);
        }
        return at;
    }

    @Test
    void masksAreWhatEachTokenSaysOnByteLevelBpe() throws Problem {
        assertThat(checkAgainstBruteForce(tokenizer(RealModels.smolLm2()), 60, 8)).isGreaterThan(300);
    }

    @Test
    void masksAreWhatEachTokenSaysOnSentencePieceWith262144Tokens() throws Problem {
        assertThat(checkAgainstBruteForce(tokenizer(RealModels.gemma3()), 15, 6)).isGreaterThan(50);
    }

    /**
     * Goal: forks go their own ways and going back works. Method: drafts on a fork, refused ones among them; the original is
     * unmoved.
     */
    @Test
    void forksAndGoesBack() throws Problem {
        Tokenizer tokenizer = tokenizer(RealModels.smolLm2());
        TokenMasks masks = new TokenMasks(tokenizer);
        Grammar.Matcher matcher = masks.start(Grammar.jsonSchema("{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", LIMITS));
        long[] before = new long[masks.words()];
        long[] after = new long[masks.words()];
        matcher.mask(before);
        Grammar.Matcher draft = matcher.fork();
        for (int token : tokenizer.encode("[1, 2]", false)) {
            assertThat(draft.accept(token)).isTrue();
        }
        assertThat(draft.isComplete()).isTrue();
        assertThat(draft.canContinue()).isFalse();
        assertThat(draft.accept(tokenizer.encode("x", false)[0])).isFalse();
        assertThat(draft.accept(tokenizer.bos().orElseThrow())).as("a control token").isFalse();
        assertThat(draft.accept(tokenizer.eos().orElseThrow())).isTrue();
        assertThat(draft.accept(tokenizer.eos().orElseThrow())).as("after the end").isFalse();
        matcher.mask(after);
        assertThat(after).isEqualTo(before);
        assertThat(matcher.isComplete()).isFalse();
        assertThat(matcher.accept(tokenizer.eos().orElseThrow())).isFalse();
    }

    /**
     * Goal: a vocabulary that cannot spell what a grammar needs is said to be the reason. Method: three tokens, none of them "c".
     */
    @Test
    void saysThatTheVocabularyLacksAByte() throws Problem {
        Path file = new GgufWriter().string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "gpt-2")
                .strings("tokenizer.ggml.tokens", List.of("a", "b", "</s>")).strings("tokenizer.ggml.merges", List.of())
                .integers("tokenizer.ggml.token_type", 1, 1, 3).write(folder.resolve("abc.gguf"));
        TokenMasks masks = new TokenMasks(tokenizer(file));
        Grammar.Matcher matcher = masks.start(Grammar.gbnf("root ::= \"ac\"", LIMITS));
        assertThat(matcher.forced()).isEqualTo(0);
        assertThat(matcher.accept(0)).isTrue();
        assertThatThrownBy(() -> matcher.mask(new long[1])).isInstanceOf(Problem.class).hasMessageContaining("lacks a byte");
    }

    /**
     * Goal: matchers of one grammar work at once. Method: eight threads walk the same grammar; every mask equals a lone matcher's.
     */
    @Test
    void worksFromManyThreads() throws Exception {
        Tokenizer tokenizer = tokenizer(RealModels.smolLm2());
        TokenMasks masks = new TokenMasks(tokenizer);
        Grammar grammar = Grammar.anyJson(new GrammarLimits(1 << 16, 64, 1 << 10, 1 << 14, 1000, 2048, 64, 1 << 16, 8, 8));
        int[][] sums = new int[8][];
        Thread[] threads = IntStream.range(0, 8).mapToObj(i -> Thread.ofPlatform().start(() -> {
            try {
                sums[i] = walk(masks.start(grammar), masks.words(), tokenizer);
            } catch (Problem p) {
                throw new IllegalStateException(p);
            }
        })).toArray(Thread[]::new);
        for (Thread thread : threads) {
            thread.join();
        }
        int[] alone = walk(new TokenMasks(tokenizer).start(grammar), masks.words(), tokenizer);
        Arrays.stream(sums).forEach(sum -> assertThat(sum).isEqualTo(alone));
    }

    private static int[] walk(Grammar.Matcher matcher, int words, Tokenizer tokenizer) throws Problem {
        Gen gen = new Gen(5);
        long[] bits = new long[words];
        int[] counts = new int[200];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = matcher.mask(bits);
            int token = choose(bits, gen);
            if (tokenizer.isEnd(token)) {
                break;
            }
            matcher.accept(token);
        }
        return counts;
    }

    /**
     * Goal: a mask costs little beside a token of decoding, which takes milliseconds. Method: random walks through 40 schemas,
     * every mask timed when its grammar is new and again when it is known; the bounds are many times what a free machine needs.
     */
    @Test
    void masksCostMicroseconds() throws Problem {
        for (Path model : List.of(RealModels.smolLm2(), RealModels.gemma3())) {
            Tokenizer tokenizer = tokenizer(model);
            TokenMasks masks = new TokenMasks(tokenizer);
            long begin = MaskTimes.processorNanos();
            masks.start(Grammar.anyJson(LIMITS));
            double build = (MaskTimes.processorNanos() - begin) / 1e6;
            MaskTimes.warmUp(masks, tokenizer);
            MaskTimes times = MaskTimes.of(masks, tokenizer, 40);
            System.out.printf("masks of %,d tokens: tree %.0f ms once; microseconds per token: new grammar median %.1f mean %.1f "
                    + "p99 %.1f; known "
                    + "grammar median %.1f mean %.1f p99 %.1f%n", tokenizer.size(), build, times.cold(0.5), times.coldMean(),
                    times.cold(0.99),
                    times.warm(0.5), times.warmMean(), times.warm(0.99));
            assertThat(times.coldMean()).isLessThan(5_000);
            assertThat(times.warmMean()).isLessThan(500);
        }
    }
}
