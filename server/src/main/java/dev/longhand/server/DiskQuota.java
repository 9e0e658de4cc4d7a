package dev.longhand.server;

import dev.longhand.base.Check;

/**
 * What desks may take of the disk, documents, index and attention memory together.
 *
 * @param deskBytesMax of one desk, unless an admin gave it another limit when it was made
 * @param teamBytesMax of all desks of a team together; those of no team count as one
 */
public record DiskQuota(long deskBytesMax, long teamBytesMax) {
    public static final DiskQuota DEFAULT = new DiskQuota(64_000_000_000L, 256_000_000_000L);
    /** An exabyte: more than there is. */
    static final long HARD_MAX = 1L << 60;

    public DiskQuota {
        Check.argument(deskBytesMax > 0 && deskBytesMax <= HARD_MAX && teamBytesMax > 0 && teamBytesMax <= HARD_MAX,
                "quotas of %d and %d bytes; from 1 to %d", deskBytesMax, teamBytesMax, HARD_MAX);
    }
}
