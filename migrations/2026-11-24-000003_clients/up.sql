-- Services that get tokens of their own (RFC 6749, section 4.4).
CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the secret, which has 256 random bits of its own.
    secret_hash TEXT NOT NULL,
    -- The previous secret is valid until then, so that a rotation does not interrupt clients.
    previous_secret_hash TEXT,
    previous_until BIGINT,
    -- Space-separated names.
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- When it last got a token; NULL for one that never has.
    last_used_at BIGINT
);
