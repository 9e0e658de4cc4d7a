-- Archives of the books: lines that left the database for a file, see docs/formats/ledger.md. Each archive goes on where the one
-- before ended. Lines of its range stay in transfer where later lines or open reservations need them.

CREATE TABLE archive (
    number BIGINT PRIMARY KEY NOT NULL,
    -- the seal before its first line, and its last seal; the chain goes on from there
    before_seal BIGINT NOT NULL,
    before_seq BIGINT NOT NULL,
    before_hash TEXT NOT NULL,
    last_seal BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    last_at_micros BIGINT NOT NULL,
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    -- lines of all archives that stayed, and SHA-256 over their bytes in order; as of this archive
    kept BIGINT NOT NULL,
    kept_sha256 TEXT NOT NULL,
    at_micros BIGINT NOT NULL
);

-- What lines that are gone add up to: nothing of it is pending.
CREATE TABLE archived_balance (
    account TEXT PRIMARY KEY NOT NULL REFERENCES account (id),
    debits_posted BIGINT NOT NULL CHECK (debits_posted >= 0),
    credits_posted BIGINT NOT NULL CHECK (credits_posted >= 0),
    spent BIGINT NOT NULL
);

CREATE TABLE archived_spending (
    account TEXT NOT NULL REFERENCES account (id),
    day BIGINT NOT NULL,
    posted BIGINT NOT NULL,
    PRIMARY KEY (account, day)
);

-- The first 64 bits of SHA-256 of the id of each reservation and booking that is gone: such an id is not booked again.
CREATE TABLE archived_id (
    hash BIGINT PRIMARY KEY NOT NULL
);
