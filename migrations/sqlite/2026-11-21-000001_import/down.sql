-- What the older tables cannot hold is lost: aliases, globals, settings of groups, other elements, and
-- conditions inside of conditions.

UPDATE extensions SET conditions = (
    SELECT coalesce(json_group_array(json_object(
        'attributes', (
            SELECT coalesce(json_group_array(json_array(a.value ->> 'name', a.value ->> 'text')), json('[]'))
            FROM json_each(c.value, '$.attributes') AS a
        ),
        'actions', (
            SELECT coalesce(json_group_array(json(s.value -> 'action')), json('[]'))
            FROM json_each(c.value, '$.steps') AS s WHERE s.value -> 'action' IS NOT NULL
        ),
        'anti_actions', (
            SELECT coalesce(json_group_array(json(s.value -> 'anti-action')), json('[]'))
            FROM json_each(c.value, '$.steps') AS s WHERE s.value -> 'anti-action' IS NOT NULL
        ),
        'conditions', json('[]')
    )), json('[]'))
    FROM json_each(extensions.conditions) AS c
);

DROP TABLE globals;
ALTER TABLE languages DROP COLUMN groups;
ALTER TABLE gateways DROP COLUMN others;
ALTER TABLE profiles DROP COLUMN others;
ALTER TABLE profiles DROP COLUMN aliases;
ALTER TABLE groups DROP COLUMN variables;
ALTER TABLE groups DROP COLUMN params;
ALTER TABLE users DROP COLUMN others;
DROP TABLE domain_aliases;
ALTER TABLE domains DROP COLUMN others;
ALTER TABLE domains DROP COLUMN algorithms;
ALTER TABLE domains DROP COLUMN realms;
