CREATE TABLE counting (
    name TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL
);
