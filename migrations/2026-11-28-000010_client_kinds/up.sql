-- What a client is: web, browser, native or service. NULL in rows of earlier releases, which are services. Public clients
-- (browser, native) have an empty secret_hash, which no secret has.
ALTER TABLE clients ADD COLUMN kind TEXT;
-- Space-separated URIs, compared as strings; NULL for none.
ALTER TABLE clients ADD COLUMN redirect_uris TEXT;
ALTER TABLE clients ADD COLUMN post_logout_uris TEXT;
-- Space-separated origins whose pages may read responses (CORS); NULL for none.
ALTER TABLE clients ADD COLUMN origins TEXT;
ALTER TABLE clients ADD COLUMN backchannel_logout_uri TEXT;
-- 1: no consent is asked for. NULL: 0.
ALTER TABLE clients ADD COLUMN first_party BIGINT;
-- 0: an authorization request may lack a code challenge. NULL: 1.
ALTER TABLE clients ADD COLUMN requires_pkce BIGINT;
