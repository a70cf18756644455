DROP INDEX changes_by_machines;
DROP TRIGGER note_pruned ON changes;
DROP TRIGGER queue_up ON changes;
DROP FUNCTION note_pruned();
ALTER TABLE revision DROP COLUMN pruned;
