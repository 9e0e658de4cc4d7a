package dev.longhand.cli;

import dev.longhand.base.Units;
import dev.longhand.ingest.Finding;
import dev.longhand.ingest.Findings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What is there twice in a desk, and what other people or machines wrote, for people and as JSON. Stateless. */
final class FindingsView {
    static final int FEW = 3;

    private FindingsView() {}

    /** {@code "12 duplicates, 1 vendored"}. */
    private static String counts(Findings findings) {
        return findings.counts().entrySet().stream().map(e -> Units.count(e.getValue()) + " " + plural(e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String plural(Finding.Kind kind, int count) {
        return switch (kind) {
            case DUPLICATE, NEAR_DUPLICATE, LOCK_FILE -> kind.label() + (count == 1 ? "" : "s");
            case VENDORED, GENERATED -> kind.label();
        };
    }

    /** Counts and the first few; nothing where nothing was found. */
    static void print(World world, Findings findings, int shownMax, String how) {
        List<Finding> all = findings.all();
        if (all.isEmpty()) {
            return;
        }
        world.out().println("found: " + counts(findings));
        int shown = all.size() - 1 <= shownMax ? all.size() : shownMax;
        all.subList(0, shown).forEach(each -> world.out().println("  " + Style.safe(each.toString())));
        if (shown < all.size()) {
            world.out().println("  and " + Units.count(all.size() - shown) + " more: " + how);
        }
    }

    static Map<String, Object> json(Findings findings) {
        Map<String, Object> counts = new LinkedHashMap<>();
        findings.counts().forEach((kind, count) -> counts.put(name(kind), count));
        return Json.object("counts", counts, "all", findings.all().stream().map(f -> Json.object("kind", name(f.kind()),
                "path", f.path(), "of", f.of().isEmpty() ? null : f.of(), "detail", f.detail())).toList());
    }

    private static String name(Finding.Kind kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
