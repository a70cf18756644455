DO $$
DECLARE
    tracked TEXT;
BEGIN
    FOR tracked IN
        SELECT event_object_table FROM information_schema.triggers
        WHERE trigger_name = 'touch' AND event_object_schema = current_schema()
    LOOP
        EXECUTE format('DROP TRIGGER note_emptied ON %I', tracked);
        EXECUTE format('DROP TRIGGER note ON %I', tracked);
        EXECUTE format('DROP TRIGGER touch ON %I', tracked);
        EXECUTE format('DROP TRIGGER queue_up ON %I', tracked);
        EXECUTE format('DROP FUNCTION note_%s()', tracked);
    END LOOP;
END $$;
DROP FUNCTION track(TEXT, TEXT);
DROP FUNCTION note_emptied();
DROP FUNCTION note(TEXT, BIGINT, TEXT, TEXT);
DROP FUNCTION touch();
DROP FUNCTION queue_up();
DROP TABLE changes;
ALTER TABLE revision DROP COLUMN writer;
