-- The books. Amounts are whole numbers of their account's unit; times are microseconds since 1970, ledger time.
-- transfer and seal only grow. What the other tables hold follows from them, but for account and budget rows themselves.

CREATE TABLE account (
    id TEXT PRIMARY KEY NOT NULL,
    unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    debits_pending BIGINT NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    debits_posted BIGINT NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    credits_pending BIGINT NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    credits_posted BIGINT NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    -- what it paid: booked and posted debits, less corrections of them
    spent BIGINT NOT NULL DEFAULT 0 CHECK (spent >= 0)
);

CREATE TABLE transfer (
    seq BIGINT PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    debit TEXT NOT NULL REFERENCES account (id),
    credit TEXT NOT NULL REFERENCES account (id),
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    -- the reservation that this one ends, or the transfer that it corrects
    refers TEXT REFERENCES transfer (id),
    purpose TEXT NOT NULL,
    person TEXT NOT NULL,
    desk TEXT NOT NULL,
    model TEXT NOT NULL,
    job TEXT NOT NULL,
    step BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    tokens_in BIGINT NOT NULL,
    tokens_cached BIGINT NOT NULL,
    tokens_looked_up BIGINT NOT NULL,
    tokens_thinking BIGINT NOT NULL,
    tokens_out BIGINT NOT NULL,
    cpu_micros BIGINT NOT NULL,
    disk_bytes BIGINT NOT NULL,
    kv_byte_seconds BIGINT NOT NULL,
    millijoules BIGINT NOT NULL,
    is_estimated BIGINT NOT NULL,
    at_micros BIGINT NOT NULL UNIQUE,
    expires_at_micros BIGINT,
    CHECK (debit <> credit)
);

-- A reservation ends once.
CREATE UNIQUE INDEX transfer_ends ON transfer (refers) WHERE kind IN ('POST', 'VOID', 'EXPIRE');
CREATE INDEX transfer_corrects ON transfer (refers) WHERE kind = 'CORRECT';

CREATE TABLE open_reservation (
    id TEXT PRIMARY KEY NOT NULL REFERENCES transfer (id),
    expires_at_micros BIGINT NOT NULL
);
CREATE INDEX open_reservation_expires ON open_reservation (expires_at_micros);

-- What an account was debited per UTC day of the reservation or booking.
CREATE TABLE spending (
    account TEXT NOT NULL REFERENCES account (id),
    day BIGINT NOT NULL,
    pending BIGINT NOT NULL CHECK (pending >= 0),
    posted BIGINT NOT NULL CHECK (posted >= 0),
    PRIMARY KEY (account, day)
);

CREATE TABLE budget (
    account TEXT NOT NULL REFERENCES account (id),
    period TEXT NOT NULL,
    soft BIGINT NOT NULL,
    hard BIGINT NOT NULL,
    request_max BIGINT NOT NULL,
    PRIMARY KEY (account, period)
);

CREATE TABLE seal (
    number BIGINT PRIMARY KEY NOT NULL,
    last_seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- One row: the last number and the last time that were given out.
CREATE TABLE ledger_head (
    seq BIGINT NOT NULL,
    at_micros BIGINT NOT NULL
);
INSERT INTO ledger_head (seq, at_micros) VALUES (0, 0);

-- What the owner's own hardware costs, see MachinePrice. Rows are only added.
CREATE TABLE machine_price (
    from_micros BIGINT PRIMARY KEY NOT NULL,
    kwh_micros BIGINT NOT NULL,
    busy_milliwatts BIGINT NOT NULL,
    idle_milliwatts BIGINT NOT NULL,
    purchase_micros BIGINT NOT NULL,
    life_days BIGINT NOT NULL,
    processors BIGINT NOT NULL,
    is_dedicated BIGINT NOT NULL
);

-- What providers take for a million tokens, see TokenPrice. Rows are only added.
CREATE TABLE token_price (
    model TEXT NOT NULL,
    from_micros BIGINT NOT NULL,
    unit TEXT NOT NULL,
    in_micros BIGINT NOT NULL,
    cached_micros BIGINT NOT NULL,
    out_micros BIGINT NOT NULL,
    PRIMARY KEY (model, from_micros)
);

-- The most processor time that a token of a model took here: what reservations are made by.
CREATE TABLE token_time (
    model TEXT PRIMARY KEY NOT NULL,
    cpu_micros BIGINT NOT NULL
);
