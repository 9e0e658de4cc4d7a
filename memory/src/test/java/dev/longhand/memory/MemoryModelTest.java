package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Goal: pool, forks and prefix cache keep their promises in any order of use. Method: thousands of random operations from a seed,
 * in step with {@link NaiveMemory}; after each the numbers agree, every view reads back what belongs to its tokens, and everything
 * adds up. Prompts are drawn from few beginnings, so that sharing and eviction are the rule. Where blocks are sealed, the naive
 * side knows nothing and contents and sums are checked alone.
 */
class MemoryModelTest {
    private static final int OPERATIONS = 4000;
    private static final int VIEWS_MAX = 7;
    private static final List<String> TENANTS = List.of("", "a", "b");

    @Test
    void agreesWithTheNaiveImplementationWhateverTheOrder() throws Problem {
        for (long seed = 1; seed <= 3; seed++) {
            KvPool pool = new KvPool(WrittenView.SHAPE, limits(30, 20));
            new Run(seed, pool, new NaiveMemory(30, 20)).play();
        }
    }

    @Test
    void keepsContentsAndSumsWhereBlocksAreSealed() throws Problem {
        for (long seed = 1; seed <= 3; seed++) {
            new Run(seed, new KvPool(WrittenView.SEALED, limits(30, 12)), null).play();
        }
    }

    private static Limits limits(int blocks, int cachedBlocks) {
        return new Limits(blocks * WrittenView.SHAPE.liveBlockBytes(), cachedBlocks * WrittenView.SHAPE.liveBlockBytes());
    }

    /** Of few beginnings: each stretch of 64 tokens is one of two. */
    static int[] prompt(Gen gen, int count) {
        int[] prompt = new int[count];
        int choice = 0;
        for (int i = 0; i < count; i++) {
            choice = i % 64 == 0 ? gen.between(0, 2) : choice;
            prompt[i] = choice * 64 + i % 64;
        }
        return prompt;
    }

    /** One history. {@code naive} is null where blocks are sealed. */
    private static final class Run {
        private final long seed;
        private final Gen gen;
        private final KvPool pool;
        private final PrefixCache cache;
        private final NaiveMemory naive;
        private final List<WrittenView> views = new ArrayList<>();
        private final List<NaiveMemory.View> naiveViews = new ArrayList<>();
        private int refused;

        Run(long seed, KvPool pool, NaiveMemory naive) {
            this.seed = seed;
            this.gen = new Gen(seed);
            this.pool = pool;
            this.cache = new PrefixCache(pool);
            this.naive = naive;
        }

        void play() throws Problem {
            for (int i = 0; i < OPERATIONS; i++) {
                try {
                    operate();
                    check();
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + seed + ", operation " + i, e);
                }
            }
            assertThat(cache.counters().hitTokens()).isPositive();
            assertThat(cache.counters().evictedBlocks()).isPositive();
            assertThat(refused).isPositive();
            views.forEach(WrittenView::close);
            cache.close();
            cache.checkIntegrity();
            assertThat(pool.blocksLent()).isZero();
            pool.checkIntegrity();
            pool.close();
        }

        private void operate() {
            int kind = gen.between(0, 100);
            if (views.isEmpty() || (kind < 25 && views.size() < VIEWS_MAX)) {
                open();
                return;
            }
            int at = gen.between(0, views.size());
            if (kind < 45) {
                read(at, prompt(gen, gen.between(1, 150)));
            } else if (kind < 62) {
                insert(at);
            } else if (kind < 72 && views.size() < VIEWS_MAX) {
                views.add(views.get(at).fork());
                naiveViews.add(naive == null ? null : naive.fork(naiveViews.get(at)));
            } else if (kind < 84) {
                truncate(at, gen.between(0, views.get(at).tokens().length + 1));
            } else if (kind < 99) {
                close(at);
            } else {
                cache.clear();
                if (naive != null) {
                    naive.clear();
                }
            }
        }

        private void open() {
            WrittenView view = new WrittenView(pool, gen.oneOf(TENANTS.toArray(new String[0])));
            views.add(view);
            naiveViews.add(naive == null ? null : naive.open(view.tenant));
            int[] prompt = prompt(gen, gen.between(1, 450));
            int expected = cache.find(view.tenant, prompt, prompt.length);
            int found = view.match(cache, prompt);
            assertThat(found).isEqualTo(expected);
            if (naive != null) {
                assertThat(found).isEqualTo(naive.match(naiveViews.getLast(), prompt));
            }
            read(views.size() - 1, Arrays.copyOfRange(prompt, found, prompt.length));
        }

        private void read(int at, int[] more) {
            boolean fits = true;
            try {
                views.get(at).read(more);
            } catch (Problem e) {
                fits = false;
                refused++;
            }
            if (naive != null) {
                assertThat(naive.read(naiveViews.get(at), more)).isEqualTo(fits);
            }
        }

        private void insert(int at) {
            WrittenView view = views.get(at);
            cache.insert(view.tenant, view.tokens(), view.kv);
            if (naive != null) {
                naive.insert(naiveViews.get(at));
            }
        }

        private void truncate(int at, int count) {
            views.get(at).truncate(count);
            if (naive != null) {
                assertThat(views.get(at).tokens()).hasSize(count);
                naive.truncate(naiveViews.get(at), count);
            }
        }

        private void close(int at) {
            views.remove(at).close();
            NaiveMemory.View closed = naiveViews.remove(at);
            if (naive != null) {
                naive.close(closed);
            }
        }

        private void check() {
            views.forEach(WrittenView::check);
            cache.checkIntegrity();
            pool.checkIntegrity();
            if (naive != null) {
                assertThat(pool.blocksLent()).isEqualTo(naive.lent());
                assertThat(cache.counters().blocks()).isEqualTo(naive.cached());
                assertThat(cache.counters().evictedBlocks() - naive.evicted).isZero();
            }
        }
    }
}
