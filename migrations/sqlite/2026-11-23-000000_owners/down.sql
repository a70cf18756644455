DROP TRIGGER domain_aliases_inserted;
DROP TRIGGER domain_aliases_updated;
DROP TRIGGER domain_aliases_deleted;
CREATE TRIGGER domain_aliases_inserted AFTER INSERT ON domain_aliases BEGIN
    INSERT INTO noted VALUES ('domain_aliases', NEW.id,
        NEW.name, 'insert');
END;
CREATE TRIGGER domain_aliases_updated AFTER UPDATE ON domain_aliases BEGIN
    UPDATE domain_aliases SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('domain_aliases', NEW.id,
        NEW.name, 'update');
END;
CREATE TRIGGER domain_aliases_deleted AFTER DELETE ON domain_aliases BEGIN
    INSERT INTO noted VALUES ('domain_aliases', OLD.id,
        OLD.name, 'delete');
END;

DROP TRIGGER group_members_inserted;
DROP TRIGGER group_members_updated;
DROP TRIGGER group_members_deleted;
CREATE TRIGGER group_members_inserted AFTER INSERT ON group_members BEGIN
    INSERT INTO noted VALUES ('group_members', NEW.id,
        coalesce((SELECT name FROM groups WHERE id = NEW.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = NEW.user_id), ''), 'insert');
END;
CREATE TRIGGER group_members_updated AFTER UPDATE ON group_members BEGIN
    UPDATE group_members SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('group_members', NEW.id,
        coalesce((SELECT name FROM groups WHERE id = NEW.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = NEW.user_id), ''), 'update');
END;
CREATE TRIGGER group_members_deleted AFTER DELETE ON group_members BEGIN
    INSERT INTO noted VALUES ('group_members', OLD.id,
        coalesce((SELECT name FROM groups WHERE id = OLD.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = OLD.user_id), ''), 'delete');
END;

DROP TRIGGER gateways_inserted;
DROP TRIGGER gateways_updated;
DROP TRIGGER gateways_deleted;
CREATE TRIGGER gateways_inserted AFTER INSERT ON gateways BEGIN
    INSERT INTO noted VALUES ('gateways', NEW.id,
        NEW.name, 'insert');
END;
CREATE TRIGGER gateways_updated AFTER UPDATE ON gateways BEGIN
    UPDATE gateways SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('gateways', NEW.id,
        NEW.name, 'update');
END;
CREATE TRIGGER gateways_deleted AFTER DELETE ON gateways BEGIN
    INSERT INTO noted VALUES ('gateways', OLD.id,
        OLD.name, 'delete');
END;

DROP TRIGGER phrases_inserted;
DROP TRIGGER phrases_updated;
DROP TRIGGER phrases_deleted;
CREATE TRIGGER phrases_inserted AFTER INSERT ON phrases BEGIN
    INSERT INTO noted VALUES ('phrases', NEW.id,
        coalesce((SELECT name FROM languages WHERE id = NEW.language_id), '') || '/' || NEW.name, 'insert');
END;
CREATE TRIGGER phrases_updated AFTER UPDATE ON phrases BEGIN
    UPDATE phrases SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('phrases', NEW.id,
        coalesce((SELECT name FROM languages WHERE id = NEW.language_id), '') || '/' || NEW.name, 'update');
END;
CREATE TRIGGER phrases_deleted AFTER DELETE ON phrases BEGIN
    INSERT INTO noted VALUES ('phrases', OLD.id,
        coalesce((SELECT name FROM languages WHERE id = OLD.language_id), '') || '/' || OLD.name, 'delete');
END;

DROP TRIGGER noted_parts_inserted;
DROP VIEW noted_parts;
ALTER TABLE changes DROP COLUMN owner_table;
ALTER TABLE changes DROP COLUMN owner_id;
