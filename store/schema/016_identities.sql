-- +goose Up

-- One row says who somebody is at an identity provider, where they sign on.
CREATE TABLE identities (
    issuer  TEXT   NOT NULL,
    subject TEXT   NOT NULL, -- which the issuer never gives to somebody else
    person  TEXT   NOT NULL UNIQUE REFERENCES people (name) ON DELETE CASCADE,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
) /* clustered */;
