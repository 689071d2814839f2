-- Security events: actor, action, subject, time and address.
CREATE TABLE audit_log (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    -- A username, a client's id, or nobody known.
    actor TEXT,
    action TEXT NOT NULL,
    -- The user, key or client concerned.
    subject TEXT,
    address TEXT,
    -- What else is to be known, in words.
    detail TEXT
);
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);
CREATE INDEX audit_log_by_subject ON audit_log (subject, id);
CREATE INDEX audit_log_by_action ON audit_log (action, id);
INSERT INTO sequences (name, last) VALUES ('audit_log', 0);
