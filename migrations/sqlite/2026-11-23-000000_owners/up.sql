-- A change of a row that is part of something else says of what, so that whoever follows the changes reads only
-- that anew, also once the row is gone. One that gets another owner is told of both.

ALTER TABLE changes ADD COLUMN owner_table TEXT;
ALTER TABLE changes ADD COLUMN owner_id INTEGER;

-- What the triggers of such tables write into.
CREATE VIEW noted_parts AS SELECT table_name, row_id, key, did, owner_table, owner_id FROM changes;
CREATE TRIGGER noted_parts_inserted INSTEAD OF INSERT ON noted_parts BEGIN
    UPDATE revision SET value = value + 1 WHERE writer IS NULL;
    INSERT INTO changes (revision, table_name, row_id, key, did, who, owner_table, owner_id)
    SELECT value, NEW.table_name, NEW.row_id, NEW.key, NEW.did, coalesce(writer, 'sql'), NEW.owner_table, NEW.owner_id
    FROM revision;
END;

DROP TRIGGER domain_aliases_inserted;
DROP TRIGGER domain_aliases_updated;
DROP TRIGGER domain_aliases_deleted;
CREATE TRIGGER domain_aliases_inserted AFTER INSERT ON domain_aliases BEGIN
    INSERT INTO noted_parts VALUES ('domain_aliases', NEW.id,
        NEW.name,
        'insert', 'domains', NEW.domain_id);
END;
CREATE TRIGGER domain_aliases_updated AFTER UPDATE ON domain_aliases BEGIN
    UPDATE domain_aliases SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted_parts VALUES ('domain_aliases', NEW.id,
        NEW.name,
        'update', 'domains', NEW.domain_id);
    INSERT INTO noted_parts SELECT 'domain_aliases', NEW.id,
        NEW.name,
        'update', 'domains', OLD.domain_id
    WHERE OLD.domain_id <> NEW.domain_id;
END;
CREATE TRIGGER domain_aliases_deleted AFTER DELETE ON domain_aliases BEGIN
    INSERT INTO noted_parts VALUES ('domain_aliases', OLD.id,
        OLD.name,
        'delete', 'domains', OLD.domain_id);
END;

DROP TRIGGER group_members_inserted;
DROP TRIGGER group_members_updated;
DROP TRIGGER group_members_deleted;
CREATE TRIGGER group_members_inserted AFTER INSERT ON group_members BEGIN
    INSERT INTO noted_parts VALUES ('group_members', NEW.id,
        coalesce((SELECT name FROM groups WHERE id = NEW.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = NEW.user_id), ''),
        'insert', 'groups', NEW.group_id);
END;
CREATE TRIGGER group_members_updated AFTER UPDATE ON group_members BEGIN
    UPDATE group_members SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted_parts VALUES ('group_members', NEW.id,
        coalesce((SELECT name FROM groups WHERE id = NEW.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = NEW.user_id), ''),
        'update', 'groups', NEW.group_id);
    INSERT INTO noted_parts SELECT 'group_members', NEW.id,
        coalesce((SELECT name FROM groups WHERE id = NEW.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = NEW.user_id), ''),
        'update', 'groups', OLD.group_id
    WHERE OLD.group_id <> NEW.group_id;
END;
CREATE TRIGGER group_members_deleted AFTER DELETE ON group_members BEGIN
    INSERT INTO noted_parts VALUES ('group_members', OLD.id,
        coalesce((SELECT name FROM groups WHERE id = OLD.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = OLD.user_id), ''),
        'delete', 'groups', OLD.group_id);
END;

DROP TRIGGER gateways_inserted;
DROP TRIGGER gateways_updated;
DROP TRIGGER gateways_deleted;
CREATE TRIGGER gateways_inserted AFTER INSERT ON gateways BEGIN
    INSERT INTO noted_parts VALUES ('gateways', NEW.id,
        NEW.name,
        'insert', CASE WHEN NEW.profile_id IS NULL THEN 'users' ELSE 'profiles' END, coalesce(NEW.profile_id, NEW.user_id));
END;
CREATE TRIGGER gateways_updated AFTER UPDATE ON gateways BEGIN
    UPDATE gateways SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted_parts VALUES ('gateways', NEW.id,
        NEW.name,
        'update', CASE WHEN NEW.profile_id IS NULL THEN 'users' ELSE 'profiles' END, coalesce(NEW.profile_id, NEW.user_id));
    INSERT INTO noted_parts SELECT 'gateways', NEW.id,
        NEW.name,
        'update', CASE WHEN OLD.profile_id IS NULL THEN 'users' ELSE 'profiles' END, coalesce(OLD.profile_id, OLD.user_id)
    WHERE CASE WHEN OLD.profile_id IS NULL THEN 'users' ELSE 'profiles' END <> CASE WHEN NEW.profile_id IS NULL THEN 'users' ELSE 'profiles' END OR coalesce(OLD.profile_id, OLD.user_id) <> coalesce(NEW.profile_id, NEW.user_id);
END;
CREATE TRIGGER gateways_deleted AFTER DELETE ON gateways BEGIN
    INSERT INTO noted_parts VALUES ('gateways', OLD.id,
        OLD.name,
        'delete', CASE WHEN OLD.profile_id IS NULL THEN 'users' ELSE 'profiles' END, coalesce(OLD.profile_id, OLD.user_id));
END;

DROP TRIGGER phrases_inserted;
DROP TRIGGER phrases_updated;
DROP TRIGGER phrases_deleted;
CREATE TRIGGER phrases_inserted AFTER INSERT ON phrases BEGIN
    INSERT INTO noted_parts VALUES ('phrases', NEW.id,
        coalesce((SELECT name FROM languages WHERE id = NEW.language_id), '') || '/' || NEW.name,
        'insert', 'languages', NEW.language_id);
END;
CREATE TRIGGER phrases_updated AFTER UPDATE ON phrases BEGIN
    UPDATE phrases SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted_parts VALUES ('phrases', NEW.id,
        coalesce((SELECT name FROM languages WHERE id = NEW.language_id), '') || '/' || NEW.name,
        'update', 'languages', NEW.language_id);
    INSERT INTO noted_parts SELECT 'phrases', NEW.id,
        coalesce((SELECT name FROM languages WHERE id = NEW.language_id), '') || '/' || NEW.name,
        'update', 'languages', OLD.language_id
    WHERE OLD.language_id <> NEW.language_id;
END;
CREATE TRIGGER phrases_deleted AFTER DELETE ON phrases BEGIN
    INSERT INTO noted_parts VALUES ('phrases', OLD.id,
        coalesce((SELECT name FROM languages WHERE id = OLD.language_id), '') || '/' || OLD.name,
        'delete', 'languages', OLD.language_id);
END;
