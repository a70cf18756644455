-- REPLACE, in an INSERT or an UPDATE, takes rows away that are in the way of the new one, and calls no trigger of a
-- deleted row. So whoever may be about to do that says which row would go; row 0 has everything read anew, for the
-- row may take others along. An INSERT that then goes another way (IGNORE, ON CONFLICT DO) has noted too much.
--
-- A new table needs its two triggers in the migration that makes it; a test looks for them.

CREATE TRIGGER access_lists_replacing BEFORE INSERT ON access_lists BEGIN
    INSERT INTO noted SELECT 'access_lists', 0, name, 'delete' FROM access_lists
    WHERE id = NEW.id OR (name = NEW.name AND hosts = NEW.hosts);
END;
CREATE TRIGGER access_lists_displacing BEFORE UPDATE OF id, name, hosts ON access_lists BEGIN
    INSERT INTO noted SELECT 'access_lists', 0, name, 'delete' FROM access_lists
    WHERE id <> OLD.id AND (id = NEW.id OR (name = NEW.name AND hosts = NEW.hosts));
END;

CREATE TRIGGER agents_replacing BEFORE INSERT ON agents BEGIN
    INSERT INTO noted SELECT 'agents', 0, name, 'delete' FROM agents
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER agents_displacing BEFORE UPDATE OF id, name ON agents BEGIN
    INSERT INTO noted SELECT 'agents', 0, name, 'delete' FROM agents
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER contexts_replacing BEFORE INSERT ON contexts BEGIN
    INSERT INTO noted SELECT 'contexts', 0, name, 'delete' FROM contexts
    WHERE id = NEW.id OR (section = NEW.section AND name = NEW.name);
END;
CREATE TRIGGER contexts_displacing BEFORE UPDATE OF id, section, name ON contexts BEGIN
    INSERT INTO noted SELECT 'contexts', 0, name, 'delete' FROM contexts
    WHERE id <> OLD.id AND (id = NEW.id OR (section = NEW.section AND name = NEW.name));
END;

CREATE TRIGGER documents_replacing BEFORE INSERT ON documents BEGIN
    INSERT INTO noted SELECT 'documents', 0, name, 'delete' FROM documents
    WHERE id = NEW.id OR (name = NEW.name AND hosts = NEW.hosts);
END;
CREATE TRIGGER documents_displacing BEFORE UPDATE OF id, name, hosts ON documents BEGIN
    INSERT INTO noted SELECT 'documents', 0, name, 'delete' FROM documents
    WHERE id <> OLD.id AND (id = NEW.id OR (name = NEW.name AND hosts = NEW.hosts));
END;

CREATE TRIGGER domain_aliases_replacing BEFORE INSERT ON domain_aliases BEGIN
    INSERT INTO noted SELECT 'domain_aliases', 0, name, 'delete' FROM domain_aliases
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER domain_aliases_displacing BEFORE UPDATE OF id, name ON domain_aliases BEGIN
    INSERT INTO noted SELECT 'domain_aliases', 0, name, 'delete' FROM domain_aliases
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER domains_replacing BEFORE INSERT ON domains BEGIN
    INSERT INTO noted SELECT 'domains', 0, name, 'delete' FROM domains
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER domains_displacing BEFORE UPDATE OF id, name ON domains BEGIN
    INSERT INTO noted SELECT 'domains', 0, name, 'delete' FROM domains
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER extensions_replacing BEFORE INSERT ON extensions BEGIN
    INSERT INTO noted SELECT 'extensions', 0, name, 'delete' FROM extensions
    WHERE id = NEW.id OR (context_id = NEW.context_id AND position = NEW.position);
END;
CREATE TRIGGER extensions_displacing BEFORE UPDATE OF id, context_id, position ON extensions BEGIN
    INSERT INTO noted SELECT 'extensions', 0, name, 'delete' FROM extensions
    WHERE id <> OLD.id AND (id = NEW.id OR (context_id = NEW.context_id AND position = NEW.position));
END;

CREATE TRIGGER gateways_replacing BEFORE INSERT ON gateways BEGIN
    INSERT INTO noted SELECT 'gateways', 0, name, 'delete' FROM gateways
    WHERE id = NEW.id
        OR (profile_id = NEW.profile_id AND name = NEW.name)
        OR (user_id = NEW.user_id AND name = NEW.name);
END;
CREATE TRIGGER gateways_displacing BEFORE UPDATE OF id, profile_id, name, user_id ON gateways BEGIN
    INSERT INTO noted SELECT 'gateways', 0, name, 'delete' FROM gateways
    WHERE id <> OLD.id AND (id = NEW.id
        OR (profile_id = NEW.profile_id AND name = NEW.name)
        OR (user_id = NEW.user_id AND name = NEW.name));
END;

CREATE TRIGGER globals_replacing BEFORE INSERT ON globals BEGIN
    INSERT INTO noted SELECT 'globals', 0, name, 'delete' FROM globals
    WHERE id = NEW.id OR (name = NEW.name AND hosts = NEW.hosts);
END;
CREATE TRIGGER globals_displacing BEFORE UPDATE OF id, name, hosts ON globals BEGIN
    INSERT INTO noted SELECT 'globals', 0, name, 'delete' FROM globals
    WHERE id <> OLD.id AND (id = NEW.id OR (name = NEW.name AND hosts = NEW.hosts));
END;

CREATE TRIGGER group_members_replacing BEFORE INSERT ON group_members BEGIN
    INSERT INTO noted SELECT 'group_members', 0, '', 'delete' FROM group_members
    WHERE id = NEW.id OR (group_id = NEW.group_id AND user_id = NEW.user_id);
END;
CREATE TRIGGER group_members_displacing BEFORE UPDATE OF id, group_id, user_id ON group_members BEGIN
    INSERT INTO noted SELECT 'group_members', 0, '', 'delete' FROM group_members
    WHERE id <> OLD.id AND (id = NEW.id OR (group_id = NEW.group_id AND user_id = NEW.user_id));
END;

CREATE TRIGGER groups_replacing BEFORE INSERT ON groups BEGIN
    INSERT INTO noted SELECT 'groups', 0, name, 'delete' FROM groups
    WHERE id = NEW.id OR (domain_id = NEW.domain_id AND name = NEW.name);
END;
CREATE TRIGGER groups_displacing BEFORE UPDATE OF id, domain_id, name ON groups BEGIN
    INSERT INTO noted SELECT 'groups', 0, name, 'delete' FROM groups
    WHERE id <> OLD.id AND (id = NEW.id OR (domain_id = NEW.domain_id AND name = NEW.name));
END;

CREATE TRIGGER languages_replacing BEFORE INSERT ON languages BEGIN
    INSERT INTO noted SELECT 'languages', 0, name, 'delete' FROM languages
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER languages_displacing BEFORE UPDATE OF id, name ON languages BEGIN
    INSERT INTO noted SELECT 'languages', 0, name, 'delete' FROM languages
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER menus_replacing BEFORE INSERT ON menus BEGIN
    INSERT INTO noted SELECT 'menus', 0, name, 'delete' FROM menus
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER menus_displacing BEFORE UPDATE OF id, name ON menus BEGIN
    INSERT INTO noted SELECT 'menus', 0, name, 'delete' FROM menus
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER phrases_replacing BEFORE INSERT ON phrases BEGIN
    INSERT INTO noted SELECT 'phrases', 0, name, 'delete' FROM phrases
    WHERE id = NEW.id OR (language_id = NEW.language_id AND name = NEW.name);
END;
CREATE TRIGGER phrases_displacing BEFORE UPDATE OF id, language_id, name ON phrases BEGIN
    INSERT INTO noted SELECT 'phrases', 0, name, 'delete' FROM phrases
    WHERE id <> OLD.id AND (id = NEW.id OR (language_id = NEW.language_id AND name = NEW.name));
END;

CREATE TRIGGER profiles_replacing BEFORE INSERT ON profiles BEGIN
    INSERT INTO noted SELECT 'profiles', 0, name, 'delete' FROM profiles
    WHERE id = NEW.id OR (kind = NEW.kind AND name = NEW.name AND hosts = NEW.hosts);
END;
CREATE TRIGGER profiles_displacing BEFORE UPDATE OF id, kind, name, hosts ON profiles BEGIN
    INSERT INTO noted SELECT 'profiles', 0, name, 'delete' FROM profiles
    WHERE id <> OLD.id AND (id = NEW.id OR (kind = NEW.kind AND name = NEW.name AND hosts = NEW.hosts));
END;

CREATE TRIGGER queues_replacing BEFORE INSERT ON queues BEGIN
    INSERT INTO noted SELECT 'queues', 0, name, 'delete' FROM queues
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER queues_displacing BEFORE UPDATE OF id, name ON queues BEGIN
    INSERT INTO noted SELECT 'queues', 0, name, 'delete' FROM queues
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER rooms_replacing BEFORE INSERT ON rooms BEGIN
    INSERT INTO noted SELECT 'rooms', 0, name, 'delete' FROM rooms
    WHERE id = NEW.id OR name = NEW.name;
END;
CREATE TRIGGER rooms_displacing BEFORE UPDATE OF id, name ON rooms BEGIN
    INSERT INTO noted SELECT 'rooms', 0, name, 'delete' FROM rooms
    WHERE id <> OLD.id AND (id = NEW.id OR name = NEW.name);
END;

CREATE TRIGGER tiers_replacing BEFORE INSERT ON tiers BEGIN
    INSERT INTO noted SELECT 'tiers', 0, '', 'delete' FROM tiers
    WHERE id = NEW.id OR (queue_id = NEW.queue_id AND agent_id = NEW.agent_id);
END;
CREATE TRIGGER tiers_displacing BEFORE UPDATE OF id, queue_id, agent_id ON tiers BEGIN
    INSERT INTO noted SELECT 'tiers', 0, '', 'delete' FROM tiers
    WHERE id <> OLD.id AND (id = NEW.id OR (queue_id = NEW.queue_id AND agent_id = NEW.agent_id));
END;

CREATE TRIGGER users_replacing BEFORE INSERT ON users BEGIN
    INSERT INTO noted SELECT 'users', 0, name, 'delete' FROM users
    WHERE id = NEW.id
        OR (domain_id = NEW.domain_id AND name = NEW.name)
        OR (domain_id = NEW.domain_id AND number_alias = NEW.number_alias);
END;
CREATE TRIGGER users_displacing BEFORE UPDATE OF id, domain_id, name, number_alias ON users BEGIN
    INSERT INTO noted SELECT 'users', 0, name, 'delete' FROM users
    WHERE id <> OLD.id AND (id = NEW.id
        OR (domain_id = NEW.domain_id AND name = NEW.name)
        OR (domain_id = NEW.domain_id AND number_alias = NEW.number_alias));
END;
