DROP INDEX sessions_by_actual_end;
CREATE INDEX sessions_by_end ON sessions (ends_at);
