DROP TABLE access_tokens;
DROP TABLE status_lists;
DELETE FROM sequences WHERE name = 'status_lists';
