-- One row an instance of Identity Center: head of its chain, and its lease.
CREATE TABLE sekisho_instance (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,            -- InstanceKey as JSON
    head_sequence INTEGER NOT NULL DEFAULT 0,      -- 0: nothing written yet
    head_hash     TEXT NOT NULL DEFAULT '',
    lease_token   INTEGER NOT NULL DEFAULT 0,      -- fencing token: grows with each new lease
    lease_holder  TEXT,                            -- NULL: free
    lease_until   TEXT                             -- RFC 3339
) STRICT;

CREATE TABLE sekisho_journal (
    instance INTEGER NOT NULL REFERENCES sekisho_instance (id),
    sequence INTEGER NOT NULL,
    at       TEXT NOT NULL,                        -- RFC 3339, part of the hash
    event    TEXT NOT NULL,                        -- JournalEvent as JSON
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL,
    PRIMARY KEY (instance, sequence)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER sekisho_journal_is_never_updated BEFORE UPDATE ON sekisho_journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER sekisho_journal_is_never_deleted BEFORE DELETE ON sekisho_journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- All below follows from the journal and can be rebuilt from it.
CREATE TABLE sekisho_run (
    instance          INTEGER NOT NULL REFERENCES sekisho_instance (id),
    run               TEXT NOT NULL,
    started_sequence  INTEGER NOT NULL,
    finished_sequence INTEGER,                     -- NULL: it crashed, or is running
    PRIMARY KEY (instance, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX sekisho_run_by_start ON sekisho_run (instance, started_sequence);
CREATE INDEX sekisho_run_open ON sekisho_run (instance, started_sequence) WHERE finished_sequence IS NULL;

CREATE TABLE sekisho_step (
    instance         INTEGER NOT NULL REFERENCES sekisho_instance (id),
    run              TEXT NOT NULL,
    operation        TEXT NOT NULL,
    started_sequence INTEGER,                      -- first entry in state started
    last_sequence    INTEGER NOT NULL,
    PRIMARY KEY (instance, run, operation)
) STRICT, WITHOUT ROWID;

CREATE TABLE sekisho_owned_set (
    instance INTEGER NOT NULL REFERENCES sekisho_instance (id),
    arn      TEXT NOT NULL,
    PRIMARY KEY (instance, arn)
) STRICT, WITHOUT ROWID;

CREATE TABLE sekisho_owned_assignment (
    instance       INTEGER NOT NULL REFERENCES sekisho_instance (id),
    permission_set TEXT NOT NULL,
    account        TEXT NOT NULL,
    principal_kind TEXT NOT NULL CHECK (principal_kind IN ('user', 'group')),
    principal      TEXT NOT NULL,
    PRIMARY KEY (instance, permission_set, account, principal_kind, principal)
) STRICT, WITHOUT ROWID;

CREATE TABLE sekisho_binding (
    instance INTEGER NOT NULL REFERENCES sekisho_instance (id),
    name     TEXT NOT NULL,
    ids      TEXT NOT NULL,                        -- JSON array
    PRIMARY KEY (instance, name)
) STRICT, WITHOUT ROWID;
