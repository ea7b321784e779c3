-- +goose Up

-- One row is what a person sees to: a Record on the way of one Flow, whichever its Version.
CREATE TABLE assignments (
    record  BIGINT NOT NULL REFERENCES records (id),
    flow    TEXT   NOT NULL,
    person  TEXT   NOT NULL CHECK (person <> ''),
    said_by TEXT   NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (record, flow)
) /* clustered */;
CREATE INDEX assignments_by_person ON assignments (person, record, flow);

-- One row is what a person noted of a Record on the way of one Flow; never changed.
CREATE TABLE notes (
    id      BIGINT NOT NULL PRIMARY KEY,
    record  BIGINT NOT NULL REFERENCES records (id),
    flow    TEXT   NOT NULL,
    text    TEXT   NOT NULL CHECK (text <> ''),
    said_by TEXT   NOT NULL,
    said_at BIGINT NOT NULL
);
CREATE INDEX notes_by_record ON notes (record, flow, id);
