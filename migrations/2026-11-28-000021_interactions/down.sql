DROP INDEX sessions_of_application;
CREATE INDEX sessions_of_browser ON sessions (browser_id) WHERE browser_id IS NOT NULL;
DROP INDEX authorization_codes_of_interaction;
ALTER TABLE authorization_codes DROP COLUMN interaction_id;
