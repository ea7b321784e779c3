-- +goose Up

-- One row is how both sides of a Flow stood to each other when somebody looked.
CREATE TABLE reconciliations (
    id    BIGINT NOT NULL PRIMARY KEY,
    flow  TEXT   NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    actor TEXT   NOT NULL,
    at    BIGINT NOT NULL,
    body  BIGINT NOT NULL -- its content: the caller's JSON
);
