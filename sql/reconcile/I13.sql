-- I13: every primary key, unique index, exclusion and foreign key begins with the district, but for
-- the tables listed; so no reference crosses districts. It is of the schema: $1 changes nothing.
WITH exempt (name) AS (
    VALUES ('installation'), ('districts'), ('schema_migrations'), ('schema_functions')
), keyed AS (
    SELECT t.relname AS table_name, i.relname AS key_name, a.attname AS first_column
    FROM pg_index AS x
    JOIN pg_class AS t ON t.oid = x.indrelid
    JOIN pg_class AS i ON i.oid = x.indexrelid
    LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
    WHERE t.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT t.relname, c.conname, CASE WHEN c.confkey[1] = f.attnum THEN a.attname END
    FROM pg_constraint AS c
    JOIN pg_class AS t ON t.oid = c.conrelid
    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute AS f ON f.attrelid = c.confrelid AND f.attname = 'district_id'
    WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace
)
SELECT 'a key does not begin with the district' AS what,
       k.table_name || '.' || k.key_name AS where_found
FROM keyed AS k
WHERE k.table_name NOT IN (SELECT name FROM exempt)
  AND k.first_column IS DISTINCT FROM 'district_id'
  AND $1::integer IS NOT DISTINCT FROM $1::integer
