DROP INDEX sessions_of_user;
CREATE INDEX sessions_of_user ON sessions (user_id);
