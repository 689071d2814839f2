-- What names that look alike have in common (UTS 39, section 4). NULL for users of earlier releases until the sweep has filled
-- it in.
ALTER TABLE users ADD COLUMN username_skeleton TEXT;
CREATE INDEX users_by_skeleton ON users (username_skeleton);

-- Names of deleted users. They are not given to anybody else: tokens, logs and other services' data name users by them.
CREATE TABLE deleted_usernames (
    username_key TEXT NOT NULL PRIMARY KEY,
    deleted_at BIGINT NOT NULL
);
