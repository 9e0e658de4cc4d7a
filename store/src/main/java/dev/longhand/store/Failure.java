package dev.longhand.store;

/** What a database's error means for the transaction that met it. */
enum Failure {
    /** The statement is refused; the transaction goes on after its savepoint. */
    STATEMENT,
    /** Somebody else is in the way: the same work may succeed later. */
    CONTENDED,
    /** The connection is gone; what was not committed is undone. */
    LOST,
    /** No space on the disk, or the size limit is reached. */
    FULL,
    /** The file, the disk or the transaction must not be written. */
    READ_ONLY,
    /** The disk failed. */
    BROKEN_DISK,
    /** The file is damaged, or no database. */
    DAMAGED,
    /** The server does not let us in. */
    REFUSED;
}
