-- +goose Up

-- One row is the access token that all processes share for a Connection, and whose turn it is to ask for another one.
CREATE TABLE tokens (
    connection TEXT   NOT NULL REFERENCES connections (name) ON DELETE CASCADE,
    sealed     TEXT   NOT NULL, -- as the Vault sealed it; '' = none yet
    holder     TEXT   NOT NULL, -- who asks now; '' = nobody
    held_until BIGINT NOT NULL, -- when the turn of one that is gone ends
    PRIMARY KEY (connection)
);
