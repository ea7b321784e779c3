-- +goose Up
-- One text for both databases: TEXT and BIGINT, BYTEA for bodies and their hashes; times are UTC microseconds, 0 = none;
-- JSON is stored and returned, never queried. IDs are given by the program from `counters`. Where SQLite would keep a second
-- tree for the primary key, dialect.go writes `BIGINT NOT NULL PRIMARY KEY` and `/* clustered */` otherwise.

-- One row is one setting of this installation, such as the vault's key ID.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row is the last number given out of one series of IDs.
CREATE TABLE counters (
    name TEXT   NOT NULL PRIMARY KEY,
    n    BIGINT NOT NULL
);

-- One row is one customer's instance of a System.
CREATE TABLE connections (
    name       TEXT   NOT NULL PRIMARY KEY,
    system     TEXT   NOT NULL,
    settings   TEXT   NOT NULL,
    pause      TEXT   NOT NULL, -- JSON, '' = not paused
    checked_at BIGINT NOT NULL, -- of the Check below, 0 when the settings changed since
    steps      TEXT   NOT NULL, -- JSON
    whole_at   TEXT   NOT NULL  -- JSON, Kind to time
);

-- One row is one secret of a Connection, sealed by the Vault and bound to the address that it is sent to.
CREATE TABLE secrets (
    connection TEXT   NOT NULL REFERENCES connections (name) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    sealed     TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    set_at     BIGINT NOT NULL,
    PRIMARY KEY (connection, name)
);

-- One row is one Flow as applied, and where it stands.
CREATE TABLE flows (
    name          TEXT   NOT NULL PRIMARY KEY,
    shipped       TEXT   NOT NULL, -- `use:`
    kind          TEXT   NOT NULL,
    source        TEXT   NOT NULL REFERENCES connections (name),
    target        TEXT   NOT NULL REFERENCES connections (name),
    position      BIGINT NOT NULL,
    schedule      TEXT   NOT NULL,
    condition     TEXT   NOT NULL, -- `where:`
    drift         TEXT   NOT NULL,
    withdraw      TEXT   NOT NULL,
    max_changes   BIGINT NOT NULL,
    starts_at     BIGINT NOT NULL,
    retry_held    BIGINT NOT NULL,
    track         TEXT   NOT NULL,
    acknowledge   TEXT   NOT NULL,
    deep          TEXT   NOT NULL,
    enabled       BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    mapping       TEXT   NOT NULL,
    pause         TEXT   NOT NULL, -- JSON, '' = not paused
    applied_at    BIGINT NOT NULL,
    cursor_at     BIGINT NOT NULL,
    next_run_at   BIGINT NOT NULL,
    next_track_at BIGINT NOT NULL,
    partitions    BIGINT NOT NULL DEFAULT 1, -- that its Deliveries are spread over
    wanted        BIGINT NOT NULL DEFAULT 1, -- as many it shall have, once nobody works on the present ones
    CHECK (source <> target)
);

-- One row is one Crosswalk: the two Systems whose values it joins.
CREATE TABLE crosswalks (
    name         TEXT NOT NULL PRIMARY KEY,
    left_system  TEXT NOT NULL, -- the one whose name sorts first
    right_system TEXT NOT NULL,
    CHECK (left_system < right_system)
);

-- One row is one pair of values of a Crosswalk; of several rows for a value the one with the smallest ord counts.
CREATE TABLE crosswalk_rows (
    name        TEXT   NOT NULL REFERENCES crosswalks (name),
    ord         BIGINT NOT NULL,
    left_value  TEXT   NOT NULL, -- of left_system
    right_value TEXT   NOT NULL,
    note        TEXT   NOT NULL,
    source      TEXT   NOT NULL CHECK (source IN ('file', 'person')),
    PRIMARY KEY (name, left_value, right_value),
    UNIQUE (name, ord)
) /* clustered */;

-- One row is a pack of contents that one transaction kept together: Documents, or headers and bodies of Exchanges. A content is
-- named by a number: the row's id × 64, and its place in the pack. A Document that was kept lately is not kept twice.
CREATE TABLE bodies (
    id      BIGINT NOT NULL PRIMARY KEY,
    purpose TEXT   NOT NULL CHECK (purpose IN ('d', 'x')), -- Document, Exchange
    kept_at BIGINT NOT NULL,
    size    BIGINT NOT NULL, -- of the raw text: each content behind its length
    codec   TEXT   NOT NULL CHECK (codec IN ('r', 'z')),   -- raw, zstd
    bytes   BYTEA  NOT NULL
);

-- One row is one business object of a Connection, as it was last read. Version 0 is one that was never read, only linked.
CREATE TABLE records (
    id          BIGINT NOT NULL PRIMARY KEY,
    connection  TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    ext_id      TEXT   NOT NULL CHECK (ext_id <> ''),
    title       TEXT   NOT NULL,
    name_key    TEXT   NOT NULL,
    standing    TEXT   NOT NULL CHECK (standing IN ('', 'usable', 'pending', 'refused')),
    stamp       TEXT   NOT NULL,
    version     BIGINT NOT NULL CHECK (version >= 0),
    hash        BYTEA  NOT NULL, -- of the last Version's Document, empty when it could not be read
    document    BIGINT NOT NULL, -- its content
    mirror_hash BYTEA  NOT NULL,
    mirror      BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    UNIQUE (ext_id, connection, kind) -- the selective column first: PostgreSQL also finds it without statistics
);
CREATE INDEX records_by_name ON records (name_key, connection, kind) WHERE name_key <> '';

-- One row is one number, besides the ID, that people know a Record by.
CREATE TABLE record_numbers (
    number     TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    connection TEXT   NOT NULL,
    record     BIGINT NOT NULL REFERENCES records (id),
    PRIMARY KEY (record, number)
) /* clustered */;
CREATE INDEX record_numbers_by_number ON record_numbers (number);

-- One row is one reference: a Record's content, as last read, names another Record of its Connection.
CREATE TABLE refs (
    record     BIGINT NOT NULL REFERENCES records (id),
    connection TEXT   NOT NULL,
    kind       TEXT   NOT NULL, -- of what is named
    value      TEXT   NOT NULL CHECK (value <> ''),
    is_number  BIGINT NOT NULL CHECK (is_number IN (0, 1)), -- value is a number that people know, else an ID
    PRIMARY KEY (record, kind, value, is_number)
) /* clustered */;
CREATE INDEX refs_by_value ON refs (value, kind, connection);

-- One row is one Version of a Record: the content that was read at one time.
CREATE TABLE versions (
    record   BIGINT NOT NULL REFERENCES records (id),
    n        BIGINT NOT NULL CHECK (n > 0),
    hash     BYTEA  NOT NULL, -- empty: it could not be read, and stamp tells the problem
    document BIGINT NOT NULL, -- its content
    stamp    TEXT   NOT NULL,
    seen_at  BIGINT NOT NULL,
    PRIMARY KEY (record, n)
) /* clustered */;

-- One row is one object known on two Connections; a is the one whose name has the smaller bytes. The two unique keys are I6: one Link a side and other Connection.
CREATE TABLE links (
    id           BIGINT NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    a_connection TEXT   NOT NULL,
    a_id         TEXT   NOT NULL,
    b_connection TEXT   NOT NULL,
    b_id         TEXT   NOT NULL,
    CHECK (a_connection <> b_connection),
    UNIQUE (a_id, kind, a_connection, b_connection),
    UNIQUE (b_id, kind, a_connection, b_connection)
);

-- One row is, for one Flow, the last state on which both sides of a Link agreed.
CREATE TABLE agreements (
    link           BIGINT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    flow           TEXT   NOT NULL,
    source_version BIGINT NOT NULL,
    target_version TEXT   NOT NULL,
    revision       TEXT   NOT NULL,
    fingerprint    BYTEA  NOT NULL,
    owned          BIGINT NOT NULL, -- content of the owned fields
    PRIMARY KEY (link, flow)
) /* clustered */;

-- One row is one cycle of one Flow. Its other counts are those of its Deliveries.
CREATE TABLE runs (
    id           BIGINT NOT NULL PRIMARY KEY,
    flow         TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    target       TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    cause        TEXT   NOT NULL CHECK (cause IN ('schedule', 'manual', 'dry_run')),
    window_from  BIGINT NOT NULL,
    window_to    BIGINT NOT NULL,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL,
    read_count   BIGINT NOT NULL CHECK (read_count >= same_count),
    same_count   BIGINT NOT NULL CHECK (same_count >= 0), -- known already: neither Version nor Delivery
    error        TEXT   NOT NULL
);
CREATE INDEX runs_by_flow ON runs (flow, id);

-- One row is the plan of one dry run: what it would have done, as JSON.
CREATE TABLE plans (
    run  BIGINT NOT NULL PRIMARY KEY REFERENCES runs (id),
    body BIGINT NOT NULL -- its content
);

-- One row is the duty to bring one Version to the target of one Flow.
CREATE TABLE deliveries (
    id         BIGINT NOT NULL PRIMARY KEY,
    flow       TEXT   NOT NULL,
    run        BIGINT NOT NULL REFERENCES runs (id),
    kind       TEXT   NOT NULL,
    record     BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    part       BIGINT NOT NULL,
    epoch      BIGINT NOT NULL DEFAULT 0, -- of the partition, when it was last sent or settled
    state      TEXT   NOT NULL CHECK (state IN ('waiting', 'blocked', 'sending', 'in_doubt', 'delivered', 'unchanged',
                                                'filtered', 'held', 'superseded', 'skipped')),
    attempts   BIGINT NOT NULL DEFAULT 0,
    failures   BIGINT NOT NULL DEFAULT 0,
    due_at     BIGINT NOT NULL, -- of waiting and in_doubt alone; in_doubt for a person: the end of time
    error_code TEXT   NOT NULL,
    error      TEXT   NOT NULL, -- JSON
    operation  TEXT   NOT NULL DEFAULT '',
    sent       BYTEA  NOT NULL DEFAULT '', -- hash of the last Document sent
    sent_body  BIGINT NOT NULL DEFAULT 0,
    sent_at    BIGINT NOT NULL DEFAULT 0,
    looks      BIGINT NOT NULL DEFAULT 0,
    looked_at  BIGINT NOT NULL DEFAULT 0,
    chosen     TEXT   NOT NULL DEFAULT '', -- JSON: numbers that we chose
    forced     BIGINT NOT NULL DEFAULT 0 CHECK (forced IN (0, 1)),
    doubted    BIGINT NOT NULL DEFAULT 0 CHECK (doubted IN (0, 1)), -- it was in doubt at some time
    target     TEXT   NOT NULL DEFAULT '',
    target_id  TEXT   NOT NULL DEFAULT '',
    blocked_on TEXT   NOT NULL DEFAULT '', -- JSON
    stage      TEXT   NOT NULL DEFAULT '',
    life       TEXT   NOT NULL DEFAULT '', -- JSON
    healed     BIGINT NOT NULL DEFAULT 0,
    lost       BIGINT NOT NULL DEFAULT 0, -- times that what the target had accepted was nowhere, and a person had it sent again
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (record, flow, version),
    FOREIGN KEY (record, version) REFERENCES versions (record, n),
    CHECK ((state IN ('waiting', 'in_doubt')) = (due_at > 0)),
    CHECK (state <> 'sending' OR attempts > 0),
    CHECK (state NOT IN ('held', 'in_doubt') OR error_code <> ''),
    CHECK ((error_code = '') = (error = ''))
);
CREATE INDEX deliveries_due ON deliveries (flow, part, due_at, id) WHERE due_at > 0;
CREATE INDEX deliveries_sending ON deliveries (flow, part) WHERE state = 'sending';
CREATE INDEX deliveries_stuck ON deliveries (state, flow, id) WHERE state IN ('held', 'blocked', 'in_doubt');
CREATE INDEX deliveries_living ON deliveries (flow, id) WHERE stage NOT IN ('', 'paid');
CREATE INDEX deliveries_by_run ON deliveries (run);

-- One row is one thing that a blocked or held Delivery names, and that releases it. Kind 'crosswalk': the Crosswalk's name
-- and the value.
CREATE TABLE waits (
    delivery   BIGINT NOT NULL REFERENCES deliveries (id),
    connection TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    ext_id     TEXT   NOT NULL,
    PRIMARY KEY (delivery, kind, connection, ext_id)
) /* clustered */;
CREATE INDEX waits_by_name ON waits (ext_id, kind, connection);
CREATE INDEX waits_by_kind ON waits (kind);

-- One row is a key at a target Connection that one Record of one Flow has the sole right to.
CREATE TABLE natural_keys (
    connection TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    flow       TEXT   NOT NULL,
    record     BIGINT NOT NULL REFERENCES records (id),
    delivery   BIGINT NOT NULL,
    PRIMARY KEY (value, connection, kind)
) /* clustered */;
CREATE INDEX natural_keys_by_record ON natural_keys (record);

-- One row is one partition of a Flow: who works on it, and since which epoch.
CREATE TABLE partitions (
    flow    TEXT   NOT NULL,
    n       BIGINT NOT NULL,
    epoch   BIGINT NOT NULL,
    owner   TEXT   NOT NULL,
    beat_at BIGINT NOT NULL,
    PRIMARY KEY (flow, n)
) /* clustered */;

-- One row is how the calls of one Connection fare, as far as every process that makes some must know it.
CREATE TABLE health (
    connection  TEXT   NOT NULL PRIMARY KEY REFERENCES connections (name) ON DELETE CASCADE,
    change      BIGINT NOT NULL, -- counts the changes of this row
    failures    BIGINT NOT NULL, -- answers in a row that did not come
    down_until  BIGINT NOT NULL,
    asked_until BIGINT NOT NULL, -- the System asked us to wait until then
    well_at     BIGINT NOT NULL  -- of the answer that ended the last row of failures
);

-- One row is how many calls of one Connection one process may make at once.
CREATE TABLE shares (
    connection TEXT   NOT NULL REFERENCES connections (name) ON DELETE CASCADE,
    owner      TEXT   NOT NULL,
    granted    BIGINT NOT NULL,
    wanted     BIGINT NOT NULL,
    beat_at    BIGINT NOT NULL,
    PRIMARY KEY (connection, owner)
) /* clustered */;

-- One row is one process that works here, where several share the database.
CREATE TABLE processes (
    owner   TEXT   NOT NULL PRIMARY KEY,
    beat_at BIGINT NOT NULL
) /* clustered */;

-- One row is one HTTP request and answer with a System, masked.
CREATE TABLE exchanges (
    id         TEXT   NOT NULL PRIMARY KEY,
    connection TEXT   NOT NULL,
    op         TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    url        TEXT   NOT NULL,
    status     BIGINT NOT NULL, -- 0 = no answer
    content    BIGINT NOT NULL, -- headers and bodies, 0 = none
    started_at BIGINT NOT NULL,
    took       BIGINT NOT NULL, -- microseconds
    failure    TEXT   NOT NULL,
    run        BIGINT NOT NULL,
    delivery   BIGINT NOT NULL
);
CREATE INDEX exchanges_by_delivery ON exchanges (delivery) WHERE delivery > 0;
CREATE INDEX exchanges_by_run ON exchanges (run) WHERE run > 0 AND delivery = 0;

-- One row is one line of the ledger; never changed, never removed.
CREATE TABLE entries (
    number   BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    action   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    run      BIGINT NOT NULL,
    delivery BIGINT NOT NULL,
    exchange TEXT   NOT NULL,
    details  TEXT   NOT NULL, -- JSON
    hash     BYTEA  NOT NULL
);
-- Of a Delivery's Entries, record and Run are found through the Delivery.
CREATE INDEX entries_by_delivery ON entries (delivery, number) WHERE delivery > 0;
CREATE INDEX entries_by_subject ON entries (subject, number) WHERE delivery = 0;
CREATE INDEX entries_by_run ON entries (run, number) WHERE run > 0 AND delivery = 0;

-- The one row is the end of the ledger: the last Entry's number and hash.
CREATE TABLE head (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    hash   TEXT   NOT NULL
);
INSERT INTO head (id, number, hash) VALUES (1, 0, '');

-- One row is one request of a command to the running engine: run these Flows now.
CREATE TABLE run_requests (
    id           BIGINT NOT NULL PRIMARY KEY,
    flows        TEXT   NOT NULL, -- JSON
    since        BIGINT NOT NULL,
    until        BIGINT NOT NULL,
    wait         BIGINT NOT NULL, -- microseconds
    actor        TEXT   NOT NULL,
    requested_at BIGINT NOT NULL,
    taken_at     BIGINT NOT NULL,
    done_at      BIGINT NOT NULL,
    runs         TEXT   NOT NULL, -- JSON: IDs
    timed_out    BIGINT NOT NULL CHECK (timed_out IN (0, 1)),
    error        TEXT   NOT NULL  -- JSON
);
CREATE INDEX run_requests_open ON run_requests (id) WHERE taken_at = 0;
