-- For tests that break each named constraint once; included by them after pgTAP.

-- A statement that must break this very constraint.
CREATE FUNCTION pg_temp.violates(statement text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    EXECUTE statement;
    RETURN fail(name || ' lets it pass');
EXCEPTION WHEN integrity_constraint_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    RETURN is(broken, name);
END
$$;

-- The insert of a copy of a row, with another id and what is edited.
CREATE FUNCTION pg_temp.edited(table_name text, which text, edit text) RETURNS text
LANGUAGE sql AS $$
    SELECT format('INSERT INTO %1$I SELECT (jsonb_populate_record(NULL::%1$I, to_jsonb(t) || %2$L)).*'
                  ' FROM %1$I AS t WHERE %3$s', table_name,
                  jsonb_build_object('id', gen_random_uuid()) || edit::jsonb, which)
$$;
