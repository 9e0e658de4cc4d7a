package dev.longhand.memory;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A full block in the tree of a {@link PrefixCache}: its 64 token ids below those of its parent.
 *
 * <p>Also a link in the list of all nodes ordered by last use. A root holds no block and is in no list. Guarded by the cache.
 */
final class PrefixNode {
    /** The ids of one block. Equal only if every id is. */
    static final class Ids implements Comparable<Ids> {
        private final int[] ids; // (64)
        private final int hash;

        Ids(int[] tokens, int from, int to) {
            this.ids = Arrays.copyOfRange(tokens, from, to);
            this.hash = Arrays.hashCode(ids);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Ids that && hash == that.hash && Arrays.equals(ids, that.ids);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        /** An order lets a map stay quick when many hashes are the same. */
        @Override
        public int compareTo(Ids that) {
            return Arrays.compare(ids, that.ids);
        }
    }

    final String tenant;
    final PrefixNode parent; // null for a root
    final Ids ids; // null for a root
    final Block block; // null for a root
    final Map<Ids, PrefixNode> children = new HashMap<>(2);
    PrefixNode newer = this;
    PrefixNode older = this;

    private PrefixNode(String tenant, PrefixNode parent, Ids ids, Block block) {
        this.tenant = tenant;
        this.parent = parent;
        this.ids = ids;
        this.block = block;
    }

    static PrefixNode root(String tenant) {
        return new PrefixNode(tenant, null, null, null);
    }

    /** A new child, used just now. */
    PrefixNode add(Ids childIds, Block childBlock) {
        PrefixNode child = new PrefixNode(tenant, this, childIds, childBlock);
        children.put(childIds, child);
        return child;
    }

    boolean isRoot() {
        return parent == null;
    }

    /** Takes this node out of the list. */
    void unlink() {
        newer.older = older;
        older.newer = newer;
        newer = this;
        older = this;
    }

    /** Puts this node, which is in no list, on the older side of {@code node}. */
    void linkOlderThan(PrefixNode node) {
        older = node.older;
        newer = node;
        older.newer = this;
        node.older = this;
    }
}
