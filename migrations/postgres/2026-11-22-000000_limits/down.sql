-- What is limited to some switches would hold for every switch then, so it goes, and so does the second
-- gateway of a name.

DELETE FROM profiles WHERE hosts <> '[]';
DELETE FROM access_lists WHERE hosts <> '[]';
DELETE FROM documents WHERE hosts <> '[]';
DELETE FROM globals WHERE hosts <> '[]';
DELETE FROM gateways WHERE EXISTS (
    SELECT 1 FROM gateways AS other
    WHERE lower(other.name COLLATE "C") = lower(gateways.name COLLATE "C") AND other.id < gateways.id
);

DROP INDEX profiles_by_kind_and_name;
CREATE UNIQUE INDEX profiles_by_kind_and_name ON profiles (kind, lower(name COLLATE "C"));
ALTER TABLE profiles DROP COLUMN hosts;
DROP INDEX access_lists_by_name;
CREATE UNIQUE INDEX access_lists_by_name ON access_lists (lower(name COLLATE "C"));
ALTER TABLE access_lists DROP COLUMN hosts;
DROP INDEX documents_by_name;
CREATE UNIQUE INDEX documents_by_name ON documents (lower(name COLLATE "C"));
ALTER TABLE documents DROP COLUMN hosts;
DROP INDEX globals_by_name;
CREATE UNIQUE INDEX globals_by_name ON globals (lower(name COLLATE "C"));
ALTER TABLE globals DROP COLUMN hosts;

DROP INDEX gateways_by_user_and_name;
DROP INDEX gateways_by_profile_and_name;
CREATE UNIQUE INDEX gateways_by_name ON gateways (lower(name COLLATE "C"));
