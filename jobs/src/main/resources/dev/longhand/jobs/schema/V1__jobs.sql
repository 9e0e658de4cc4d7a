-- Durable jobs. Times are microseconds since 1970, job time; 0 stands for none. docs/formats/jobs.md has the rules.

CREATE TABLE job (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    input BYTEA NOT NULL,
    -- higher comes first
    priority BIGINT NOT NULL,
    -- as it was asked for; due_micros is what holds
    deadline_micros BIGINT NOT NULL,
    parent TEXT REFERENCES job (id),
    -- the account that pays, the unit and how much of it was asked for; empty and 0 for a job without a budget
    payer TEXT NOT NULL,
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    state TEXT NOT NULL,
    -- what a WAITING job waits for: TIME, CHILDREN, FUNDS; else NOTHING
    wait_for TEXT NOT NULL,
    -- claims since the last recorded step
    attempts BIGINT NOT NULL CHECK (attempts >= 0),
    not_before_micros BIGINT NOT NULL,
    lease_until_micros BIGINT NOT NULL,
    owner TEXT NOT NULL,
    -- claims in all
    fencing_token BIGINT NOT NULL CHECK (fencing_token >= 0),
    is_cancelling BIGINT NOT NULL,
    failure TEXT NOT NULL,
    due_micros BIGINT NOT NULL,
    -- recorded steps
    steps BIGINT NOT NULL CHECK (steps >= 0),
    progress_done BIGINT NOT NULL,
    progress_total BIGINT NOT NULL,
    progress_unit TEXT NOT NULL,
    progress_note TEXT NOT NULL,
    -- how often money was carved, what was added to the amount since, and whether the last carving has ended
    funding_round BIGINT NOT NULL,
    added BIGINT NOT NULL CHECK (added >= 0),
    is_settled BIGINT NOT NULL,
    result BYTEA,
    created_micros BIGINT NOT NULL UNIQUE,
    updated_micros BIGINT NOT NULL UNIQUE
);
CREATE INDEX job_queue ON job (priority DESC, created_micros) WHERE state = 'QUEUED';
CREATE INDEX job_waiting ON job (not_before_micros) WHERE state = 'WAITING';
CREATE INDEX job_running ON job (lease_until_micros) WHERE state = 'RUNNING';
CREATE INDEX job_due ON job (due_micros) WHERE due_micros > 0 AND state IN ('QUEUED', 'WAITING');
CREATE INDEX job_unsettled ON job (updated_micros) WHERE is_settled = 0;
CREATE INDEX job_parent ON job (parent, state);
CREATE INDEX job_state ON job (state, created_micros);

CREATE TABLE step (
    job TEXT NOT NULL REFERENCES job (id),
    -- 0, 1, 2, ... in the order in which the job's code asks for them
    number BIGINT NOT NULL CHECK (number >= 0),
    name TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    -- STARTED: it has a checkpoint or an intent; DONE: it has its result
    state TEXT NOT NULL,
    checkpoint BYTEA,
    result BYTEA,
    effect_key TEXT,
    -- what its attempts were charged, in the job's unit
    cost BIGINT NOT NULL CHECK (cost >= 0),
    -- of the claim that wrote it
    fencing_token BIGINT NOT NULL,
    updated_micros BIGINT NOT NULL,
    PRIMARY KEY (job, number)
);

-- Effects outside of the database, by idempotency key. A row without a result is an intent whose outcome is not known here.
CREATE TABLE effect (
    effect_key TEXT PRIMARY KEY NOT NULL,
    job TEXT NOT NULL REFERENCES job (id),
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    result BYTEA
);
CREATE INDEX effect_job ON effect (job);

-- One row: the last job time that was given out.
CREATE TABLE job_head (
    at_micros BIGINT NOT NULL
);
INSERT INTO job_head (at_micros) VALUES (0);
