package dev.longhand.ledger;

import dev.longhand.base.Sha256;

/**
 * Lines of the books that left the database for a file.
 *
 * @param number       1, 2, 3, ...; each goes on where the one before ended
 * @param before       the seal before its first line
 * @param last         its last seal
 * @param lastAtMicros ledger time of its last line
 * @param file         name of the file, without its folder
 * @param sha256       of the file
 * @param kept         lines of this archive and those before that the database kept too
 * @param keptSha256   over the bytes of these lines, in order
 * @param atMicros     when it was made
 */
public record Archive(long number, Seal before, Seal last, long lastAtMicros, String file, Sha256 sha256, long kept,
        Sha256 keptSha256, long atMicros) {
    static final Archive NONE = new Archive(0, Seal.NONE, Seal.NONE, 0, "", Sha256.of(""), 0, Sha256.of(""), 0);

    /** Lines in the file. */
    public long lines() {
        return last.lastSeq() - before.lastSeq();
    }

    /** Whether the file that was read is this one. */
    boolean isIn(ArchiveFile.Contents contents) {
        return before.equals(contents.before()) && last.equals(contents.last()) && sha256.equals(contents.sha256());
    }
}
