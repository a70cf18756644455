-- A change of a row that is part of something else says of what, so that whoever follows the changes reads only
-- that anew, also once the row is gone. And every other instance is woken as soon as a change is committed.

ALTER TABLE changes ADD COLUMN owner_table TEXT;
ALTER TABLE changes ADD COLUMN owner_id BIGINT;

CREATE OR REPLACE FUNCTION note(TEXT, BIGINT, TEXT, TEXT, TEXT, BIGINT) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    this TEXT := concat_ws(' ', pg_current_xact_id(), now());
BEGIN
    UPDATE revision SET value = value + 1, writer = this WHERE writer IS DISTINCT FROM this;
    IF FOUND THEN
        PERFORM pg_notify('jackfield', '');
    END IF;
    INSERT INTO changes (revision, table_name, row_id, key, did, who, owner_table, owner_id)
    SELECT value, $1, $2, $3, $4, coalesce(nullif(current_setting('jackfield.who', true), ''), session_user), $5, $6
    FROM revision;
END $$;

CREATE OR REPLACE FUNCTION note(TEXT, BIGINT, TEXT, TEXT) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM note($1, $2, $3, $4, NULL, NULL);
END $$;

-- Tracks a table whose rows are part of others: `owner` is an expression over `it`, the id of the other row. One
-- that gets another owner is told of both.
CREATE FUNCTION track_part(tracked TEXT, key TEXT, owner_table TEXT, owner TEXT) RETURNS void
LANGUAGE plpgsql AS $track$
BEGIN
    EXECUTE format($sql$
        CREATE OR REPLACE FUNCTION note_%1$s() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $note$
        DECLARE
            it %1$I%%ROWTYPE;
            old_table TEXT;
            old_owner BIGINT;
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                it := OLD;
                old_table := %3$s;
                old_owner := %4$s;
            END IF;
            IF TG_OP <> 'DELETE' THEN it := NEW; END IF;
            PERFORM note('%1$s', it.id, %2$s, lower(TG_OP), %3$s, %4$s);
            IF TG_OP = 'UPDATE' AND (old_table, old_owner) IS DISTINCT FROM (%3$s, %4$s) THEN
                PERFORM note('%1$s', it.id, %2$s, lower(TG_OP), old_table, old_owner);
            END IF;
            RETURN NULL;
        END $note$;
    $sql$, tracked, key, owner_table, owner);
END $track$;

SELECT track_part('domain_aliases', $$it.name$$, $$'domains'$$, $$it.domain_id$$);
SELECT track_part('group_members', $$
    coalesce((SELECT name FROM groups WHERE id = it.group_id), '') || '/' ||
    coalesce((SELECT name FROM users WHERE id = it.user_id), '')
$$, $$'groups'$$, $$it.group_id$$);
SELECT track_part('gateways', $$it.name$$,
    $$CASE WHEN it.profile_id IS NULL THEN 'users' ELSE 'profiles' END$$, $$coalesce(it.profile_id, it.user_id)$$);
SELECT track_part('phrases', $$
    coalesce((SELECT name FROM languages WHERE id = it.language_id), '') || '/' || it.name
$$, $$'languages'$$, $$it.language_id$$);
