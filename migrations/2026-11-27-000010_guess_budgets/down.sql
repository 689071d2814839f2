ALTER TABLE sessions DROP COLUMN tokens_full_at;
DROP TABLE guess_budgets;
