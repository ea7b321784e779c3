-- +goose Up

-- When the last days are read again next, whatever the stamps say; 0 = not decided yet.
ALTER TABLE flows ADD COLUMN next_deep_at BIGINT NOT NULL DEFAULT 0;

-- Whether it asks for that.
ALTER TABLE run_requests ADD COLUMN deep BIGINT NOT NULL DEFAULT 0 CHECK (deep IN (0, 1));
