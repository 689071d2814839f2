-- The row by which nodes see whether the database commits.
INSERT INTO sequences (name, last) VALUES ('write_check', 0);
