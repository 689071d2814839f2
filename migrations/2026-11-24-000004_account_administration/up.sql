-- Since when the user may not log in; NULL for those who may.
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
-- NULL for those who never have.
ALTER TABLE users ADD COLUMN last_login_at BIGINT;

-- Single-use password reset tokens.
CREATE TABLE password_resets (
    -- SHA-256 of the token, which has 256 random bits of its own.
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_resets_of_user ON password_resets (user_id);
