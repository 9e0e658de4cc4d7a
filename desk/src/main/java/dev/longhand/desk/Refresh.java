package dev.longhand.desk;

import dev.longhand.ingest.Skip;
import java.util.List;

/**
 * What a refresh found.
 *
 * @param added     documents that are new
 * @param changed   documents whose bytes changed
 * @param unchanged documents that were not read again
 * @param removed   documents that are gone or can no longer be read
 * @param passages  in the desk now
 * @param skips     what was left out, with reasons
 * @param notes     lines for people
 */
public record Refresh(
        int added, int changed, int unchanged, int removed, long passages, List<Skip> skips, List<String> notes) {
    public Refresh {
        skips = List.copyOf(skips);
        notes = List.copyOf(notes);
    }

    public int documents() {
        return added + changed + unchanged;
    }

    public boolean hasChanges() {
        return added + changed + removed > 0;
    }
}
