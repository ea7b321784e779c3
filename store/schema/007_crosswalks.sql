-- +goose Up

-- First and last day on which a row counts, YYYY-MM-DD; '' = without end.
ALTER TABLE crosswalk_rows ADD COLUMN valid_from TEXT NOT NULL DEFAULT '';
ALTER TABLE crosswalk_rows ADD COLUMN valid_to TEXT NOT NULL DEFAULT '';

-- One row is one change of one row of a Crosswalk: the row as it was set, or as it was when it was removed.
CREATE TABLE crosswalk_changes (
    id          BIGINT NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    actor       TEXT   NOT NULL,
    action      TEXT   NOT NULL CHECK (action IN ('added', 'changed', 'moved', 'removed')),
    left_value  TEXT   NOT NULL,
    right_value TEXT   NOT NULL,
    note        TEXT   NOT NULL,
    valid_from  TEXT   NOT NULL,
    valid_to    TEXT   NOT NULL
);
CREATE INDEX crosswalk_changes_by_name ON crosswalk_changes (name, id);
