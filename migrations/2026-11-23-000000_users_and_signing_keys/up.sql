-- Numbers handed out one by one. SQLite and PostgreSQL have no identity column in common, and a user's number
-- must not come back after the user is deleted.
CREATE TABLE sequences (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO sequences (name, last) VALUES ('users', 0);

CREATE TABLE users (
    id BIGINT NOT NULL PRIMARY KEY,
    -- As registered.
    username TEXT NOT NULL,
    -- Case-folded and normalised: what names are compared by.
    username_key TEXT NOT NULL UNIQUE,
    -- A PHC string.
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    -- RFC 7638 thumbprint.
    kid TEXT NOT NULL PRIMARY KEY,
    -- PKCS #8, sealed under the master key.
    sealed_private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Signs from here on,
    active_from BIGINT NOT NULL,
    -- until here, if a successor is known,
    retire_at BIGINT,
    -- and is published until here.
    forget_at BIGINT
);
