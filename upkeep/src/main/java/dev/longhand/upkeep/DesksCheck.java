package dev.longhand.upkeep;

import dev.longhand.base.Clock;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.DeskFiles;
import dev.longhand.desk.DeskSource;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentLimits;
import java.nio.file.Files;

/** Checks every desk: catalogue, index, passages, and whether the folder that was read is still there. */
final class DesksCheck {
    private final Home home;
    private final Watcher watcher;
    /** Where the desks are to be, for advice; a backup's are asked nothing. */
    private final boolean isBackup;
    private final Clock clock;

    DesksCheck(Home home, boolean isBackup, Clock clock, Watcher watcher) {
        this.home = home;
        this.isBackup = isBackup;
        this.clock = clock;
        this.watcher = watcher;
    }

    void run(Findings findings) throws Problem {
        for (DeskFiles each : DeskFiles.in(home.desks())) {
            if (watcher.isCancelled()) {
                throw new Problem(Problem.Kind.CANCELLED, "stopped");
            }
            if (each.isRead()) {
                check(each, findings);
            } else if (each.isMade()) {
                findings.note("of desk " + each.name() + " nothing is read yet");
            } else {
                findings.note("desk " + each.name() + " was never read to its end; the next question about its folder begins anew");
            }
            each.stale().forEach(s -> findings.note("desks/" + each.name() + "/" + s + " was left by a process that was killed; it "
                    + "may be deleted"));
        }
    }

    private void check(DeskFiles desk, Findings findings) throws Problem {
        DeskFiles.Checked checked = desk.check();
        if (!desk.isRead()) {
            return; // removed meanwhile
        }
        String what = "desk " + desk.name();
        String another = "the backup cannot be used; take another";
        String read = isBackup ? another
                : "if it is not being read just now, it is read again from " + shown(checked.root()) + " with the next question";
        String fetch = isBackup ? another : "fetch the page again, or restore it from a backup";
        checked.readFindings().forEach(f -> findings.found(what, f, read));
        checked.pageFindings().forEach(f -> findings.found(what, f, fetch));
        checkMemory(desk, findings);
        if (checked.findings().isEmpty()) {
            findings.looked("%s: generation %d, %s documents, %s passages".formatted(what, checked.generation(),
                    Units.count(checked.documents()), Units.count(checked.passages())));
            if (!desk.isMade() && !isThere(checked.root())) { // one that was made reads its own folder, wherever that is
                findings.note(what + " was read from " + shown(checked.root())
                        + ", which is not there; questions need the folder at that place");
            }
            if (checked.isForeign()) {
                findings.note(what + " was written by another version; the next question reads its folder again");
            }
        }
    }

    /** Every record of every document that was read. What is bad costs reading it again, no more. */
    private void checkMemory(DeskFiles desk, Findings findings) throws Problem {
        if (!Files.isDirectory(desk.memory())) {
            return;
        }
        SegmentFolder segments = SegmentFolder.look(desk.memory(), clock, SegmentLimits.DEFAULT);
        SegmentFolder.Report report = segments.verify();
        String what = "attention memory of desk " + desk.name();
        String todo = isBackup ? "the document is read again after a restore" : "the document is read again when it is asked about";
        report.findings().forEach(f -> findings.found(what, f.toString(), todo));
        if (report.segments() > 0) {
            findings.looked("%s: %s documents, %s".formatted(what, Units.count(report.segments()), Units.bytes(report.bytes())));
        }
    }

    /** Whether that is there of which a desk was read. */
    static boolean isThere(String root) {
        try {
            return DeskSource.parse(root).isThere();
        } catch (Problem e) {
            return false;
        }
    }

    private static String shown(String root) {
        try {
            return root.isEmpty() ? "its folder" : DeskSource.parse(root).shown();
        } catch (Problem e) {
            return root;
        }
    }
}
