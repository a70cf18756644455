-- What is limited to some switches would hold for every switch then, so it goes, and so does the second
-- gateway of a name.

DELETE FROM profiles WHERE hosts <> '[]';
DELETE FROM access_lists WHERE hosts <> '[]';
DELETE FROM documents WHERE hosts <> '[]';
DELETE FROM globals WHERE hosts <> '[]';
DELETE FROM gateways WHERE EXISTS (
    SELECT 1 FROM gateways AS other WHERE other.name = gateways.name AND other.id < gateways.id
);

-- The gateways go with their profiles, and come again after them.
CREATE TEMP TABLE kept_gateways AS SELECT * FROM gateways;
DROP TABLE gateways;

CREATE TABLE new_profiles (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('sofia', 'verto', 'conference', 'voicemail')),
    name TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
    params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params)),
    domains TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(domains)),
    aliases TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(aliases)),
    others TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (kind, name)
) STRICT;
INSERT INTO new_profiles (id, kind, name, params, domains, aliases, others, created_at, updated_at)
SELECT id, kind, name, params, domains, aliases, others, created_at, updated_at FROM profiles ORDER BY id;
DROP TABLE profiles;
ALTER TABLE new_profiles RENAME TO profiles;
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

CREATE TABLE new_access_lists (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    default_allow INTEGER NOT NULL DEFAULT 0 CHECK (default_allow IN (0, 1)),
    nodes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(nodes)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
INSERT INTO new_access_lists (id, name, default_allow, nodes, created_at, updated_at)
SELECT id, name, default_allow, nodes, created_at, updated_at FROM access_lists ORDER BY id;
DROP TABLE access_lists;
ALTER TABLE new_access_lists RENAME TO access_lists;
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

CREATE TABLE new_documents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    xml TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
INSERT INTO new_documents (id, name, xml, created_at, updated_at)
SELECT id, name, xml, created_at, updated_at FROM documents ORDER BY id;
DROP TABLE documents;
ALTER TABLE new_documents RENAME TO documents;
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

CREATE TABLE new_globals (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    value TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
INSERT INTO new_globals (id, name, value, created_at, updated_at)
SELECT id, name, value, created_at, updated_at FROM globals ORDER BY id;
DROP TABLE globals;
ALTER TABLE new_globals RENAME TO globals;
CREATE TRIGGER globals_inserted AFTER INSERT ON globals BEGIN
    INSERT INTO noted VALUES ('globals', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER globals_updated AFTER UPDATE ON globals BEGIN
    UPDATE globals SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('globals', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER globals_deleted AFTER DELETE ON globals BEGIN
    INSERT INTO noted VALUES ('globals', OLD.id, OLD.name, 'delete');
END;

CREATE TABLE gateways (
    id INTEGER PRIMARY KEY,
    profile_id INTEGER REFERENCES profiles (id) ON DELETE CASCADE,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params)),
    others TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    CHECK ((profile_id IS NULL) <> (user_id IS NULL))
) STRICT;
CREATE INDEX gateways_by_profile ON gateways (profile_id);
CREATE INDEX gateways_by_user ON gateways (user_id);
INSERT INTO gateways (id, profile_id, user_id, name, params, others, created_at, updated_at)
SELECT id, profile_id, user_id, name, params, others, created_at, updated_at FROM kept_gateways ORDER BY id;
DROP TABLE kept_gateways;
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
