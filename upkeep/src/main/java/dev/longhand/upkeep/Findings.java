package dev.longhand.upkeep;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Gathers a {@link Report}. Used by one thread. */
final class Findings {
    private final Limits limits;
    private final List<String> looked = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private int untold;

    Findings(Limits limits) {
        this.limits = limits;
    }

    void looked(String line) {
        looked.add(line);
    }

    void note(String line) {
        notes.add(line);
    }

    void found(String what, String wrong, String todo) {
        if (findings.size() < limits.findingsMax()) {
            findings.add(new Finding(what, wrong, todo));
        } else {
            untold++;
        }
    }

    boolean isEmpty() {
        return findings.isEmpty();
    }

    Report report(Path place, boolean isBackup) {
        List<Finding> all = new ArrayList<>(findings);
        if (untold > 0) {
            all.add(new Finding("this check", untold + " more findings are not listed", "the first ones come first"));
        }
        return new Report(place, isBackup, looked, notes, all);
    }
}
