-- What the configuration files of a switch hold and the first tables had no place for. Pieces of XML
-- are checked when they are stored; an empty one is none.

ALTER TABLE domains ADD COLUMN realms TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(realms));
ALTER TABLE domains ADD COLUMN algorithms TEXT NOT NULL DEFAULT '["MD5","SHA-256"]' CHECK (json_valid(algorithms));
ALTER TABLE domains ADD COLUMN others TEXT NOT NULL DEFAULT '';

-- Further names of a domain. That none is also the name of a domain is seen to when they are written.
CREATE TABLE domain_aliases (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
CREATE INDEX domain_aliases_by_domain ON domain_aliases (domain_id);

ALTER TABLE users ADD COLUMN others TEXT NOT NULL DEFAULT '';

ALTER TABLE groups ADD COLUMN params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params));
ALTER TABLE groups ADD COLUMN variables TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(variables));

ALTER TABLE profiles ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(aliases));
ALTER TABLE profiles ADD COLUMN others TEXT NOT NULL DEFAULT '';

ALTER TABLE gateways ADD COLUMN others TEXT NOT NULL DEFAULT '';

-- Groups of phrases that have attributes of their own.
ALTER TABLE languages ADD COLUMN groups TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(groups));

-- Global variables: the switch finds them without regard to ASCII case.
CREATE TABLE globals (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    value TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TRIGGER domain_aliases_inserted AFTER INSERT ON domain_aliases BEGIN
    INSERT INTO noted VALUES ('domain_aliases', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER domain_aliases_updated AFTER UPDATE ON domain_aliases BEGIN
    UPDATE domain_aliases SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('domain_aliases', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER domain_aliases_deleted AFTER DELETE ON domain_aliases BEGIN
    INSERT INTO noted VALUES ('domain_aliases', OLD.id, OLD.name, 'delete');
END;

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

-- A condition holds its steps in one list, and its attributes as settings are held elsewhere. This
-- rewrites conditions without conditions inside, which is all that the example data ever had.
UPDATE extensions SET conditions = (
    SELECT coalesce(json_group_array(json_object(
        'attributes', (
            SELECT coalesce(json_group_array(json_object(
                'name', a.value ->> 0, 'text', a.value ->> 1, 'level', 'channel'
            )), json('[]'))
            FROM json_each(c.value, '$.attributes') AS a
        ),
        'steps', (
            SELECT coalesce(json_group_array(json_object(s.kind, json(s.step))), json('[]'))
            FROM (
                SELECT 'action' AS kind, value AS step FROM json_each(c.value, '$.actions')
                UNION ALL
                SELECT 'anti-action', value FROM json_each(c.value, '$.anti_actions')
            ) AS s
        )
    )), json('[]'))
    FROM json_each(extensions.conditions) AS c
);
