-- The key that signs ID tokens and logout tokens while this one signs access tokens: PKCS #8, sealed under the master key.
-- NULL in rows of earlier releases; a node that finds one fills it in.
ALTER TABLE signing_keys ADD COLUMN sealed_id_key TEXT;
