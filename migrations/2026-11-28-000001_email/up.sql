-- The user's e-mail address as an import had it, unverified; NULL if none is known.
ALTER TABLE users ADD COLUMN email TEXT;
