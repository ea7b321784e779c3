-- +goose Up

-- One row is one Record of which a person said that it was merged into another one of its Connection.
CREATE TABLE merged (
    connection TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    ext_id     TEXT   NOT NULL, -- of the one that is no more
    kept_id    TEXT   NOT NULL, -- of the one that is left
    moved      TEXT   NOT NULL, -- JSON: the Records whose Link went over from the one to the other
    said_by    TEXT   NOT NULL,
    said_at    BIGINT NOT NULL,
    CHECK (ext_id <> kept_id),
    PRIMARY KEY (ext_id, kind, connection)
) /* clustered */;
CREATE INDEX merged_by_kept ON merged (kept_id, kind, connection);

-- Whether one of its sides was merged into another Record: what names the other side then goes by the one that is left.
ALTER TABLE links ADD COLUMN merged BIGINT NOT NULL DEFAULT 0 CHECK (merged IN (0, 1));
