-- Changes may be deleted. Whoever has read the data up to a revision before the last one of them does not find all that
-- has changed since, and has to know that.

ALTER TABLE revision ADD COLUMN pruned BIGINT NOT NULL DEFAULT 0;

CREATE FUNCTION note_pruned() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    last BIGINT := (SELECT max(gone.revision) FROM gone);
BEGIN
    UPDATE revision SET pruned = last WHERE pruned < last;
    RETURN NULL;
END $$;

CREATE TRIGGER queue_up BEFORE DELETE ON changes FOR EACH STATEMENT EXECUTE FUNCTION queue_up();
CREATE TRIGGER note_pruned AFTER DELETE ON changes REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION note_pruned();

-- What is noted by machines, and is deleted once no reader needs it any more.
CREATE INDEX changes_by_machines ON changes (at, id) WHERE table_name = 'clients' AND who IN ('verto', 'page', 'switch');
