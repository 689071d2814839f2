-- The login page or consent page that a code was issued for: it is good for one. NULL for codes that an earlier release issued.
ALTER TABLE authorization_codes ADD COLUMN interaction_id TEXT;
CREATE INDEX authorization_codes_of_interaction ON authorization_codes (interaction_id) WHERE interaction_id IS NOT NULL;

-- The sweep looks for later sessions of the same application in the same browser.
CREATE INDEX sessions_of_application ON sessions (browser_id, client_id) WHERE browser_id IS NOT NULL;
DROP INDEX sessions_of_browser;
