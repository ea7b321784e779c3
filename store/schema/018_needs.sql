-- +goose Up

-- What needs a person is counted on each page.
CREATE INDEX deliveries_needs ON deliveries (state, flow, error_code, due_at, updated_at) WHERE state IN ('held', 'blocked', 'in_doubt');
