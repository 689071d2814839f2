-- When a session ended or will end, for the sweep: with ends_at alone it had to read all live sessions to find the idle ones.
CREATE INDEX sessions_by_actual_end ON sessions
    (coalesce(revoked_at, CASE WHEN idle_ends_at < ends_at THEN idle_ends_at ELSE ends_at END));
-- Last: nothing can read or write the table from here on until the commit.
DROP INDEX sessions_by_end;
