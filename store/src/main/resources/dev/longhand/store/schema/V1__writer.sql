-- Locked by each write transaction on PostgreSQL, so that one writes at a time; SQLite has such a lock of its own. No rows.
CREATE TABLE store_writer (
    holder BIGINT NOT NULL
);
