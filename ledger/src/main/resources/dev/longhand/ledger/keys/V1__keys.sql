-- Keys of a server's clients. Times are microseconds since 1970; 0 stands for none.

CREATE TABLE access_key (
    name TEXT PRIMARY KEY NOT NULL,
    -- SHA-256 of the secret; the secret itself is nowhere
    sha256 BYTEA NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('READ_ONLY', 'USER', 'ADMIN')),
    team TEXT NOT NULL,
    -- who pays for what is done with it
    account TEXT NOT NULL,
    -- 0 for no limit
    requests_per_minute BIGINT NOT NULL CHECK (requests_per_minute >= 0),
    tokens_per_minute BIGINT NOT NULL CHECK (tokens_per_minute >= 0),
    created_micros BIGINT NOT NULL,
    -- to the hour
    used_micros BIGINT NOT NULL,
    revoked_micros BIGINT NOT NULL
);
