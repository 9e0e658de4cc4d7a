package dev.longhand.memory;

import dev.longhand.kernels.KvShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Pool, views and prefix cache as plain lists, where blocks are not sealed: what the real ones must agree with, in the number of
 * blocks, in every hit and in every eviction. Blocks are numbers; holders are found by looking through everything.
 */
final class NaiveMemory {
    private static final int BLOCK_TOKENS = KvShape.BLOCK_TOKENS;

    /** Tokens and one number per block. */
    static final class View {
        final String tenant;
        int[] tokens = new int[0];
        List<Integer> blocks = new ArrayList<>();

        View(String tenant) {
            this.tenant = tenant;
        }
    }

    private record Entry(String tenant, int[] prefix, int block) {}

    private final int blocksMax;
    private final int cachedMax;
    private final List<View> views = new ArrayList<>();
    private final List<Entry> cached = new ArrayList<>(); // used longest ago first
    private int blocksMade;
    int evicted;

    NaiveMemory(int blocksMax, int cachedMax) {
        this.blocksMax = blocksMax;
        this.cachedMax = cachedMax;
    }

    int cached() {
        return cached.size();
    }

    int lent() {
        Set<Integer> lent = new HashSet<>();
        views.forEach(v -> lent.addAll(v.blocks));
        cached.forEach(e -> lent.add(e.block));
        return lent.size();
    }

    View open(String tenant) {
        View view = new View(tenant);
        views.add(view);
        return view;
    }

    void close(View view) {
        views.remove(view);
    }

    View fork(View view) {
        View fork = open(view.tenant);
        fork.tokens = view.tokens;
        fork.blocks = new ArrayList<>(view.blocks);
        return fork;
    }

    void truncate(View view, int count) {
        view.tokens = Arrays.copyOf(view.tokens, count);
        view.blocks = new ArrayList<>(view.blocks.subList(0, Math.ceilDiv(count, BLOCK_TOKENS)));
    }

    /** False if there is no room: the view then holds what it held. */
    boolean read(View view, int[] more) {
        int tail = view.tokens.length / BLOCK_TOKENS;
        if (view.tokens.length % BLOCK_TOKENS != 0 && holders(view.blocks.get(tail)) > 1) {
            if (!isRoom()) {
                return false;
            }
            view.blocks.set(tail, blocksMade++);
        }
        int before = view.blocks.size();
        int needed = Math.ceilDiv(view.tokens.length + more.length, BLOCK_TOKENS);
        while (view.blocks.size() < needed) {
            if (!isRoom()) {
                view.blocks = new ArrayList<>(view.blocks.subList(0, before));
                return false;
            }
            view.blocks.add(blocksMade++);
        }
        int[] tokens = Arrays.copyOf(view.tokens, view.tokens.length + more.length);
        System.arraycopy(more, 0, tokens, view.tokens.length, more.length);
        view.tokens = tokens;
        return true;
    }

    private boolean isRoom() {
        while (lent() == blocksMax) {
            if (!evict()) {
                return false;
            }
        }
        return true;
    }

    private int holders(int block) {
        int holders = 0;
        for (View view : views) {
            holders += view.blocks.contains(block) ? 1 : 0;
        }
        for (Entry entry : cached) {
            holders += entry.block == block ? 1 : 0;
        }
        return holders;
    }

    private boolean evict() {
        for (Entry entry : cached) {
            if (holders(entry.block) == 1 && cached.stream().noneMatch(e -> follows(e, entry))) {
                cached.remove(entry);
                evicted++;
                return true;
            }
        }
        return false;
    }

    private static boolean follows(Entry later, Entry earlier) {
        int length = earlier.prefix.length;
        return later.tenant.equals(earlier.tenant) && later.prefix.length > length
                && Arrays.equals(later.prefix, 0, length, earlier.prefix, 0, length);
    }

    private Entry find(String tenant, int[] prefix) {
        return cached.stream().filter(e -> e.tenant.equals(tenant) && Arrays.equals(e.prefix, prefix)).findFirst().orElse(null);
    }

    int match(View view, int[] prompt) {
        List<Entry> path = new ArrayList<>();
        for (int to = BLOCK_TOKENS; to <= prompt.length; to += BLOCK_TOKENS) {
            Entry entry = find(view.tenant, Arrays.copyOf(prompt, to));
            if (entry == null) {
                break;
            }
            path.add(entry);
            view.blocks.add(entry.block);
        }
        use(path);
        view.tokens = Arrays.copyOf(prompt, path.size() * BLOCK_TOKENS);
        return view.tokens.length;
    }

    void insert(View view) {
        List<Entry> path = new ArrayList<>();
        for (int i = 0; i < view.tokens.length / BLOCK_TOKENS; i++) {
            int[] prefix = Arrays.copyOf(view.tokens, (i + 1) * BLOCK_TOKENS);
            Entry entry = find(view.tenant, prefix);
            if (entry != null) {
                view.blocks.set(i, entry.block);
            } else {
                while (cached.size() >= cachedMax && evict()) {
                    continue;
                }
                if (cached.size() >= cachedMax) {
                    break;
                }
                entry = new Entry(view.tenant, prefix, view.blocks.get(i));
                cached.add(entry);
            }
            path.add(entry);
        }
        use(path);
    }

    private void use(List<Entry> path) {
        for (Entry entry : path.reversed()) {
            cached.remove(entry);
            cached.add(entry);
        }
    }

    void clear() {
        cached.clear();
    }
}
