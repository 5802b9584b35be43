-- What 0014_reads.sql did for the first facts holds for all: their "one at a time" is a rule, and no
-- query finds rows by its index.
DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN
        SELECT conrelid::regclass AS facts, conname AS name, pg_get_constraintdef(oid) AS text
        FROM pg_constraint
        WHERE contype = 'x' AND connamespace = 'public'::regnamespace
        ORDER BY conname
    LOOP
        CONTINUE WHEN rule.text NOT LIKE '%superseded_at IS NULL%';
        EXECUTE format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I %3$s',
                       rule.facts, rule.name,
                       replace(rule.text, 'superseded_at IS NULL',
                               'COALESCE(superseded_at, ''infinity'') = ''infinity'''));
    END LOOP;
END
$$;
