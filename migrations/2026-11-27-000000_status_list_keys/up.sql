-- The key that signs the status lists while this one signs tokens: PKCS #8, sealed under the master key. NULL in rows of
-- earlier releases; a node that finds one fills it in.
ALTER TABLE signing_keys ADD COLUMN sealed_list_key TEXT;
