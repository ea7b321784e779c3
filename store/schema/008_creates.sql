-- +goose Up

-- How many objects a Run may create at the target; 0 = no limit.
ALTER TABLE flows ADD COLUMN max_creates BIGINT NOT NULL DEFAULT 0;
