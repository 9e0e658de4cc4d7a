package dev.longhand.ingest;

import dev.longhand.base.Check;
import dev.longhand.base.Units;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * A map of documents as text of at most so many characters, for a model's window: the tree of folders, each file with its lines and
 * tokens and its first symbols or headings.
 *
 * <p>Pure: the same files and length give the same text, in whatever order the files come. What does not fit is summed up where it
 * would stand: first symbols are left out, then folders stay closed, the small ones first. Names stand as they are in paths, which
 * hold no control characters; titles are clipped.
 */
public final class DeskMap {
    /** Symbols of one file at most. */
    private static final int SYMBOLS_MAX = 12;

    private static final int NAME_CHARS_MAX = 48;
    private static final int CHARS_MIN = 200;
    private static final String INDENT = "  ";

    /**
     * A document on the map.
     *
     * @param lines  citable lines
     * @param tokens estimate
     * @param names  of symbols or headings, the most telling first
     */
    public record File(String path, int lines, int tokens, List<String> names) {
        public File {
            names = List.copyOf(names);
        }

        public static File of(Document document) {
            return new File(document.path(), document.source().lineCount(), Tokens.estimate(document.reading().chars()),
                    names(Symbols.of(document)));
        }

        /** Outer symbols before inner ones, each in the order of the file, no name twice. */
        static List<String> names(List<Symbol> symbols) {
            return symbols.stream().sorted(Comparator.comparingInt(Symbol::depth)).map(Symbol::name)
                    .map(name -> name.length() <= NAME_CHARS_MAX ? name : name.substring(0, cut(name)) + "…").distinct()
                    .limit(SYMBOLS_MAX).toList();
        }

        private static int cut(String name) {
            return Character.isHighSurrogate(name.charAt(NAME_CHARS_MAX - 2)) ? NAME_CHARS_MAX - 2 : NAME_CHARS_MAX - 1;
        }
    }

    private final Folder root = new Folder("", 0);
    private int charsLeft;

    private DeskMap(List<File> files, int charsMax) {
        charsLeft = charsMax;
        for (File file : files.stream().sorted(Comparator.comparing(File::path)).toList()) {
            Folder at = root;
            String[] steps = file.path.split("/");
            at.add(file);
            for (int i = 0; i < steps.length - 1; i++) {
                int depth = i + 1;
                at = at.folders.computeIfAbsent(steps[i], name -> new Folder(name, depth));
                at.add(file);
            }
            at.leaves.add(new Leaf(file, steps[steps.length - 1]));
        }
        root.join();
    }

    /** @param charsMax at least {@value #CHARS_MIN} */
    public static String of(List<File> files, int charsMax) {
        Check.argument(charsMax >= CHARS_MIN, "charsMax is %d; it must be at least %d", charsMax, CHARS_MIN);
        return new DeskMap(files, charsMax).render();
    }

    private String render() {
        String head = "%s, %s tokens; after each file its lines/tokens\n".formatted(documents(root.files),
                Units.count(root.tokens));
        charsLeft -= head.length();
        openFolders();
        nameSymbols();
        StringBuilder map = new StringBuilder(head);
        root.write(map, -1);
        return map.toString();
    }

    private static String documents(long n) {
        return n == 1 ? "1 document" : Units.count(n) + " documents";
    }

    /** Opens the root, then the largest closed folder that fits, until none does. */
    private void openFolders() {
        openRoot();
        PriorityQueue<Folder> closed = new PriorityQueue<>(
                Comparator.comparingLong((Folder f) -> -f.tokens).thenComparing(f -> f.path));
        closed.addAll(root.folders.values());
        while (!closed.isEmpty()) {
            Folder folder = closed.poll();
            int cost = folder.cost();
            if (folder.isShown && cost <= charsLeft) {
                charsLeft -= cost;
                folder.open();
                closed.addAll(folder.folders.values());
            }
        }
    }

    /** The root's own entries, the largest first as far as they fit; the others are one line. */
    private void openRoot() {
        root.isOpen = true;
        root.isShown = true;
        int reserve = root.cost() <= charsLeft ? 0 : moreLine(root.files, root.tokens, 0).length();
        List<Entry> entries = new ArrayList<>(root.folders.values());
        entries.addAll(root.leaves);
        entries.sort(Comparator.comparingLong((Entry e) -> -e.tokens()).thenComparing(Entry::name));
        for (Entry entry : entries) {
            int cost = entry.line(0).length();
            if (cost + reserve <= charsLeft) {
                charsLeft -= cost;
                entry.show();
            }
        }
        charsLeft -= reserve;
    }

    /** One more symbol for every shown file that has one, the largest file first, round by round. */
    private void nameSymbols() {
        List<Leaf> shown = new ArrayList<>();
        root.shownLeaves(shown);
        shown.sort(Comparator.comparingInt((Leaf l) -> -l.file.tokens).thenComparing(l -> l.file.path));
        for (int round = 0; round < SYMBOLS_MAX; round++) {
            for (Leaf leaf : shown) {
                if (leaf.names == round && leaf.file.names.size() > round) {
                    int cost = leaf.file.names.get(round).length() + 2;
                    if (cost <= charsLeft) {
                        charsLeft -= cost;
                        leaf.names++;
                    }
                }
            }
        }
    }

    private static String moreLine(long files, long tokens, int depth) {
        return INDENT.repeat(depth) + "… " + documents(files) + " more, " + Units.count(tokens) + " tokens\n";
    }

    /** A line of the map. */
    private sealed interface Entry {
        String name();

        long tokens();

        String line(int depth);

        void show();
    }

    private static final class Leaf implements Entry {
        private final File file;
        private final String name;
        private boolean isShown;
        private int names;

        Leaf(File file, String name) {
            this.file = file;
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public long tokens() {
            return file.tokens;
        }

        @Override
        public void show() {
            isShown = true;
        }

        /** The separators cost two characters for each name: a colon and a blank, or a comma and a blank. */
        @Override
        public String line(int depth) {
            return INDENT.repeat(depth) + name + " " + file.lines + "/" + file.tokens + (names == 0 ? "" : ": ")
                    + String.join(", ", file.names.subList(0, names)) + "\n";
        }
    }

    private static final class Folder implements Entry {
        private final Map<String, Folder> folders = new TreeMap<>();
        private final List<Leaf> leaves = new ArrayList<>();
        private String name;
        private String path = "";
        private int depth;
        private long files;
        private long tokens;
        private boolean isShown;
        private boolean isOpen;

        Folder(String name, int depth) {
            this.name = name;
            this.depth = depth;
        }

        void add(File file) {
            files++;
            tokens += file.tokens;
        }

        /** A folder that holds one folder only is one line with it: {@code src/main/java/}. */
        void join() {
            for (Map.Entry<String, Folder> each : folders.entrySet()) {
                Folder folder = each.getValue();
                while (folder.leaves.isEmpty() && folder.folders.size() == 1) {
                    Folder only = folder.folders.values().iterator().next();
                    only.name = folder.name + "/" + only.name;
                    folder = only;
                }
                each.setValue(folder);
                folder.path = path + folder.name + "/";
                folder.depth = name.isEmpty() ? 0 : depth + 1;
                folder.join();
            }
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public long tokens() {
            return tokens;
        }

        @Override
        public void show() {
            isShown = true;
        }

        @Override
        public String line(int depth) {
            return INDENT.repeat(depth) + name + "/ " + documents(files) + ", " + Units.count(tokens) + " tokens\n";
        }

        /** Characters that opening it adds. */
        int cost() {
            int inner = name.isEmpty() ? 0 : depth + 1;
            int cost = 0;
            for (Folder folder : folders.values()) {
                cost += folder.line(inner).length();
            }
            for (Leaf leaf : leaves) {
                cost += leaf.line(inner).length();
            }
            return cost;
        }

        void open() {
            isOpen = true;
            folders.values().forEach(Folder::show);
            leaves.forEach(Leaf::show);
        }

        void shownLeaves(List<Leaf> shown) {
            leaves.stream().filter(l -> l.isShown).forEach(shown::add);
            folders.values().forEach(f -> f.shownLeaves(shown));
        }

        void write(StringBuilder map, int at) {
            if (at >= 0) {
                map.append(line(at));
            }
            if (!isOpen) {
                return;
            }
            long filesLeft = 0;
            long tokensLeft = 0;
            for (Folder folder : folders.values()) {
                if (folder.isShown) {
                    folder.write(map, at + 1);
                } else {
                    filesLeft += folder.files;
                    tokensLeft += folder.tokens;
                }
            }
            for (Leaf leaf : leaves) {
                if (leaf.isShown) {
                    map.append(leaf.line(at + 1));
                } else {
                    filesLeft++;
                    tokensLeft += leaf.file.tokens;
                }
            }
            map.append(filesLeft == 0 ? "" : moreLine(filesLeft, tokensLeft, at + 1));
        }
    }
}
