ALTER TABLE clients DROP COLUMN requires_pkce;
ALTER TABLE clients DROP COLUMN first_party;
ALTER TABLE clients DROP COLUMN backchannel_logout_uri;
ALTER TABLE clients DROP COLUMN origins;
ALTER TABLE clients DROP COLUMN post_logout_uris;
ALTER TABLE clients DROP COLUMN redirect_uris;
ALTER TABLE clients DROP COLUMN kind;
