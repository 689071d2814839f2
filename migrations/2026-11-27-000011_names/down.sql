DROP TABLE deleted_usernames;
DROP INDEX users_by_skeleton;
ALTER TABLE users DROP COLUMN username_skeleton;
