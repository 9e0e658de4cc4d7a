package dev.longhand.upkeep;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.jobs.Jobs;
import dev.longhand.ledger.CheckReport;
import dev.longhand.ledger.Ledger;
import dev.longhand.store.Inspection;
import dev.longhand.store.SchemaVersion;
import dev.longhand.store.Store;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** Checks the database: every page, the versions of its tables, and the books. Changes nothing, see {@link Inspection}. */
final class BooksCheck {
    private static final String WHAT = "the books";
    private static final String FROM_BACKUP = "restore a backup with: longhand restore BACKUP --replace";

    private final Site site;
    private final Watcher watcher;

    BooksCheck(Site site, Watcher watcher) {
        this.site = site;
        this.watcher = watcher;
    }

    /** What one look saw; a look may be repeated, and only the last one counts. */
    private record Seen(List<String> pages, List<SchemaVersion> versions, CheckReport books, List<String> jobs, String trouble) {}

    void run(Findings findings) throws Problem {
        boolean isFile = site.books() instanceof dev.longhand.store.StoreSetting.Sqlite sqlite && !Files.exists(sqlite.file());
        if (isFile) {
            findings.looked("the books: there are none yet");
            return;
        }
        try {
            tell(Inspection.look(site.books(), site.tools(watcher), this::see), findings);
        } catch (Problem e) {
            if (e.kind() == Problem.Kind.CANCELLED || e.kind() == Problem.Kind.BUSY) {
                throw e;
            }
            findings.found(WHAT, e.getMessage(), e.kind() == Problem.Kind.UNAVAILABLE
                    ? "verify again when the server can be reached" : FROM_BACKUP);
        }
    }

    private Seen see(Store store) throws Problem {
        List<String> pages = store.check();
        if (!pages.isEmpty()) {
            return new Seen(pages, List.of(), null, List.of(), "");
        }
        List<SchemaVersion> versions = store.versions(site.schemas());
        boolean isCurrent = versions.stream().noneMatch(v -> v.isOlder() || v.isNewer());
        if (!isCurrent) {
            return new Seen(pages, versions, null, List.of(), "");
        }
        try {
            Ledger ledger = Ledger.open(store, site.machine().clock(), dev.longhand.ledger.Limits.DEFAULT);
            Jobs jobs = new Jobs(store, ledger, site.machine().clock(), dev.longhand.jobs.Limits.DEFAULT);
            return new Seen(pages, versions, ledger.check(), jobs.check(), "");
        } catch (RuntimeException e) {
            // A line of the books holds what no line can hold; the books' own types refuse it.
            return new Seen(pages, versions, null, List.of(), String.valueOf(e.getMessage()));
        }
    }

    private void tell(Seen seen, Findings findings) {
        seen.pages().forEach(p -> findings.found(WHAT, p, FROM_BACKUP));
        if (!seen.trouble().isEmpty()) {
            findings.found(WHAT, "a line cannot be read: " + seen.trouble(), FROM_BACKUP);
        }
        List<String> older = new ArrayList<>();
        for (SchemaVersion each : seen.versions()) {
            if (each.isNewer()) {
                String wrong = "the tables of %s have version %d; this Longhand knows versions up to %d";
                findings.found(WHAT, wrong.formatted(each.name(), each.found(), each.known()),
                        "run the newer Longhand that wrote them");
            } else if (each.isOlder()) {
                older.add(each.name() + " " + each.found() + " of " + each.known());
            }
        }
        if (!older.isEmpty()) {
            findings.looked("the books: every page is sound");
            findings.note("the books are of an older version (" + String.join(", ", older) + "); their sums were not checked, and "
                    + "nothing was upgraded: the next command that books does that");
        }
        if (seen.books() != null) {
            seen.books().findings().forEach(f -> findings.found(WHAT, f, FROM_BACKUP));
            seen.jobs().forEach(f -> findings.found(WHAT, f, FROM_BACKUP));
            long archived = seen.books().archived();
            findings.looked("the books: %s lines, every sum and seal was computed again%s%s".formatted(
                    Units.count(seen.books().transfers() - archived),
                    archived == 0 ? "" : "; " + Units.count(archived) + " more are in archives",
                    seen.books().unsealed() == 0 ? ""
                            : "; the last " + Units.count(seen.books().unsealed()) + " are not sealed yet"));
        }
    }
}
