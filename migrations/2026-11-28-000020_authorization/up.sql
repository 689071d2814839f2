-- Sessions in a browser, and those of applications beneath them. All of it is NULL for a login at /login.
-- The browser session that a session belongs to: its own id for the browser session itself.
ALTER TABLE sessions ADD COLUMN browser_id TEXT;
-- The client that the tokens were issued to,
ALTER TABLE sessions ADD COLUMN client_id TEXT;
-- and what for: the scope, space-separated, and on a line of its own the audience, where it is not the default one.
ALTER TABLE sessions ADD COLUMN granted TEXT;
CREATE INDEX sessions_of_browser ON sessions (browser_id) WHERE browser_id IS NOT NULL;
CREATE INDEX sessions_of_client ON sessions (client_id) WHERE client_id IS NOT NULL;

-- Authorization codes (RFC 6749, section 4.1), from the user's consent until a while after their end.
CREATE TABLE authorization_codes (
    -- SHA-256 of the code, which has 256 random bits of its own.
    code_hash TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    browser_id TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    scope TEXT NOT NULL,
    audience TEXT,
    nonce TEXT,
    -- S256 (RFC 7636).
    challenge TEXT,
    expires_at BIGINT NOT NULL,
    -- The session that the code was exchanged for; NULL until then.
    session_id TEXT
);
CREATE INDEX authorization_codes_by_end ON authorization_codes (expires_at);

-- Which scopes users have granted to clients.
CREATE TABLE consents (
    user_id BIGINT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX consents_by_end ON consents (expires_at);

-- Clients that have yet to learn that a browser session has ended (OpenID Connect Back-Channel Logout 1.0).
CREATE TABLE logout_notices (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    browser_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- When the next attempt is due; a node that makes it moves this on first.
    due_at BIGINT NOT NULL
);
CREATE INDEX logout_notices_by_time ON logout_notices (due_at);
