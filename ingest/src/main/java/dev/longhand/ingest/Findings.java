package dev.longhand.ingest;

import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is there twice and what other people or machines wrote, in a set of documents and skips.
 *
 * <p>Pure and independent of the order it is given things in: the document that others repeat is the first by path. Each document
 * is compared with the few that share a part of its sketch, so the cost grows with the number of documents and not with its
 * square; memory is some 2 kB for a document.
 *
 * @param all by kind, then path
 */
public record Findings(List<Finding> all) {
    /** From this likeness on two documents say the same. */
    public static final double LIKENESS_MIN = 0.8;

    /** Shorter texts are compared by their bytes only: small files of one kind are all alike. */
    private static final int RUNS_MIN = 40;
    /** 16 bands of 4: two documents of likeness 0.8 share a band in 999.8 of 1,000 cases, of 0.3 in 12 of 100. */
    private static final int ROWS = 4;
    private static final int BANDS = Sketch.SIZE / ROWS;
    /** Documents of one band that are compared; more share one only where somebody meant them to. */
    private static final int BAND_DOCUMENTS_MAX = 32;

    private static final Set<String> VENDOR_FOLDERS = Set.of("vendor", "vendors", "vendored", "_vendor", "third_party",
            "third-party", "thirdparty", "3rdparty",
            "external", "externals", "extern", "deps", "godeps", "pods", "carthage", "submodules");
    private static final Set<String> BUILD_FOLDERS = Set.of("dist", "build", "out", "target", "generated", "generated-src",
            "autogen", "_build", ".next", "bin", "obj");

    /**
     * A document as it is compared.
     *
     * @param tokens estimate, for the report
     */
    public record Entry(String path, Sha256 contentHash, int tokens, Sketch sketch) {
        public static Entry of(Document document) {
            return new Entry(document.path(), document.contentHash(), Tokens.estimate(document.reading().chars()),
                    Sketch.of(document));
        }
    }

    public Findings {
        all = List.copyOf(all);
    }

    public static Findings of(Collection<Entry> documents, Collection<Skip> skips) {
        List<Entry> sorted = new ArrayList<>(documents);
        sorted.sort(Comparator.comparing(Entry::path));
        List<Finding> found = new ArrayList<>();
        repeated(sorted, found);
        folders(sorted, found);
        skips.forEach(skip -> skipped(skip, found));
        found.sort(Comparator.comparing(Finding::kind).thenComparing(Finding::path));
        return new Findings(found);
    }

    private static void repeated(List<Entry> sorted, List<Finding> found) {
        Map<Sha256, Entry> firsts = new HashMap<>();
        Map<Long, List<Entry>> bands = new HashMap<>();
        for (Entry entry : sorted) {
            Entry same = firsts.putIfAbsent(entry.contentHash, entry);
            if (same != null) {
                found.add(new Finding(Finding.Kind.DUPLICATE, entry.path, "the same bytes", same.path));
                continue;
            }
            if (entry.sketch.runs() < RUNS_MIN) {
                continue;
            }
            Entry like = likest(entry, bands);
            if (like != null) {
                found.add(new Finding(Finding.Kind.NEAR_DUPLICATE, entry.path, "about %.0f %% of both is the same".formatted(
                        100 * entry.sketch.likeness(like.sketch)), like.path));
            } else {
                for (int band = 0; band < BANDS; band++) {
                    List<Entry> sharing = bands.computeIfAbsent(entry.sketch.band(band, ROWS), b -> new ArrayList<>(1));
                    if (sharing.size() < BAND_DOCUMENTS_MAX) {
                        sharing.add(entry);
                    }
                }
            }
        }
    }

    /** Null if no document before it is like it; of several equals the first. */
    private static Entry likest(Entry entry, Map<Long, List<Entry>> bands) {
        Entry best = null;
        double most = LIKENESS_MIN;
        for (int band = 0; band < BANDS; band++) {
            for (Entry other : bands.getOrDefault(entry.sketch.band(band, ROWS), List.of())) {
                double likeness = entry.sketch.likeness(other.sketch);
                if (likeness > most || likeness == most && (best == null || other.path.compareTo(best.path) < 0)) {
                    most = likeness;
                    best = other;
                }
            }
        }
        return best;
    }

    /** The outermost folder whose name says that its files are not of the people who keep the rest. */
    private static void folders(List<Entry> sorted, List<Finding> found) {
        Map<String, long[]> sums = new TreeMap<>();
        Map<String, Finding.Kind> kinds = new HashMap<>();
        for (Entry entry : sorted) {
            int from = 0;
            for (int slash; (slash = entry.path.indexOf('/', from)) >= 0; from = slash + 1) {
                String name = entry.path.substring(from, slash).toLowerCase(Locale.ROOT);
                Finding.Kind kind = VENDOR_FOLDERS.contains(name) ? Finding.Kind.VENDORED
                        : BUILD_FOLDERS.contains(name) ? Finding.Kind.GENERATED : null;
                if (kind != null) {
                    String folder = entry.path.substring(0, slash);
                    kinds.put(folder, kind);
                    long[] sum = sums.computeIfAbsent(folder, f -> new long[2]);
                    sum[0]++;
                    sum[1] += entry.tokens;
                    break;
                }
            }
        }
        sums.forEach((folder, sum) -> {
            boolean isOne = sum[0] == 1;
            String detail = "by its name; %s of about %s tokens %s read".formatted(
                    isOne ? "1 document" : Units.count(sum[0]) + " documents", Units.count(sum[1]), isOne ? "is" : "are");
            found.add(new Finding(kinds.get(folder), folder, detail, ""));
        });
    }

    private static void skipped(Skip skip, List<Finding> found) {
        Finding.Kind kind = switch (skip.reason()) {
            case VENDORED -> Finding.Kind.VENDORED;
            case GENERATED, MINIFIED -> Finding.Kind.GENERATED;
            case LOCK_FILE -> Finding.Kind.LOCK_FILE;
            default -> null;
        };
        if (kind != null) {
            found.add(new Finding(kind, skip.path(), (skip.detail().isEmpty() ? "" : skip.detail() + "; ") + "not read", ""));
        }
    }

    public List<Finding> of(Finding.Kind kind) {
        return all.stream().filter(f -> f.kind() == kind).toList();
    }

    /** How many of each kind there are; kinds without any are missing. */
    public Map<Finding.Kind, Integer> counts() {
        Map<Finding.Kind, Integer> counts = new EnumMap<>(Finding.Kind.class);
        all.forEach(f -> counts.merge(f.kind(), 1, Integer::sum));
        return counts;
    }
}
