-- +goose Up

-- One row is one way in which people are told what needs them.
CREATE TABLE channels (
    name     TEXT   NOT NULL PRIMARY KEY CHECK (name <> ''),
    kind     TEXT   NOT NULL CHECK (kind IN ('email', 'webhook', 'slack')),
    settings TEXT   NOT NULL, -- JSON
    sealed   TEXT   NOT NULL, -- its secret, as the Vault sealed it; '' = none
    address  TEXT   NOT NULL, -- that the secret is bound to
    set_at   BIGINT NOT NULL
) /* clustered */;

-- One row is one cause for which people are told: from when it began until it was over.
CREATE TABLE alerts (
    id       BIGINT NOT NULL PRIMARY KEY,
    cause    TEXT   NOT NULL CHECK (cause <> ''),
    subject  TEXT   NOT NULL, -- flow:invoices, connection:erp, ledger
    message  TEXT   NOT NULL,
    hint     TEXT   NOT NULL,
    began_at BIGINT NOT NULL,
    over_at  BIGINT NOT NULL, -- 0 = it lasts
    told_at  BIGINT NOT NULL, -- last; 0 = not yet
    ended    BIGINT NOT NULL CHECK (ended IN (0, 1)), -- there is nothing more to tell of it
    CHECK (ended = 0 OR over_at > 0)
);
CREATE UNIQUE INDEX alerts_lasting ON alerts (subject, cause) WHERE over_at = 0;
CREATE INDEX alerts_open ON alerts (id) WHERE ended = 0;

-- One row is one message for one channel.
CREATE TABLE notices (
    id         BIGINT NOT NULL PRIMARY KEY,
    channel    TEXT   NOT NULL,
    body       TEXT   NOT NULL, -- JSON
    made_at    BIGINT NOT NULL,
    due_at     BIGINT NOT NULL, -- 0 = it was sent, or given up
    attempts   BIGINT NOT NULL,
    sent_at    BIGINT NOT NULL,
    error      TEXT   NOT NULL, -- JSON, of the last attempt
    holder     TEXT   NOT NULL, -- who sends it now; '' = nobody
    held_until BIGINT NOT NULL
);
CREATE INDEX notices_due ON notices (due_at) WHERE due_at > 0;

-- One row is something that one process at a time does: whose turn it is, and when it was done last.
CREATE TABLE turns (
    name       TEXT   NOT NULL PRIMARY KEY,
    holder     TEXT   NOT NULL,
    held_until BIGINT NOT NULL,
    done_at    BIGINT NOT NULL -- 0 = never
) /* clustered */;

-- One row is one process that lives long and opens secrets, and the keys that it has.
CREATE TABLE keyholders (
    owner   TEXT   NOT NULL PRIMARY KEY,
    keys    TEXT   NOT NULL, -- their IDs with blanks between
    beat_at BIGINT NOT NULL
) /* clustered */;
