-- step: find
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, id_number_lookup bytea, phone_lookup bytea)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), found AS (
    SELECT q.ordinal, p.id, p.name, p.sex, p.birth_date, p.died_on, h.region_code,
           row_number() OVER (PARTITION BY q.ordinal ORDER BY p.id) AS place
    FROM request AS q
    JOIN persons AS p
        ON p.district_id = :district::integer
       AND (q.id_number_lookup IS NULL OR p.id_number_lookup = q.id_number_lookup)
       AND (q.phone_lookup IS NULL OR p.phone_lookup = q.phone_lookup)
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
    WHERE COALESCE(q.id_number_lookup, q.phone_lookup) IS NOT NULL
      AND COALESCE(h.region_code, :district::bigint * 1000000)
              BETWEEN q.scope_low AND q.scope_high
), outcome AS (
    SELECT q.ordinal, NULL::text AS code, NULL::jsonb AS args, q.new_id::text AS subject_id,
           NULL::bigint AS region_code,
           (SELECT COALESCE(json_agg(json_build_object(
                       'id', f.id, 'name', f.name, 'sex', f.sex, 'birth_date', f.birth_date,
                       'died_on', f.died_on, 'region_code', f.region_code::text)
                       ORDER BY f.id), '[]')
            FROM found AS f
            WHERE f.ordinal = q.ordinal AND f.place <= 200) AS data
    FROM request AS q
)
SELECT * FROM outcome ORDER BY ordinal
