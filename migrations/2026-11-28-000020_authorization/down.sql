DROP TABLE logout_notices;
DROP TABLE consents;
DROP TABLE authorization_codes;
DROP INDEX sessions_of_client;
DROP INDEX sessions_of_browser;
ALTER TABLE sessions DROP COLUMN granted;
ALTER TABLE sessions DROP COLUMN client_id;
ALTER TABLE sessions DROP COLUMN browser_id;
