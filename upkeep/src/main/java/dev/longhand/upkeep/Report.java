package dev.longhand.upkeep;

import java.nio.file.Path;
import java.util.List;

/**
 * What a check looked at and found.
 *
 * @param place    the data directory or the backup
 * @param isBackup which of the two
 * @param looked   what was read, one line each
 * @param notes    what is worth knowing and not wrong: leftovers, models to be fetched, folders that moved
 * @param findings what is wrong; cut after a limit, the last then says so
 */
public record Report(Path place, boolean isBackup, List<String> looked, List<String> notes, List<Finding> findings) {
    public Report {
        looked = List.copyOf(looked);
        notes = List.copyOf(notes);
        findings = List.copyOf(findings);
    }

    public boolean isSound() {
        return findings.isEmpty();
    }
}
