-- Who changed what and when. Every table has three triggers that say so, whoever writes: this service,
-- or somebody with plain SQL. A key is the name that people know a row by; no value is kept.
--
-- A new table needs its three triggers in the migration that makes it; a test looks for them.

-- The application names itself here for the length of its transaction, which then is one revision.
-- Elsewhere it is NULL, and each row is a revision of its own: SQLite tells a trigger nothing about
-- the transaction it runs in.
ALTER TABLE revision ADD COLUMN writer TEXT;

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    table_name TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    did TEXT NOT NULL CHECK (did IN ('insert', 'update', 'delete')),
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    who TEXT NOT NULL
) STRICT;
CREATE INDEX changes_by_revision ON changes (revision);

-- What the triggers write into.
CREATE VIEW noted AS SELECT table_name, row_id, key, did FROM changes;
CREATE TRIGGER noted_inserted INSTEAD OF INSERT ON noted BEGIN
    UPDATE revision SET value = value + 1 WHERE writer IS NULL;
    INSERT INTO changes (revision, table_name, row_id, key, did, who)
    SELECT value, NEW.table_name, NEW.row_id, NEW.key, NEW.did, coalesce(writer, 'sql') FROM revision;
END;

CREATE TRIGGER domains_inserted AFTER INSERT ON domains BEGIN
    INSERT INTO noted VALUES ('domains', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER domains_updated AFTER UPDATE ON domains BEGIN
    UPDATE domains SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('domains', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER domains_deleted AFTER DELETE ON domains BEGIN
    INSERT INTO noted VALUES ('domains', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER users_inserted AFTER INSERT ON users BEGIN
    INSERT INTO noted VALUES ('users', NEW.id,
        NEW.name || coalesce('@' || (SELECT name FROM domains WHERE id = NEW.domain_id), ''),
        'insert');
END;
CREATE TRIGGER users_updated AFTER UPDATE ON users BEGIN
    UPDATE users SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('users', NEW.id,
        NEW.name || coalesce('@' || (SELECT name FROM domains WHERE id = NEW.domain_id), ''),
        'update');
END;
CREATE TRIGGER users_deleted AFTER DELETE ON users BEGIN
    INSERT INTO noted VALUES ('users', OLD.id,
        OLD.name || coalesce('@' || (SELECT name FROM domains WHERE id = OLD.domain_id), ''),
        'delete');
END;

CREATE TRIGGER groups_inserted AFTER INSERT ON groups BEGIN
    INSERT INTO noted VALUES ('groups', NEW.id,
        NEW.name || coalesce('@' || (SELECT name FROM domains WHERE id = NEW.domain_id), ''),
        'insert');
END;
CREATE TRIGGER groups_updated AFTER UPDATE ON groups BEGIN
    UPDATE groups SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('groups', NEW.id,
        NEW.name || coalesce('@' || (SELECT name FROM domains WHERE id = NEW.domain_id), ''),
        'update');
END;
CREATE TRIGGER groups_deleted AFTER DELETE ON groups BEGIN
    INSERT INTO noted VALUES ('groups', OLD.id,
        OLD.name || coalesce('@' || (SELECT name FROM domains WHERE id = OLD.domain_id), ''),
        'delete');
END;

CREATE TRIGGER group_members_inserted AFTER INSERT ON group_members BEGIN
    INSERT INTO noted VALUES ('group_members', NEW.id,
        coalesce((SELECT name FROM groups WHERE id = NEW.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = NEW.user_id), ''),
        'insert');
END;
CREATE TRIGGER group_members_updated AFTER UPDATE ON group_members BEGIN
    UPDATE group_members SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('group_members', NEW.id,
        coalesce((SELECT name FROM groups WHERE id = NEW.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = NEW.user_id), ''),
        'update');
END;
CREATE TRIGGER group_members_deleted AFTER DELETE ON group_members BEGIN
    INSERT INTO noted VALUES ('group_members', OLD.id,
        coalesce((SELECT name FROM groups WHERE id = OLD.group_id), '') || '/' ||
        coalesce((SELECT name FROM users WHERE id = OLD.user_id), ''),
        'delete');
END;

CREATE TRIGGER profiles_inserted AFTER INSERT ON profiles BEGIN
    INSERT INTO noted VALUES ('profiles', NEW.id, NEW.kind || '/' || NEW.name, 'insert');
END;
CREATE TRIGGER profiles_updated AFTER UPDATE ON profiles BEGIN
    UPDATE profiles SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('profiles', NEW.id, NEW.kind || '/' || NEW.name, 'update');
END;
CREATE TRIGGER profiles_deleted AFTER DELETE ON profiles BEGIN
    INSERT INTO noted VALUES ('profiles', OLD.id, OLD.kind || '/' || OLD.name, 'delete');
END;

CREATE TRIGGER gateways_inserted AFTER INSERT ON gateways BEGIN
    INSERT INTO noted VALUES ('gateways', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER gateways_updated AFTER UPDATE ON gateways BEGIN
    UPDATE gateways SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('gateways', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER gateways_deleted AFTER DELETE ON gateways BEGIN
    INSERT INTO noted VALUES ('gateways', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER access_lists_inserted AFTER INSERT ON access_lists BEGIN
    INSERT INTO noted VALUES ('access_lists', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER access_lists_updated AFTER UPDATE ON access_lists BEGIN
    UPDATE access_lists SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('access_lists', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER access_lists_deleted AFTER DELETE ON access_lists BEGIN
    INSERT INTO noted VALUES ('access_lists', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER contexts_inserted AFTER INSERT ON contexts BEGIN
    INSERT INTO noted VALUES ('contexts', NEW.id, NEW.section || '/' || NEW.name, 'insert');
END;
CREATE TRIGGER contexts_updated AFTER UPDATE ON contexts BEGIN
    UPDATE contexts SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('contexts', NEW.id, NEW.section || '/' || NEW.name, 'update');
END;
CREATE TRIGGER contexts_deleted AFTER DELETE ON contexts BEGIN
    INSERT INTO noted VALUES ('contexts', OLD.id, OLD.section || '/' || OLD.name, 'delete');
END;

CREATE TRIGGER extensions_inserted AFTER INSERT ON extensions BEGIN
    INSERT INTO noted VALUES ('extensions', NEW.id,
        coalesce((SELECT name FROM contexts WHERE id = NEW.context_id), '') || '/' || NEW.name,
        'insert');
END;
CREATE TRIGGER extensions_updated AFTER UPDATE ON extensions BEGIN
    UPDATE extensions SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('extensions', NEW.id,
        coalesce((SELECT name FROM contexts WHERE id = NEW.context_id), '') || '/' || NEW.name,
        'update');
END;
CREATE TRIGGER extensions_deleted AFTER DELETE ON extensions BEGIN
    INSERT INTO noted VALUES ('extensions', OLD.id,
        coalesce((SELECT name FROM contexts WHERE id = OLD.context_id), '') || '/' || OLD.name,
        'delete');
END;

CREATE TRIGGER rooms_inserted AFTER INSERT ON rooms BEGIN
    INSERT INTO noted VALUES ('rooms', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER rooms_updated AFTER UPDATE ON rooms BEGIN
    UPDATE rooms SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('rooms', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER rooms_deleted AFTER DELETE ON rooms BEGIN
    INSERT INTO noted VALUES ('rooms', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER menus_inserted AFTER INSERT ON menus BEGIN
    INSERT INTO noted VALUES ('menus', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER menus_updated AFTER UPDATE ON menus BEGIN
    UPDATE menus SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('menus', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER menus_deleted AFTER DELETE ON menus BEGIN
    INSERT INTO noted VALUES ('menus', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER queues_inserted AFTER INSERT ON queues BEGIN
    INSERT INTO noted VALUES ('queues', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER queues_updated AFTER UPDATE ON queues BEGIN
    UPDATE queues SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('queues', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER queues_deleted AFTER DELETE ON queues BEGIN
    INSERT INTO noted VALUES ('queues', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER agents_inserted AFTER INSERT ON agents BEGIN
    INSERT INTO noted VALUES ('agents', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER agents_updated AFTER UPDATE ON agents BEGIN
    UPDATE agents SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('agents', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER agents_deleted AFTER DELETE ON agents BEGIN
    INSERT INTO noted VALUES ('agents', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER tiers_inserted AFTER INSERT ON tiers BEGIN
    INSERT INTO noted VALUES ('tiers', NEW.id,
        coalesce((SELECT name FROM queues WHERE id = NEW.queue_id), '') || '/' ||
        coalesce((SELECT name FROM agents WHERE id = NEW.agent_id), ''),
        'insert');
END;
CREATE TRIGGER tiers_updated AFTER UPDATE ON tiers BEGIN
    UPDATE tiers SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('tiers', NEW.id,
        coalesce((SELECT name FROM queues WHERE id = NEW.queue_id), '') || '/' ||
        coalesce((SELECT name FROM agents WHERE id = NEW.agent_id), ''),
        'update');
END;
CREATE TRIGGER tiers_deleted AFTER DELETE ON tiers BEGIN
    INSERT INTO noted VALUES ('tiers', OLD.id,
        coalesce((SELECT name FROM queues WHERE id = OLD.queue_id), '') || '/' ||
        coalesce((SELECT name FROM agents WHERE id = OLD.agent_id), ''),
        'delete');
END;

CREATE TRIGGER languages_inserted AFTER INSERT ON languages BEGIN
    INSERT INTO noted VALUES ('languages', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER languages_updated AFTER UPDATE ON languages BEGIN
    UPDATE languages SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('languages', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER languages_deleted AFTER DELETE ON languages BEGIN
    INSERT INTO noted VALUES ('languages', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER phrases_inserted AFTER INSERT ON phrases BEGIN
    INSERT INTO noted VALUES ('phrases', NEW.id,
        coalesce((SELECT name FROM languages WHERE id = NEW.language_id), '') || '/' || NEW.name,
        'insert');
END;
CREATE TRIGGER phrases_updated AFTER UPDATE ON phrases BEGIN
    UPDATE phrases SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('phrases', NEW.id,
        coalesce((SELECT name FROM languages WHERE id = NEW.language_id), '') || '/' || NEW.name,
        'update');
END;
CREATE TRIGGER phrases_deleted AFTER DELETE ON phrases BEGIN
    INSERT INTO noted VALUES ('phrases', OLD.id,
        coalesce((SELECT name FROM languages WHERE id = OLD.language_id), '') || '/' || OLD.name,
        'delete');
END;

CREATE TRIGGER documents_inserted AFTER INSERT ON documents BEGIN
    INSERT INTO noted VALUES ('documents', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER documents_updated AFTER UPDATE ON documents BEGIN
    UPDATE documents SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('documents', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER documents_deleted AFTER DELETE ON documents BEGIN
    INSERT INTO noted VALUES ('documents', OLD.id, OLD.name, 'delete');
END;
