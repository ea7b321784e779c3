-- +goose Up

-- How much of what it keeps in step a Run of the Flow may change, in percent (0 = no limit), and how much money in one currency
-- it may write, a decimal ('' = no limit).
ALTER TABLE flows ADD COLUMN max_share BIGINT NOT NULL DEFAULT 0 CHECK (max_share BETWEEN 0 AND 100);
ALTER TABLE flows ADD COLUMN max_money TEXT NOT NULL DEFAULT '';

-- One row is what a Run was measured by: the money of one currency that it has written since its Flow was last let go on, or, where
-- the currency is '', the number of objects that the Flow kept in step when it was counted first.
CREATE TABLE run_sums (
    run      BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    currency TEXT   NOT NULL,
    amount   TEXT   NOT NULL, -- a decimal
    since    BIGINT NOT NULL, -- when the Flow was let go on; 0 = never
    PRIMARY KEY (run, currency)
) /* clustered */;
