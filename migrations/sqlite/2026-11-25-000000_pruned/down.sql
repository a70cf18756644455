DROP INDEX changes_by_machines;
DROP TRIGGER changes_deleted;
ALTER TABLE revision DROP COLUMN pruned;
