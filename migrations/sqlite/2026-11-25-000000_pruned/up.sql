-- Changes may be deleted. Whoever has read the data up to a revision before the last one of them does not find all that
-- has changed since, and has to know that.

ALTER TABLE revision ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER changes_deleted AFTER DELETE ON changes BEGIN
    UPDATE revision SET pruned = OLD.revision WHERE pruned < OLD.revision;
END;

-- What is noted by machines, and is deleted once no reader needs it any more.
CREATE INDEX changes_by_machines ON changes (at) WHERE table_name = 'clients' AND who IN ('verto', 'page', 'switch');
