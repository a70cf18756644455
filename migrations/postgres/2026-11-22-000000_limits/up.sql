-- Profiles, network lists, documents and globals can be limited to some switches: `hosts` is a list of
-- their names, in lower case and sorted; an empty one stands for every switch. A name may be there once
-- for each list. Of a list its hash is in the index, which has no room for a long one. Profiles for
-- different switches may have gateways of one name, too.

ALTER TABLE profiles ADD COLUMN hosts TEXT NOT NULL DEFAULT '[]'
    CHECK (hosts::json IS NOT NULL AND hosts = lower(hosts COLLATE "C"));
DROP INDEX profiles_by_kind_and_name;
CREATE UNIQUE INDEX profiles_by_kind_and_name
    ON profiles (kind, lower(name COLLATE "C"), hashtextextended(hosts COLLATE "C", 0));
ALTER TABLE access_lists ADD COLUMN hosts TEXT NOT NULL DEFAULT '[]'
    CHECK (hosts::json IS NOT NULL AND hosts = lower(hosts COLLATE "C"));
DROP INDEX access_lists_by_name;
CREATE UNIQUE INDEX access_lists_by_name
    ON access_lists (lower(name COLLATE "C"), hashtextextended(hosts COLLATE "C", 0));
ALTER TABLE documents ADD COLUMN hosts TEXT NOT NULL DEFAULT '[]'
    CHECK (hosts::json IS NOT NULL AND hosts = lower(hosts COLLATE "C"));
DROP INDEX documents_by_name;
CREATE UNIQUE INDEX documents_by_name
    ON documents (lower(name COLLATE "C"), hashtextextended(hosts COLLATE "C", 0));
ALTER TABLE globals ADD COLUMN hosts TEXT NOT NULL DEFAULT '[]'
    CHECK (hosts::json IS NOT NULL AND hosts = lower(hosts COLLATE "C"));
DROP INDEX globals_by_name;
CREATE UNIQUE INDEX globals_by_name
    ON globals (lower(name COLLATE "C"), hashtextextended(hosts COLLATE "C", 0));

DROP INDEX gateways_by_name;
CREATE UNIQUE INDEX gateways_by_profile_and_name ON gateways (profile_id, lower(name COLLATE "C"));
CREATE UNIQUE INDEX gateways_by_user_and_name ON gateways (user_id, lower(name COLLATE "C"));
