-- +goose Up

-- One row is one record that a System pushed and that is still to be read for that.
CREATE TABLE pushes (
    number     TEXT   NOT NULL CHECK (number <> ''), -- that people know the record by
    kind       TEXT   NOT NULL,
    connection TEXT   NOT NULL REFERENCES connections (name) ON DELETE CASCADE,
    exchange   TEXT   NOT NULL, -- of the last push that named it
    pushed     BIGINT NOT NULL, -- pushes so far that named it
    looks      BIGINT NOT NULL, -- reads that did not find it
    due_at     BIGINT NOT NULL,
    PRIMARY KEY (number, kind, connection)
) /* clustered */;
