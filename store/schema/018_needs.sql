-- +goose Up

-- What needs a person is counted on each page.
CREATE INDEX deliveries_needs ON deliveries (state, flow, error_code, due_at, updated_at) WHERE state IN ('held', 'blocked', 'in_doubt');

-- And listed, the newest first, whatever the Flow.
CREATE INDEX deliveries_stuck_newest ON deliveries (state, id) WHERE state IN ('held', 'blocked', 'in_doubt');
