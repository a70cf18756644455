-- A whole PBX. Names are found without regard to ASCII case, as the switch finds them. Lists that are
-- only ever read and written as a whole (params, variables, secrets, conditions) are JSON. Times are
-- UTC.

CREATE TABLE revision (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO revision (id, value) VALUES (1, 1);

CREATE TABLE domains (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params)),
    variables TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(variables)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
    number_alias TEXT COLLATE NOCASE CHECK (number_alias <> ''),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    cidr TEXT CHECK (cidr <> ''),
    secrets TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(secrets)),
    voicemail_hash TEXT CHECK (length(voicemail_hash) = 32),
    params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params)),
    variables TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(variables)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (domain_id, name),
    UNIQUE (domain_id, number_alias)
) STRICT;

CREATE TABLE groups (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (domain_id, name)
) STRICT;

CREATE TABLE group_members (
    id INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (group_id, user_id)
) STRICT;
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE profiles (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('sofia', 'verto', 'conference', 'voicemail')),
    name TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
    params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params)),
    domains TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(domains)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (kind, name)
) STRICT;

-- A gateway belongs to a profile or to a user.
CREATE TABLE gateways (
    id INTEGER PRIMARY KEY,
    profile_id INTEGER REFERENCES profiles (id) ON DELETE CASCADE,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    CHECK ((profile_id IS NULL) <> (user_id IS NULL))
) STRICT;
CREATE INDEX gateways_by_profile ON gateways (profile_id);
CREATE INDEX gateways_by_user ON gateways (user_id);

CREATE TABLE access_lists (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    default_allow INTEGER NOT NULL DEFAULT 0 CHECK (default_allow IN (0, 1)),
    nodes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(nodes)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE contexts (
    id INTEGER PRIMARY KEY,
    section TEXT NOT NULL CHECK (section IN ('dialplan', 'chatplan')),
    name TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (section, name)
) STRICT;

-- Names may repeat within a context; the order decides.
CREATE TABLE extensions (
    id INTEGER PRIMARY KEY,
    context_id INTEGER NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    continues INTEGER NOT NULL DEFAULT 0 CHECK (continues IN (0, 1)),
    conditions TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(conditions)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (context_id, position)
) STRICT;

CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    profile TEXT NOT NULL COLLATE NOCASE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE menus (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    attributes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(attributes)),
    entries TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(entries)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE queues (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    params TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(params)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE agents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    attributes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(attributes)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE tiers (
    id INTEGER PRIMARY KEY,
    queue_id INTEGER NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    level INTEGER NOT NULL DEFAULT 1 CHECK (level > 0),
    position INTEGER NOT NULL DEFAULT 1 CHECK (position > 0),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (queue_id, agent_id)
) STRICT;
CREATE INDEX tiers_by_agent ON tiers (agent_id);

CREATE TABLE languages (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    attributes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(attributes)),
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE phrases (
    id INTEGER PRIMARY KEY,
    language_id INTEGER NOT NULL REFERENCES languages (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE CHECK (name <> ''),
    xml TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (language_id, name)
) STRICT;

-- Configuration documents that have no tables of their own.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (name <> ''),
    xml TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
