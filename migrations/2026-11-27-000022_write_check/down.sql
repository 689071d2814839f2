DELETE FROM sequences WHERE name = 'write_check';
