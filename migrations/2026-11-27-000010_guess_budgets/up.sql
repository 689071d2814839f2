-- How many guesses at a password are left. A row is deleted when its budget is full again.
CREATE TABLE guess_budgets (
    -- The user, or a negative number for a name that no user has.
    user_id BIGINT NOT NULL,
    -- From where: a known device, a network with a live session, or anywhere else.
    lane TEXT NOT NULL,
    -- When the budget is full again.
    full_at BIGINT NOT NULL,
    -- Wrong passwords since `since`.
    failures BIGINT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (user_id, lane)
);
CREATE INDEX guess_budgets_by_time ON guess_budgets (full_at);

-- When the session may have its full number of access tokens again; NULL as long as it has had none but the first.
ALTER TABLE sessions ADD COLUMN tokens_full_at BIGINT;
