-- +goose Up

-- When the life of a paid one is looked at next, since a payment may be voided; 0 = no more.
ALTER TABLE deliveries ADD COLUMN follow_at BIGINT NOT NULL DEFAULT 0;
UPDATE deliveries SET follow_at = updated_at WHERE stage = 'paid';
CREATE INDEX deliveries_paid ON deliveries (flow, id) WHERE follow_at > 0;

-- One row is what the source was told of what became of one delivered object.
CREATE TABLE told (
    delivery BIGINT NOT NULL PRIMARY KEY REFERENCES deliveries (id),
    told     TEXT   NOT NULL -- JSON
);
