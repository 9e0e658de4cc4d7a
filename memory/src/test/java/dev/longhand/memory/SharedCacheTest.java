package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Goal: threads that open, read, fork, cache and close at once never see each other's content and lose no block. Method: four
 * threads over one small pool, prompts of few beginnings, each view read back before it closes.
 */
class SharedCacheTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 600;

    @Test
    void threadsShareAPoolAndACache() throws Exception {
        long blockBytes = WrittenView.SHAPE.liveBlockBytes();
        try (KvPool pool = new KvPool(WrittenView.SHAPE, new Limits(40 * blockBytes, 20 * blockBytes));
                PrefixCache cache = new PrefixCache(pool)) {
            List<Future<?>> running = new ArrayList<>();
            try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
                for (int t = 0; t < THREADS; t++) {
                    Gen gen = new Gen(t);
                    running.add(threads.submit(() -> rounds(gen, pool, cache)));
                }
            }
            for (Future<?> future : running) {
                future.get();
            }
            cache.checkIntegrity();
            pool.checkIntegrity();
            assertThat(cache.counters().hitTokens()).isPositive();
            assertThat(pool.blocksLent()).isEqualTo(cache.counters().blocks());
        }
    }

    private static void rounds(Gen gen, KvPool pool, PrefixCache cache) {
        for (int i = 0; i < ROUNDS; i++) {
            int[] prompt = MemoryModelTest.prompt(gen, gen.between(1, 500));
            try (WrittenView view = new WrittenView(pool, "everyone")) {
                int found = view.match(cache, prompt);
                view.read(Arrays.copyOfRange(prompt, found, prompt.length));
                cache.insert(view.tenant, view.tokens(), view.kv);
                try (WrittenView fork = view.fork()) {
                    view.read(MemoryModelTest.prompt(gen, 30));
                    fork.read(MemoryModelTest.prompt(gen, 30));
                    fork.check();
                }
                view.check();
            } catch (Problem e) {
                assertThat(e).hasMessageContaining("KV memory is full");
            }
        }
    }
}
