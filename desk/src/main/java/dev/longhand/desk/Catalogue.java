package dev.longhand.desk;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Findings;
import dev.longhand.ingest.Sketch;
import dev.longhand.ingest.Skip;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a desk has read: one entry per file, and which commit of the index belongs to it. Immutable.
 *
 * @param root       what was read, as {@link DeskSource#text}
 * @param settings   what else decides the index (format of the index, split plan); a difference means: read again
 * @param commit     of a repository, 40 hex digits; else ""
 * @param generation counts changes; the index commit of the same number belongs to this catalogue
 * @param readAtMs   wall-clock time at which the last walk began; a file modified later than that may have changed unseen
 * @param entries    by path
 * @param skips      of the last walk: what was left out and is not a file of its own (folders, links, ignored names)
 */
record Catalogue(
        String root, String settings, String commit, long generation, long readAtMs, SortedMap<String, Entry> entries,
                List<Skip> skips) {
    /**
     * One file.
     *
     * @param hash     of its bytes
     * @param passages in the index; 0 for a file that was left out
     * @param gist     by which it is compared with others; null for a file that was left out
     * @param skip     why it was left out, or null
     */
    record Entry(String path, Stat stat, Sha256 hash, int passages, Gist gist, Skip skip) {
        Entry withStat(Stat stat) {
            return new Entry(path, stat, hash, passages, gist, skip);
        }
    }

    /** @param tokens estimate */
    record Gist(int tokens, Sketch sketch) {}

    /** What the file system says of a file without reading it; {@code fileKey} is its device and inode, or "". */
    record Stat(long bytes, long modifiedNanos, String fileKey) {}

    Catalogue {
        Check.argument(generation >= 0, "generation is %d; it must not be negative", generation);
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
        skips = List.copyOf(skips);
    }

    /** One that knows no file. Its generation stays that of the last published one, so that no two commits share a number. */
    static Catalogue empty(String root, String settings, long generation) {
        return new Catalogue(root, settings, "", generation, 0, new TreeMap<>(), List.of());
    }

    /** The same of a desk that reads another place. */
    Catalogue withRoot(String root) {
        return new Catalogue(root, settings, commit, generation, readAtMs, entries, skips);
    }

    /** What is there twice and what other people or machines wrote. */
    Findings findings() {
        return Findings.of(entries.values().stream().filter(e -> e.gist() != null)
                .map(e -> new Findings.Entry(e.path(), e.hash(), e.gist().tokens(), e.gist().sketch())).toList(), allSkips());
    }

    int documents() {
        return (int) entries.values().stream().filter(e -> e.skip() == null).count();
    }

    long passages() {
        return entries.values().stream().mapToLong(Entry::passages).sum();
    }

    /** All that was left out: of the walk and of single files. */
    List<Skip> allSkips() {
        return java.util.stream.Stream.concat(
                skips.stream(), entries.values().stream().map(Entry::skip).filter(java.util.Objects::nonNull)).toList();
    }
}
