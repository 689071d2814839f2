-- Status lists, from which verifiers learn which access tokens have been revoked.
CREATE TABLE status_lists (
    id BIGINT NOT NULL PRIMARY KEY,
    -- Tokens may get entries from here on; they do once the lists before it are full or closed.
    opens_at BIGINT NOT NULL,
    -- Entries below this index have been reserved by nodes, which assign them to tokens.
    lent BIGINT NOT NULL,
    -- When the last token that may have an entry has expired.
    ends_at BIGINT NOT NULL,
    -- Grows with each change of an entry.
    version BIGINT NOT NULL,
    -- When it was last changed or confirmed; never goes back.
    changed_at BIGINT NOT NULL
);
INSERT INTO sequences (name, last) VALUES ('status_lists', 0);

-- One row for each access token: its entry, and what it was issued for.
CREATE TABLE access_tokens (
    list_id BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    session_id TEXT,
    client_id TEXT,
    expires_at BIGINT NOT NULL,
    -- 0 valid, 1 revoked, 3 claims stale.
    status BIGINT NOT NULL,
    PRIMARY KEY (list_id, idx)
);
CREATE INDEX access_tokens_of_session ON access_tokens (session_id);
CREATE INDEX access_tokens_of_client ON access_tokens (client_id);
-- What a list is built from.
CREATE INDEX access_tokens_not_valid ON access_tokens (list_id, idx, status) WHERE status <> 0;
