-- +goose Up

-- One row is one dry run that was saved under a name, to be approved and carried out as it stands.
CREATE TABLE saved_plans (
    name        TEXT   NOT NULL PRIMARY KEY CHECK (name <> ''),
    flows       TEXT   NOT NULL, -- JSON
    since       BIGINT NOT NULL,
    until       BIGINT NOT NULL,
    deep        BIGINT NOT NULL CHECK (deep IN (0, 1)),
    made_by     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    approved_by TEXT   NOT NULL, -- '' = not yet
    approved_at BIGINT NOT NULL,
    begun_at    BIGINT NOT NULL, -- 0 = nothing of it was carried out
    ended_at    BIGINT NOT NULL
) /* clustered */;

-- One row is what a saved plan says of one record.
CREATE TABLE saved_plan_rows (
    record    TEXT   NOT NULL, -- the source's ID
    flow      TEXT   NOT NULL,
    plan      TEXT   NOT NULL REFERENCES saved_plans (name) ON DELETE CASCADE,
    n         BIGINT NOT NULL, -- its place in the plan
    operation TEXT   NOT NULL,
    body      TEXT   NOT NULL, -- JSON of the caller's
    PRIMARY KEY (record, flow, plan)
) /* clustered */;

-- One row is a Flow whose writes a plan bounds now: what it does not name is not written.
CREATE TABLE bounded_flows (
    flow TEXT NOT NULL PRIMARY KEY,
    plan TEXT NOT NULL REFERENCES saved_plans (name) ON DELETE CASCADE
) /* clustered */;

-- The plan that is to be carried out, '' = none.
ALTER TABLE run_requests ADD COLUMN plan TEXT NOT NULL DEFAULT '';
