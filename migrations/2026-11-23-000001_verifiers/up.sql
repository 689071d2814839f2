-- Which verifier holds which key set, for a short while.
CREATE TABLE verifiers (
    instance TEXT NOT NULL PRIMARY KEY,
    -- The entity tag of the key set that it said it holds; empty if none.
    etag TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);
