package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A view whose blocks hold, for each token, a hash of all tokens up to it, in place of keys and values: so a block that holds what
 * belongs to other tokens shows at once. Sealing is a copy.
 */
final class WrittenView implements AutoCloseable {
    static final KvShape SHAPE = new KvShape(1, 1, 32, KvType.F16);
    static final KvShape SEALED = new KvShape(1, 1, 32, KvType.Q8_0);
    private static final int BLOCK_TOKENS = KvShape.BLOCK_TOKENS;

    final DenseKv kv;
    final String tenant;
    private final KvPool pool;
    private int[] tokens = new int[0];

    WrittenView(KvPool pool, String tenant) {
        this(pool, tenant, new DenseKv(null, pool, 4096));
    }

    private WrittenView(KvPool pool, String tenant, DenseKv kv) {
        this.pool = pool;
        this.tenant = tenant;
        this.kv = kv;
    }

    int[] tokens() {
        return tokens;
    }

    int match(PrefixCache cache, int[] prompt) {
        int found = cache.match(tenant, prompt, prompt.length, kv);
        tokens = Arrays.copyOf(prompt, found);
        return found;
    }

    void read(int[] more) throws Problem {
        kv.reserve(more.length);
        int from = tokens.length;
        tokens = Arrays.copyOf(tokens, from + more.length);
        System.arraycopy(more, 0, tokens, from, more.length);
        long hash = hash(tokens, from);
        for (int p = from; p < tokens.length; p++) {
            hash = next(hash, tokens[p]);
            kv.live(p / BLOCK_TOKENS).memory.setAtIndex(ValueLayout.JAVA_LONG, p % BLOCK_TOKENS, hash);
        }
        Block[] written = new Block[tokens.length / BLOCK_TOKENS];
        for (int i = from / BLOCK_TOKENS; i < written.length; i++) {
            written[i] = kv.live(i);
            if (pool.isSealing()) {
                kv.reserved(i).memory.copyFrom(written[i].memory.asSlice(0, 8L * BLOCK_TOKENS));
            }
        }
        kv.advance(more.length);
    }

    void truncate(int count) {
        tokens = Arrays.copyOf(tokens, kv.truncate(count));
    }

    WrittenView fork() {
        WrittenView fork = new WrittenView(pool, tenant, kv.fork());
        fork.tokens = tokens.clone();
        return fork;
    }

    /** Reads every token's hash back. */
    void check() {
        assertThat(kv.tokens()).isEqualTo(tokens.length);
        long hash = 0;
        for (int p = 0; p < tokens.length; p++) {
            hash = next(hash, tokens[p]);
            int i = p / BLOCK_TOKENS;
            Block block = (i + 1) * BLOCK_TOKENS <= tokens.length ? kv.stored(i) : kv.live(i);
            if (block.memory.getAtIndex(ValueLayout.JAVA_LONG, p % BLOCK_TOKENS) != hash) {
                throw new AssertionError("position " + p + " of " + tokens.length + " holds what belongs to other tokens");
            }
        }
    }

    private static long hash(int[] tokens, int count) {
        long hash = 0;
        for (int p = 0; p < count; p++) {
            hash = next(hash, tokens[p]);
        }
        return hash;
    }

    private static long next(long hash, int token) {
        return (hash * 0x9E3779B97F4A7C15L + token + 1) ^ (hash >>> 29);
    }

    @Override
    public void close() {
        kv.close();
    }
}
