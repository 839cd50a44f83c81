-- One row an instance of Identity Center: head of its chain, and its lease.
CREATE TABLE sekisho_instance (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,            -- InstanceKey as JSON
    head_sequence BIGINT NOT NULL DEFAULT 0,       -- 0: nothing written yet
    head_hash     TEXT NOT NULL DEFAULT '',
    lease_token   BIGINT NOT NULL DEFAULT 0,       -- fencing token: grows with each new lease
    lease_holder  TEXT,                            -- NULL: free
    lease_until   TEXT                             -- RFC 3339
);

CREATE TABLE sekisho_journal (
    instance BIGINT NOT NULL REFERENCES sekisho_instance (id),
    sequence BIGINT NOT NULL,
    at       TEXT NOT NULL,                        -- RFC 3339, part of the hash
    event    TEXT NOT NULL,                        -- JournalEvent as JSON; text, so that the hash can be checked
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL,
    PRIMARY KEY (instance, sequence)
);

CREATE FUNCTION sekisho_journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only';
END
$$;
CREATE TRIGGER sekisho_journal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sekisho_journal
FOR EACH STATEMENT EXECUTE FUNCTION sekisho_journal_refuse();

-- All below follows from the journal and can be rebuilt from it.
CREATE TABLE sekisho_run (
    instance          BIGINT NOT NULL REFERENCES sekisho_instance (id),
    run               TEXT NOT NULL,
    started_sequence  BIGINT NOT NULL,
    finished_sequence BIGINT,                      -- NULL: it crashed, or is running
    PRIMARY KEY (instance, run)
);
CREATE INDEX sekisho_run_by_start ON sekisho_run (instance, started_sequence);
CREATE INDEX sekisho_run_open ON sekisho_run (instance, started_sequence) WHERE finished_sequence IS NULL;

CREATE TABLE sekisho_step (
    instance         BIGINT NOT NULL REFERENCES sekisho_instance (id),
    run              TEXT NOT NULL,
    operation        TEXT NOT NULL,
    started_sequence BIGINT,                       -- first entry in state started
    last_sequence    BIGINT NOT NULL,
    PRIMARY KEY (instance, run, operation)
);

CREATE TABLE sekisho_owned_set (
    instance BIGINT NOT NULL REFERENCES sekisho_instance (id),
    arn      TEXT NOT NULL,
    PRIMARY KEY (instance, arn)
);

CREATE TABLE sekisho_owned_assignment (
    instance       BIGINT NOT NULL REFERENCES sekisho_instance (id),
    permission_set TEXT NOT NULL,
    account        TEXT NOT NULL,
    principal_kind TEXT NOT NULL CHECK (principal_kind IN ('user', 'group')),
    principal      TEXT NOT NULL,
    PRIMARY KEY (instance, permission_set, account, principal_kind, principal)
);

CREATE TABLE sekisho_binding (
    instance BIGINT NOT NULL REFERENCES sekisho_instance (id),
    name     TEXT NOT NULL,
    ids      TEXT NOT NULL,                        -- JSON array
    PRIMARY KEY (instance, name)
);
