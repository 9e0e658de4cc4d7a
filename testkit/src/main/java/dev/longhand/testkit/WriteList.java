package dev.longhand.testkit;

import dev.longhand.base.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A disk with a cache, as a model: what programs see at once, and what a power cut may leave of it.
 *
 * <p>A write and a change of a name wait until a force covers them: of the file for its bytes, of the folder for the names in it.
 * Of what waits, a power cut keeps any part: each write is kept, dropped or torn into sectors of 512 bytes that are kept or not,
 * each change of a name happens or not and not always in order. A rename is one change: both names change or none. That is less
 * than any file system in use promises, so what holds here holds on them. After Pillai et al., "All File Systems Are Not Created
 * Equal", OSDI 2014. Not thread-safe.
 */
final class WriteList {
    static final int SECTOR_BYTES = 512;

    /** What stands behind names. */
    private static final class Node {
        private final boolean isFolder;
        private final FileContent forced;
        private final List<Write> waiting = new ArrayList<>();

        Node(boolean isFolder, byte[] forced) {
            this.isFolder = isFolder;
            this.forced = new FileContent(forced);
        }
    }

    /**
     * Bytes on their way to a file.
     *
     * @param bytes       null: the file gets the size {@code at}
     * @param isForcible  false: a force failed meanwhile, and a later one does not bring it back
     */
    private record Write(long at, byte[] bytes, boolean isForcible) {}

    /** Within {@code folder}: the name {@code from} is gone, if not null, and {@code to} is there, if not null. */
    private record Change(Path folder, Path from, Path to, Node node) {
        void apply(Map<Path, Node> names) {
            if (from != null && names.get(from) == node) {
                names.remove(from);
            }
            if (to != null) {
                names.put(to, node);
            }
        }
    }

    /**
     * What lies on a disk after a power cut.
     *
     * @param files       of those that the list knows, by path
     * @param folders     that the list knows and that are there
     * @param description how it differs from what programs saw
     */
    record Image(Map<Path, byte[]> files, Set<Path> folders, String description) {
        /** Writes the files, whose paths lie under {@code root}, to the same places under {@code target}. */
        void writeTo(Path root, Path target) throws IOException {
            for (Path each : folders) {
                if (Files.isDirectory(target.resolve(root.relativize(each)).getParent())) {
                    Files.createDirectories(target.resolve(root.relativize(each)));
                }
            }
            for (Map.Entry<Path, byte[]> each : files.entrySet()) {
                Path file = target.resolve(root.relativize(each.getKey()));
                if (Files.isDirectory(file.getParent())) {
                    Files.write(file, each.getValue());
                }
            }
        }
    }

    private final Map<Path, Node> seen = new HashMap<>();
    private final Map<Path, Node> forced = new HashMap<>();
    private final List<Change> waiting = new ArrayList<>();
    private final Set<Path> known = new TreeSet<>();

    /** All paths that the list ever heard of. */
    Set<Path> known() {
        return known;
    }

    boolean isThere(Path path) {
        return seen.containsKey(path);
    }

    /** A file that was there before, and is safe. */
    void adopt(Path file, byte[] content) {
        Node node = new Node(false, content);
        known.add(file);
        seen.put(file, node);
        forced.put(file, node);
    }

    void createFile(Path file) {
        create(file, new Node(false, new byte[0]));
    }

    void createFolder(Path folder) {
        create(folder, new Node(true, new byte[0]));
    }

    private void create(Path path, Node node) {
        known.add(path);
        change(new Change(path.getParent(), null, path, node));
    }

    private void change(Change change) {
        change.apply(seen);
        waiting.add(change);
    }

    void write(Path file, long at, byte[] bytes) {
        node(file).waiting.add(new Write(at, bytes, true));
    }

    void resize(Path file, long size) {
        node(file).waiting.add(new Write(size, null, true));
    }

    void rename(Path from, Path to) {
        known.add(to);
        change(new Change(to.getParent(), from, to, node(from)));
    }

    void delete(Path file) {
        change(new Change(file.getParent(), file, null, node(file)));
    }

    void force(Path file) {
        Node node = node(file);
        for (Write each : node.waiting) {
            if (each.isForcible) {
                apply(each, node.forced, sector -> true);
            }
        }
        node.waiting.removeIf(Write::isForcible);
    }

    /** As Linux does it: what a failed force left out counts as clean afterwards, and no later force writes it. */
    void failForce(Path file) {
        node(file).waiting.replaceAll(w -> new Write(w.at, w.bytes, false));
    }

    void forceFolder(Path folder) {
        for (Change each : waiting) {
            if (each.folder.equals(folder)) {
                each.apply(forced);
            }
        }
        waiting.removeIf(c -> c.folder.equals(folder));
    }

    private Node node(Path path) {
        Node node = seen.get(path);
        Check.argument(node != null, "there is no %s", path);
        return node;
    }

    /** What programs see now. */
    Map<Path, byte[]> seenFiles() {
        Map<Path, byte[]> files = new TreeMap<>();
        seen.forEach((path, node) -> {
            if (!node.isFolder) {
                FileContent content = node.forced.copy();
                node.waiting.forEach(w -> apply(w, content, sector -> true));
                files.put(path, content.toBytes());
            }
        });
        return files;
    }

    /** Takes an image and may throw what it found. */
    @FunctionalInterface
    interface Taker {
        void take(Image image) throws Exception;
    }

    /**
     * Images of a power cut now: every combination where there are at most {@code max}, else all kept, all dropped, and others by
     * {@code seed}. Returns how many.
     */
    int images(long seed, int max, Taker taker) throws Exception {
        long combinations = combinations(max + 1L);
        int count = (int) Math.min(combinations, max);
        for (int i = 0; i < count; i++) {
            Gen gen = new Gen(seed + i);
            taker.take(image(combinations <= max ? new Digits(i) : i < 2 ? new Always(i) : new Chance(gen), gen));
        }
        return count;
    }

    private long combinations(long enough) {
        long product = waiting.size() > 1 ? 2L << Math.min(waiting.size(), 40) : waiting.size() + 1L;
        for (Node node : nodes()) {
            for (Write each : node.waiting) {
                product = Math.min(enough, product * options(each));
            }
        }
        return product;
    }

    private Set<Node> nodes() {
        Map<Node, Boolean> all = new LinkedHashMap<>();
        known.forEach(path -> {
            all.put(seen.get(path), true);
            all.put(forced.get(path), true);
        });
        waiting.forEach(change -> all.put(change.node, true));
        all.remove(null);
        return all.keySet();
    }

    private static int options(Write write) {
        return write.bytes == null || write.at / SECTOR_BYTES == (write.at + write.bytes.length - 1) / SECTOR_BYTES ? 2 : 3;
    }

    /** Chooses among options: 0 keeps, 1 drops, 2 tears. */
    private interface Picker {
        int pick(int options);
    }

    /** Each number is another combination. */
    private static final class Digits implements Picker {
        private int left;

        Digits(int number) {
            this.left = number;
        }

        @Override
        public int pick(int options) {
            int digit = left % options;
            left /= options;
            return digit;
        }
    }

    private record Always(int choice) implements Picker {
        @Override
        public int pick(int options) {
            return choice;
        }
    }

    /** Some images lose little, others much. */
    private static final class Chance implements Picker {
        private final Gen gen;
        private final double keeps;

        Chance(Gen gen) {
            this.gen = gen;
            this.keeps = gen.oneOf(0.1, 0.5, 0.9, 0.99);
        }

        @Override
        public int pick(int options) {
            return gen.chance(keeps) ? 0 : gen.between(1, options);
        }
    }

    private Image image(Picker picker, Gen gen) {
        StringBuilder description = new StringBuilder();
        Map<Path, Node> names = new HashMap<>(forced);
        List<Change> changes = new ArrayList<>(waiting);
        if (changes.size() > 1 && picker.pick(2) == 1) {
            shuffle(changes, gen);
            description.append(" names in another order;");
        }
        for (Change each : changes) {
            if (picker.pick(2) == 0) {
                each.apply(names);
            } else {
                description.append(" lost: ").append(each.from).append(" -> ").append(each.to).append(';');
            }
        }
        Map<Node, FileContent> contents = new HashMap<>();
        for (Node node : nodes()) {
            contents.put(node, content(node, picker, gen, description));
        }
        Map<Path, byte[]> files = new TreeMap<>();
        Set<Path> folders = new TreeSet<>();
        names.forEach((path, node) -> {
            if (node.isFolder) {
                folders.add(path);
            } else {
                files.put(path, contents.get(node).toBytes());
            }
        });
        return new Image(files, folders, description.isEmpty() ? " all is kept" : description.toString());
    }

    private static FileContent content(Node node, Picker picker, Gen gen, StringBuilder description) {
        FileContent content = node.forced.copy();
        int[] picked = new int[3];
        for (Write each : node.waiting) {
            int choice = picker.pick(options(each));
            picked[choice]++;
            if (choice != 1) {
                apply(each, content, sector -> choice == 0 || gen.chance(0.5));
            }
        }
        if (picked[1] + picked[2] > 0) {
            description.append(" of a file's writes %d kept, %d dropped, %d torn;".formatted(picked[0], picked[1], picked[2]));
        }
        return content;
    }

    private static void shuffle(List<Change> changes, Gen gen) {
        for (int i = changes.size() - 1; i > 0; i--) {
            Collections.swap(changes, i, gen.between(0, i + 1));
        }
    }

    @FunctionalInterface
    private interface Sectors {
        boolean isKept(long sector);
    }

    private static void apply(Write write, FileContent content, Sectors sectors) {
        if (write.bytes == null) {
            content.resize(write.at);
            return;
        }
        for (int from = 0; from < write.bytes.length; ) {
            long sector = (write.at + from) / SECTOR_BYTES;
            int to = (int) Math.min(write.bytes.length, (sector + 1) * SECTOR_BYTES - write.at);
            if (sectors.isKept(sector)) {
                content.write(write.at + from, write.bytes, from, to - from);
            }
            from = to;
        }
    }
}
