DROP TABLE audit_log;
DELETE FROM sequences WHERE name = 'audit_log';
