CREATE OR REPLACE FUNCTION note(TEXT, BIGINT, TEXT, TEXT) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    this TEXT := concat_ws(' ', pg_current_xact_id(), now());
BEGIN
    UPDATE revision SET value = value + 1, writer = this WHERE writer IS DISTINCT FROM this;
    INSERT INTO changes (revision, table_name, row_id, key, did, who)
    SELECT value, $1, $2, $3, $4, coalesce(nullif(current_setting('jackfield.who', true), ''), session_user)
    FROM revision;
END $$;

CREATE FUNCTION untrack_part(tracked TEXT, key TEXT) RETURNS void LANGUAGE plpgsql AS $track$
BEGIN
    EXECUTE format($sql$
        CREATE OR REPLACE FUNCTION note_%1$s() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $note$
        DECLARE
            it %1$I%%ROWTYPE;
        BEGIN
            IF TG_OP = 'DELETE' THEN it := OLD; ELSE it := NEW; END IF;
            PERFORM note('%1$s', it.id, %2$s, lower(TG_OP));
            RETURN NULL;
        END $note$;
    $sql$, tracked, key);
END $track$;

SELECT untrack_part('domain_aliases', $$it.name$$);
SELECT untrack_part('group_members', $$
    coalesce((SELECT name FROM groups WHERE id = it.group_id), '') || '/' ||
    coalesce((SELECT name FROM users WHERE id = it.user_id), '')
$$);
SELECT untrack_part('gateways', $$it.name$$);
SELECT untrack_part('phrases', $$
    coalesce((SELECT name FROM languages WHERE id = it.language_id), '') || '/' || it.name
$$);

DROP FUNCTION untrack_part(TEXT, TEXT);
DROP FUNCTION track_part(TEXT, TEXT, TEXT, TEXT);
DROP FUNCTION note(TEXT, BIGINT, TEXT, TEXT, TEXT, BIGINT);
ALTER TABLE changes DROP COLUMN owner_table;
ALTER TABLE changes DROP COLUMN owner_id;
