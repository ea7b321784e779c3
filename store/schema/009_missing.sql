-- +goose Up

-- A held Delivery without a stage whose record a list named and its source did not have has a follow_at too: when it is looked
-- for again by itself.
CREATE INDEX deliveries_missing ON deliveries (follow_at) WHERE follow_at > 0 AND stage = '' AND state = 'held';
