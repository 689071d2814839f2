-- The sessions of a user that have not been ended, of which there are few: a login counts them.
CREATE INDEX sessions_not_ended_of_user ON sessions (user_id) WHERE revoked_at IS NULL;
