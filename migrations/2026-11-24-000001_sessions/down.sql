DROP TABLE sessions;
DROP TABLE secrets;
