-- How often the password was changed or reset; NULL for never. Device tokens from before the last time are not valid.
ALTER TABLE users ADD COLUMN password_changes BIGINT;
