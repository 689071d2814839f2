-- The sessions of a user that have not been ended, by their last use: a login finds those beyond the limit, and the networks they
-- come from, without reading the ended ones.
DROP INDEX sessions_of_user;
CREATE INDEX sessions_of_user ON sessions (user_id, revoked_at, last_used_at, id);
