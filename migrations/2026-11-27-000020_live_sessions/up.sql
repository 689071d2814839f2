-- The sessions of a user that have not been ended, by their last use: a login finds those beyond the limit without reading rows.
CREATE INDEX sessions_not_ended_of_user ON sessions (user_id, last_used_at, id) WHERE revoked_at IS NULL;
