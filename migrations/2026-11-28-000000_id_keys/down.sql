ALTER TABLE signing_keys DROP COLUMN sealed_id_key;
