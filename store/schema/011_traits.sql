-- +goose Up

-- What tells a Record apart, as JSON, so that it can be compared with those of other Systems; '' = nothing is known.
ALTER TABLE records ADD COLUMN traits TEXT NOT NULL DEFAULT '';

-- One row is one key that a Record shares with those that may be the same.
CREATE TABLE trait_keys (
    record     BIGINT NOT NULL REFERENCES records (id),
    value      TEXT   NOT NULL,
    connection TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    PRIMARY KEY (record, value)
) /* clustered */;
CREATE INDEX trait_keys_by_value ON trait_keys (value, connection, kind);

-- One row is two Records of which a person said that they are not the same; a is the one whose Connection's name has the smaller bytes.
CREATE TABLE apart (
    kind         TEXT   NOT NULL,
    a_connection TEXT   NOT NULL,
    a_id         TEXT   NOT NULL,
    b_connection TEXT   NOT NULL,
    b_id         TEXT   NOT NULL,
    said_by      TEXT   NOT NULL,
    said_at      BIGINT NOT NULL,
    CHECK (a_connection <> b_connection),
    PRIMARY KEY (a_id, b_id, kind, a_connection, b_connection)
) /* clustered */;
CREATE INDEX apart_by_b ON apart (b_id, kind);
