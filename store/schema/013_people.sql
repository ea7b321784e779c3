-- +goose Up

-- One row is one person who may log in, or could once: a name is never given to somebody else, so that the ledger stays true.
CREATE TABLE people (
    name     TEXT   NOT NULL PRIMARY KEY CHECK (name <> ''),
    state    TEXT   NOT NULL CHECK (state IN ('active', 'disabled', 'removed')),
    roles    TEXT   NOT NULL, -- with blanks between
    password TEXT   NOT NULL, -- its argon2id; '' = none yet
    made_by  TEXT   NOT NULL,
    made_at  BIGINT NOT NULL,
    seen_at  BIGINT NOT NULL  -- last log-in; 0 = never
) /* clustered */;

-- One row is one link by which somebody sets a password, once.
CREATE TABLE invitations (
    hash   TEXT   NOT NULL PRIMARY KEY, -- of the secret in the link, which is not kept
    person TEXT   NOT NULL,             -- '' = who becomes the first administrator
    until  BIGINT NOT NULL
) /* clustered */;

-- One row is one browser in which somebody is logged in.
CREATE TABLE sessions (
    hash    TEXT   NOT NULL PRIMARY KEY, -- of the secret in its cookie, which is not kept
    id      TEXT   NOT NULL UNIQUE,      -- by which people speak of it
    person  TEXT   NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    made_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    address TEXT   NOT NULL, -- from where it began
    agent   TEXT   NOT NULL  -- what the browser says of itself
) /* clustered */;

-- One row is a token with which a program asks.
CREATE TABLE api_tokens (
    name        TEXT   NOT NULL PRIMARY KEY CHECK (name <> ''),
    hash        TEXT   NOT NULL UNIQUE, -- of the token, which is not kept
    roles       TEXT   NOT NULL,        -- with blanks between
    permissions TEXT   NOT NULL,        -- beside those of the roles, with blanks between
    made_by     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL,
    until       BIGINT NOT NULL, -- 0 = for ever
    seen_at     BIGINT NOT NULL  -- last use; 0 = never
) /* clustered */;
