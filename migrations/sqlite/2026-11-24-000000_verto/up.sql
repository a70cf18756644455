-- Channels that browsers may join over verto, and the clients that have. A client's name, session id and hash of its
-- password are compared as they are; `expires`, `created` and `connected` are seconds since 1970.

CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    client_limit INTEGER CHECK (client_limit BETWEEN 1 AND 4294967295),
    access TEXT NOT NULL DEFAULT 'token' CHECK (access IN ('token', 'open')),
    second_login TEXT NOT NULL DEFAULT 'punt-new'
        CHECK (second_login IN ('punt-new', 'punt-old', 'refuse', 'allow')),
    context TEXT NOT NULL DEFAULT 'verto' CHECK (context <> ''),
    dialplan TEXT NOT NULL DEFAULT 'XML' CHECK (dialplan <> ''),
    methods TEXT NOT NULL
        DEFAULT '["verto.invite","verto.attach","verto.answer","verto.bye","verto.modify","verto.info"]'
        CHECK (json_valid(methods)),
    event_channels TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(event_channels)),
    session_life INTEGER NOT NULL DEFAULT 1209600 CHECK (session_life BETWEEN 1 AND 4294967295),
    origins TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(origins)),
    -- SHA-256 of the bearer token.
    token_hash TEXT CHECK (length(token_hash) = 64 AND NOT token_hash GLOB '*[^0-9a-f]*'),
    max_unconnected INTEGER NOT NULL DEFAULT 1000 CHECK (max_unconnected BETWEEN 0 AND 4294967295),
    max_unconnected_per_address INTEGER NOT NULL DEFAULT 20
        CHECK (max_unconnected_per_address BETWEEN 0 AND 4294967295),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE clients (
    id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    -- A UUID.
    name TEXT NOT NULL UNIQUE CHECK (
        length(name) = 36 AND NOT replace(name, '-', '') GLOB '*[^0-9a-f]*'
        AND name LIKE '________-____-____-____-____________' AND length(replace(name, '-', '')) = 32
    ),
    -- MD5 of `name:domain:password`.
    ha1 TEXT NOT NULL CHECK (length(ha1) = 32 AND NOT ha1 GLOB '*[^0-9a-f]*'),
    session TEXT NOT NULL CHECK (
        length(session) BETWEEN 1 AND 128 AND NOT session GLOB '*[^-A-Za-z0-9._~]*' AND session NOT LIKE '%punt%'
    ),
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    asked_from TEXT,
    connected INTEGER,
    connected_address TEXT,
    connected_switch TEXT,
    -- Sessions whose place another login has taken, each with the connection that it had.
    replaced TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(replaced)),
    -- What it has been granted that mod_verto does not know by itself.
    granted TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(granted)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    CHECK ((connected IS NULL) = (connected_address IS NULL)),
    CHECK ((connected IS NULL) = (connected_switch IS NULL))
) STRICT;
CREATE INDEX clients_by_channel ON clients (channel_id, expires);
-- A page comes back with its session id.
CREATE INDEX clients_by_session ON clients (session);
-- How many of a channel are connected is counted at each login.
CREATE INDEX clients_connected ON clients (channel_id, connected, expires) WHERE connected IS NOT NULL;

CREATE TRIGGER channels_inserted AFTER INSERT ON channels BEGIN
    INSERT INTO noted VALUES ('channels', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER channels_updated AFTER UPDATE ON channels BEGIN
    UPDATE channels SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('channels', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER channels_deleted AFTER DELETE ON channels BEGIN
    INSERT INTO noted VALUES ('channels', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER clients_inserted AFTER INSERT ON clients BEGIN
    INSERT INTO noted VALUES ('clients', NEW.id, NEW.name, 'insert');
END;
CREATE TRIGGER clients_updated AFTER UPDATE ON clients BEGIN
    UPDATE clients SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id;
    INSERT INTO noted VALUES ('clients', NEW.id, NEW.name, 'update');
END;
CREATE TRIGGER clients_deleted AFTER DELETE ON clients BEGIN
    INSERT INTO noted VALUES ('clients', OLD.id, OLD.name, 'delete');
END;

CREATE TRIGGER channels_replacing BEFORE INSERT ON channels BEGIN
    INSERT INTO noted SELECT 'channels', 0, name, 'delete' FROM channels
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER channels_displacing BEFORE UPDATE OF id, name ON channels BEGIN
    INSERT INTO noted SELECT 'channels', 0, name, 'delete' FROM channels
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER clients_replacing BEFORE INSERT ON clients BEGIN
    INSERT INTO noted SELECT 'clients', 0, name, 'delete' FROM clients
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER clients_displacing BEFORE UPDATE OF id, name ON clients BEGIN
    INSERT INTO noted SELECT 'clients', 0, name, 'delete' FROM clients
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;
