package dev.longhand.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Disk;
import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.GgufWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a mixture larger than the memory it may take gives the bits it gives in memory, and no state of its cache file or disk
 * changes
 * that: the file is made again, or the pass fails with a problem and the next one is right.
 *
 * <p>Method: a random qwen3moe of 4 layers with 8 experts whose weights are 1.5 times the cap or more, read token by token (so that
 * experts come and go), compared with the resident store; the cache file cut, changed, of another model; a disk that fails at the
 * k-th read.
 */
class PagedExpertsTest {
    private static final int LAYERS = 4;
    private static final int DIM = 64;
    private static final int EXPERTS = 8;
    private static final int FFN = 64;
    private static final int VOCABULARY = 96;
    private static final int TOKENS = 60;

    @TempDir
    Path folder;

    private Path model;
    private Path file;

    @BeforeEach
    void write() {
        model = model(1).write(folder.resolve("moe.gguf"));
        file = folder.resolve("moe.gguf.experts");
    }

    private static GgufWriter model(long seed) {
        Gen gen = new Gen(seed);
        String a = "qwen3moe.";
        GgufWriter out = new GgufWriter().string("general.architecture", "qwen3moe").u32(a + "block_count", LAYERS)
                .u32(a + "context_length", 256).u32(a + "embedding_length", DIM).u32(a + "feed_forward_length", FFN)
                .u32(a + "attention.head_count", 2).u32(a + "attention.head_count_kv", 1).u32(a + "attention.key_length", 32)
                .f32(a + "attention.layer_norm_rms_epsilon", 1e-5f).f32(a + "rope.freq_base", 10000).u32(a + "expert_count",
                        EXPERTS)
                .u32(a + "expert_used_count", 2).u32(a + "expert_feed_forward_length", FFN);
        matrix(out, gen, "token_embd.weight", DIM, VOCABULARY);
        norm(out, "output_norm.weight", DIM);
        for (int i = 0; i < LAYERS; i++) {
            String p = "blk." + i + ".";
            norm(out, p + "attn_norm.weight", DIM);
            norm(out, p + "ffn_norm.weight", DIM);
            norm(out, p + "attn_q_norm.weight", 32);
            norm(out, p + "attn_k_norm.weight", 32);
            matrix(out, gen, p + "attn_q.weight", DIM, 64);
            matrix(out, gen, p + "attn_k.weight", DIM, 32);
            matrix(out, gen, p + "attn_v.weight", DIM, 32);
            matrix(out, gen, p + "attn_output.weight", 64, DIM);
            matrix(out, gen, p + "ffn_gate_inp.weight", DIM, EXPERTS);
            matrix(out, gen, p + "ffn_gate_exps.weight", DIM, FFN, EXPERTS);
            matrix(out, gen, p + "ffn_up_exps.weight", DIM, FFN, EXPERTS);
            half(out, gen, p + "ffn_down_exps.weight", FFN, DIM, EXPERTS);
        }
        return out;
    }

    private static float[] values(Gen gen, long... shape) {
        int n = 1;
        for (long each : shape) {
            n *= (int) each;
        }
        float[] values = gen.gaussians(n);
        for (int i = 0; i < n; i++) {
            values[i] *= 0.12f;
        }
        return values;
    }

    private static void matrix(GgufWriter out, Gen gen, String name, long... shape) {
        out.tensor(name, values(gen, shape), shape);
    }

    private static void half(GgufWriter out, Gen gen, String name, long... shape) {
        float[] values = values(gen, shape);
        ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (float each : values) {
            bytes.putShort(Float.floatToFloat16(each));
        }
        out.tensor(name, ElementType.F16, bytes.array(), shape);
    }

    private static void norm(GgufWriter out, String name, int n) {
        float[] ones = new float[n];
        java.util.Arrays.fill(ones, 1);
        out.tensor(name, ones, n);
    }

    /** Of all tokens, in passes of {@code chunk}. */
    private float[][] logits(Tier tier, ExpertStore.Factory experts, int chunk) throws Problem {
        try (Kernels kernels = KernelsFactory.open(tier, 2).kernels(); ModelFile in = ModelFile.open(model);
                Model loaded = Models.load(in, kernels, chunk, experts)) {
            return logits(loaded, kernels, chunk);
        }
    }

    private static float[][] logits(Model loaded, Kernels kernels, int chunk) throws Problem {
        int[] tokens = new int[TOKENS];
        java.util.Arrays.setAll(tokens, i -> i * 31 % VOCABULARY);
        try (KvPool pool = new KvPool(loaded.kvShape(), new Limits(1 << 28)); DenseKv kv = new DenseKv(kernels, pool, TOKENS);
                Arena arena = Arena.ofShared()) {
            Floats out = Floats.allocate(arena, 1, VOCABULARY);
            float[][] logits = new float[TOKENS][VOCABULARY];
            for (int at = 0; at < TOKENS; at += chunk) {
                loaded.forward(tokens, at, chunk, kv);
                for (int r = 0; r < chunk; r++) {
                    loaded.logits(r, 1, out);
                    out.copyRow(0, logits[at + r]);
                }
            }
            return logits;
        }
    }

    /** Experts that take this share of what all of them take. */
    private long bytes(double share) throws Problem {
        long[] all = new long[1];
        logits(Tier.SCALAR, tensors -> {
            ExpertStore resident = ExpertStore.RESIDENT.open(tensors);
            all[0] = resident.bytes();
            return resident;
        }, TOKENS);
        return (long) (all[0] * share);
    }

    @Test
    void aModelLargerThanItsMemoryGivesTheBitsOfOneThatFits() throws Exception {
        long cap = bytes(0.5);
        for (Tier tier : Tier.values()) {
            if (!KernelsFactory.isAvailable(tier)) {
                continue;
            }
            float[][] expected = logits(tier, ExpertStore.RESIDENT, 1);
            PagedExperts[] store = new PagedExperts[1];
            ExpertStore.Factory paged = PagedExperts.factory(file, "model 1 " + tier, cap, Disk.REAL);
            float[][] found = logits(tier, tensors -> store[0] = (PagedExperts) paged.open(tensors), 1);
            assertThat(found).as("%s", tier).isDeepEqualTo(expected);
            PagedExperts.Counters counters = store[0].counters();
            assertThat(store[0].slots()).isEqualTo(LAYERS * EXPERTS / 2);
            assertThat(counters.misses()).isBetween((long) LAYERS * EXPERTS / 2, (long) LAYERS * TOKENS * 2);
            assertThat(counters.hits() + counters.misses()).isEqualTo((long) LAYERS * TOKENS * 2);
            assertThat(counters.hits()).as("hot experts stay").isGreaterThan((long) LAYERS * TOKENS / 2);
            assertThat(counters.readBytes()).isEqualTo(counters.misses() * (store[0].bytes() / (LAYERS * EXPERTS)));
            assertThat(logits(tier, paged, 20)).as("%s in chunks", tier).isDeepEqualTo(logits(tier, ExpertStore.RESIDENT, 20));
        }
    }

    @Test
    void refusesACapBelowOneLayerWithTheFigures() throws Exception {
        assertThatThrownBy(() -> logits(Tier.SCALAR, PagedExperts.factory(file, "m", 1000, Disk.REAL), 1))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("the 8 experts of one layer need").hasMessageContaining("--memory");
    }

    @Test
    void makesTheCacheOnceAndAgainWhereItIsStaleCutOrBroken() throws Exception {
        float[][] expected = logits(Tier.SCALAR, ExpertStore.RESIDENT, 1);
        ExpertStore.Factory store = PagedExperts.factory(file, "model 1", bytes(0.5), Disk.REAL);
        assertThat(logits(Tier.SCALAR, store, 1)).isDeepEqualTo(expected);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
        assertThat(logits(Tier.SCALAR, store, 1)).isDeepEqualTo(expected);
        assertThat(Files.getLastModifiedTime(file).toMillis()).as("read, not written").isEqualTo(1_000_000);

        byte[] sound = Files.readAllBytes(file);
        for (int at : new int[] {0, 9, 20, sound.length - 40, sound.length - 1}) {
            byte[] broken = sound.clone();
            broken[at] ^= 0x10;
            rebuilt(store, broken, expected, sound);
        }
        rebuilt(store, java.util.Arrays.copyOf(sound, sound.length - 1), expected, sound);
        rebuilt(store, new byte[10], expected, sound);

        model = model(2).write(folder.resolve("other.gguf"));
        float[][] other = logits(Tier.SCALAR, ExpertStore.RESIDENT, 1);
        assertThat(logits(Tier.SCALAR, PagedExperts.factory(file, "model 2", bytes(0.5), Disk.REAL), 1)).isDeepEqualTo(other);
    }

    private void rebuilt(ExpertStore.Factory store, byte[] broken, float[][] expected, byte[] sound) throws Exception {
        Files.write(file, broken);
        assertThat(logits(Tier.SCALAR, store, 1)).isDeepEqualTo(expected);
        assertThat(Files.readAllBytes(file)).isEqualTo(sound);
    }

    @Test
    void aRecordThatChangedOnDiskIsRefusedByName() throws Exception {
        ExpertStore.Factory store = PagedExperts.factory(file, "model 1", bytes(0.5), Disk.REAL);
        logits(Tier.SCALAR, store, 1);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            for (long at = 64 + 100; at < out.length() / 2; at += 1000) {
                out.seek(at);
                out.write(77);
            }
        }
        assertThatThrownBy(() -> logits(Tier.SCALAR, store, 1)).isInstanceOf(Problem.class)
                .hasMessageContaining("another checksum").hasMessageContaining("delete the file");
    }

    @Test
    void aFailedReadFailsThePassAndTheNextOneIsRight() throws Exception {
        float[][] expected = logits(Tier.SCALAR, ExpertStore.RESIDENT, 1);
        long cap = bytes(0.5);
        int[] countdown = {Integer.MAX_VALUE};
        ExpertStore.Factory failing = tensors -> {
            ExpertCache cache = ExpertCache.open(file, "model 1", tensors, Disk.REAL);
            ExpertCache.Reads real = cache.reads();
            return new PagedExperts(cache.readingBy(new ExpertCache.Reads() {
                @Override
                public void read(long at, ByteBuffer into) throws IOException {
                    synchronized (countdown) {
                        if (--countdown[0] == 0) {
                            throw new IOException("Input/output error");
                        }
                    }
                    real.read(at, into);
                }

                @Override
                public void close() throws IOException {
                    real.close();
                }
            }), tensors, cap);
        };
        try (Kernels kernels = KernelsFactory.open(Tier.SCALAR, 2).kernels(); ModelFile in = ModelFile.open(model);
                Model loaded = Models.load(in, kernels, 20, failing)) {
            for (int k = 1; k < 60; k += 7) {
                countdown[0] = k;
                assertThatThrownBy(() -> logits(loaded, kernels, 1)).isInstanceOf(Problem.class)
                        .hasMessageContaining("Input/output error").hasMessageContaining("moe.gguf.experts")
                                .hasMessageContaining("expert ");
                assertThat(logits(loaded, kernels, 1)).isDeepEqualTo(expected);
            }
        }
    }
}
