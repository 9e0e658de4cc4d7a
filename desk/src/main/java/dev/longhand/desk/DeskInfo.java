package dev.longhand.desk;

import dev.longhand.ingest.Skip;
import java.time.Instant;
import java.util.List;

/**
 * What {@code longhand desk ls} and {@code show} print.
 *
 * @param root      what was read, as {@link DeskSource#shown}
 * @param commit    of a repository that was read; else ""
 * @param pages     addresses of which the desk keeps what they answered; also of a desk in trouble
 * @param diskBytes what the desk takes on disk
 * @param readAt    when it was last read to its end; 1970 for a desk whose first reading was cut off
 * @param trouble   why the desk cannot be used as it is, or ""
 */
public record DeskInfo(
        String name, String root, String commit, int pages, int documents, long passages, long diskBytes, Instant readAt,
                List<Skip> skips, String trouble) {
    public DeskInfo {
        skips = List.copyOf(skips);
    }

    /** Whether a reading ever came to its end. */
    public boolean isWhole() {
        return !readAt.equals(Instant.EPOCH);
    }
}
