-- What the older tables cannot hold is lost: aliases, globals, settings of groups, other elements, and
-- conditions inside of conditions.

UPDATE extensions SET conditions = (
    SELECT coalesce(json_agg(json_build_object(
        'attributes', (
            SELECT coalesce(json_agg(json_build_array(a.value ->> 'name', a.value ->> 'text') ORDER BY a.place), '[]'::json)
            FROM json_array_elements(c.value -> 'attributes') WITH ORDINALITY AS a (value, place)
        ),
        'actions', (
            SELECT coalesce(json_agg(s.value -> 'action' ORDER BY s.place), '[]'::json)
            FROM json_array_elements(c.value -> 'steps') WITH ORDINALITY AS s (value, place)
            WHERE s.value -> 'action' IS NOT NULL
        ),
        'anti_actions', (
            SELECT coalesce(json_agg(s.value -> 'anti-action' ORDER BY s.place), '[]'::json)
            FROM json_array_elements(c.value -> 'steps') WITH ORDINALITY AS s (value, place)
            WHERE s.value -> 'anti-action' IS NOT NULL
        ),
        'conditions', '[]'::json
    ) ORDER BY c.place), '[]'::json)::text
    FROM json_array_elements(extensions.conditions::json) WITH ORDINALITY AS c (value, place)
);

DROP TABLE globals;
DROP FUNCTION note_globals();
ALTER TABLE languages DROP COLUMN groups;
ALTER TABLE gateways DROP COLUMN others;
ALTER TABLE profiles DROP COLUMN others;
ALTER TABLE profiles DROP COLUMN aliases;
ALTER TABLE groups DROP COLUMN variables;
ALTER TABLE groups DROP COLUMN params;
ALTER TABLE users DROP COLUMN others;
DROP TABLE domain_aliases;
DROP FUNCTION note_domain_aliases();
ALTER TABLE domains DROP COLUMN others;
ALTER TABLE domains DROP COLUMN algorithms;
ALTER TABLE domains DROP COLUMN realms;
