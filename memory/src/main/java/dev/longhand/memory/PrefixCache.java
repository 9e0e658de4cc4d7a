package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;
import dev.longhand.memory.PrefixNode.Ids;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Full blocks of what was read before, by the tokens that lead to them, so that nobody reads the same beginning twice.
 *
 * <p>A tree per tenant: each node is one block, found below its parent by its 64 token ids, which are compared one by one. A tenant
 * never sees another's blocks. The cache is one more holder of each block. When its limit is reached, or when the pool runs out,
 * the block used longest ago goes first, among those that nobody else holds and that no other cached block follows.
 *
 * <p>Knows ids and blocks; does not know what a tenant is. Invariants: a node was used at least as recently as its children; bytes
 * = nodes x stored bytes {@code <=} {@link Limits#prefixBytesMax}. Thread-safe; locks itself before the pool.
 */
public final class PrefixCache implements AutoCloseable {
    /**
     * What the cache did so far, and what it holds.
     *
     * @param askedTokens    tokens that {@link #match} was asked for
     * @param hitTokens      of these, tokens that were there
     * @param insertedBlocks blocks that were added
     * @param evictedBlocks  blocks that were given back to make room
     * @param blocks         blocks held now
     * @param bytes          their bytes
     */
    public record Counters(
            long askedTokens, long hitTokens, long insertedBlocks, long evictedBlocks, int blocks, long bytes) {}

    private static final int BLOCK_TOKENS = KvShape.BLOCK_TOKENS;

    private final KvPool pool;
    private final Map<String, PrefixNode> roots = new HashMap<>(); // those with children only
    private final PrefixNode ends = PrefixNode.root(""); // older: most recently used; newer: used longest ago
    private int blocks;
    private long askedTokens;
    private long hitTokens;
    private long insertedBlocks;
    private long evictedBlocks;

    /** A cache over {@code pool}, which asks it for blocks when it runs out. */
    public PrefixCache(KvPool pool) {
        this.pool = pool;
        pool.reclaimFrom(new KvPool.Reclaimer() {
            @Override
            public boolean reclaim() {
                return evictOne();
            }

            @Override
            public long reclaimableBytes() {
                return unusedBytes();
            }
        });
    }

    /** How many of the first {@code count} tokens {@link #match} would find. Changes nothing. */
    public synchronized int find(String tenant, int[] tokens, int count) {
        Check.argument(count >= 0 && count <= tokens.length, "%d of %d tokens", count, tokens.length);
        PrefixNode node = roots.get(tenant);
        int found = 0;
        while (node != null && found + BLOCK_TOKENS <= count) {
            node = node.children.get(new Ids(tokens, found, found + BLOCK_TOKENS));
            found += node == null ? 0 : BLOCK_TOKENS;
        }
        return found;
    }

    /**
     * Lets the empty {@code view} hold as much of the first {@code count} tokens as is there. Returns how many tokens that is, a
     * multiple of 64.
     */
    public synchronized int match(String tenant, int[] tokens, int count, DenseKv view) {
        Check.argument(view.tokens() == 0, "a match for a view that holds %d tokens already", view.tokens());
        Check.argument(view.pool() == pool, "a view of another pool");
        Check.argument(count >= 0 && count <= tokens.length, "%d of %d tokens", count, tokens.length);
        view.truncate(0);
        PrefixNode deepest = null;
        PrefixNode node = roots.get(tenant);
        int most = Math.min(count, view.tokensMax());
        while (node != null && view.tokens() + BLOCK_TOKENS <= most) {
            node = node.children.get(new Ids(tokens, view.tokens(), view.tokens() + BLOCK_TOKENS));
            if (node != null) {
                view.adopt(node.block);
                deepest = node;
            }
        }
        use(deepest);
        askedTokens += count;
        hitTokens += view.tokens();
        return view.tokens();
    }

    /**
     * Keeps the full blocks of {@code view}, which holds the first tokens of {@code tokens}. Where a block is there already, the
     * view shares it and gives its own back. Stops where the limit leaves no room.
     */
    public synchronized void insert(String tenant, int[] tokens, DenseKv view) {
        Check.argument(view.tokens() <= tokens.length, "%d tokens for a view that holds %d", tokens.length, view.tokens());
        Check.argument(view.pool() == pool, "a view of another pool");
        PrefixNode root = roots.get(tenant);
        PrefixNode node = root == null ? PrefixNode.root(tenant) : root;
        for (int i = 0; i < view.tokens() / BLOCK_TOKENS; i++) {
            Ids ids = new Ids(tokens, i * BLOCK_TOKENS, (i + 1) * BLOCK_TOKENS);
            PrefixNode child = node.children.get(ids);
            if (child == null) {
                if (!makeRoom()) {
                    break;
                }
                child = add(node, ids, view.stored(i));
            } else if (child.block != view.stored(i)) {
                view.share(i, child.block);
            }
            node = child;
        }
        use(node);
    }

    private PrefixNode add(PrefixNode parent, Ids ids, Block block) {
        pool.retain(block);
        if (parent.isRoot()) {
            roots.put(parent.tenant, parent);
        }
        PrefixNode child = parent.add(ids, block);
        child.linkOlderThan(ends);
        blocks++;
        insertedBlocks++;
        return child;
    }

    /** Room for one block more under the cache's own limit. */
    private boolean makeRoom() {
        long bytesMax = pool.limits().prefixBytesMax();
        boolean isRoom = bytes() + pool.storedBytes() <= bytesMax;
        while (!isRoom && evictOne()) {
            isRoom = bytes() + pool.storedBytes() <= bytesMax;
        }
        return isRoom;
    }

    /** Marks {@code node} and all above it as used now: the highest last, so that a node never is older than what follows it. */
    private void use(PrefixNode node) {
        for (PrefixNode at = node; at != null && !at.isRoot(); at = at.parent) {
            at.unlink();
            at.linkOlderThan(ends);
        }
    }

    /** Gives back the block that was used longest ago, among those that only the cache holds and that no other follows. */
    private synchronized boolean evictOne() {
        for (PrefixNode node = ends.newer; node != ends; node = node.newer) {
            if (node.children.isEmpty() && !pool.isShared(node.block)) {
                remove(node);
                evictedBlocks++;
                return true;
            }
        }
        return false;
    }

    private void remove(PrefixNode node) {
        node.unlink();
        node.parent.children.remove(node.ids);
        if (node.parent.isRoot() && node.parent.children.isEmpty()) {
            roots.remove(node.tenant);
        }
        pool.release(node.block);
        blocks--;
    }

    private long bytes() {
        return blocks * pool.storedBytes();
    }

    /** Bytes of blocks that only the cache holds. A block that a view holds has only such above it, so all of these can go. */
    private synchronized long unusedBytes() {
        int unused = 0;
        for (PrefixNode node = ends.newer; node != ends; node = node.newer) {
            unused += pool.isShared(node.block) ? 0 : 1;
        }
        return unused * pool.storedBytes();
    }

    public synchronized Counters counters() {
        return new Counters(askedTokens, hitTokens, insertedBlocks, evictedBlocks, blocks, bytes());
    }

    /** Forgets everything; blocks that views hold stay with them. */
    public synchronized void clear() {
        for (PrefixNode node = ends.newer; node != ends; node = ends.newer) {
            PrefixNode leaf = node;
            while (!leaf.children.isEmpty()) {
                leaf = leaf.children.values().iterator().next();
            }
            remove(leaf);
        }
    }

    /** Walks the trees and the list again. {@link IllegalStateException} if something does not add up; for quiet moments. */
    public synchronized void checkIntegrity() {
        Set<PrefixNode> listed = new HashSet<>();
        Set<Block> held = new HashSet<>();
        for (PrefixNode node = ends.newer; node != ends; node = node.newer) {
            Check.invariant(listed.add(node), "a node is listed twice");
            Check.invariant(node.newer.older == node, "the list of nodes is torn");
            Check.invariant(node.parent.children.get(node.ids) == node, "a node is not below its parent");
            Check.invariant(!listed.contains(node.parent), "a node was used after its parent");
            Check.invariant(held.add(node.block), "two nodes hold one block");
            Check.invariant(pool.isLent(node.block), "a node holds a block that the pool calls free");
        }
        int inTrees = 0;
        for (PrefixNode root : roots.values()) {
            Check.invariant(!root.children.isEmpty(), "tenant \"%s\" has a tree without nodes", root.tenant);
            inTrees += nodesBelow(root, listed);
        }
        Check.invariant(inTrees == blocks && listed.size() == blocks, "%d blocks are counted, %d are in trees, %d in the list",
                blocks, inTrees, listed.size());
        long bytesMax = pool.limits().prefixBytesMax();
        Check.invariant(bytes() <= bytesMax, "%d bytes are cached, limit %d", bytes(), bytesMax);
    }

    /** Walks without recursion: a tree is as deep as a context has blocks. */
    private static int nodesBelow(PrefixNode root, Set<PrefixNode> listed) {
        ArrayDeque<PrefixNode> open = new ArrayDeque<>(root.children.values());
        int nodes = 0;
        while (!open.isEmpty()) {
            PrefixNode node = open.pop();
            Check.invariant(listed.contains(node), "a node is in a tree but not in the list");
            nodes++;
            open.addAll(node.children.values());
        }
        return nodes;
    }

    /** Gives all blocks back. */
    @Override
    public void close() {
        clear();
    }
}
