-- step: create
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, name text, region_code bigint, value jsonb,
         source text, valid_from date)
), judged AS (
    SELECT q.*, k.expected_en, k.expected_zh, f.pointer, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN k.is_of_district AND g.kind <> 'district' THEN 'policy_of_district_only'
        WHEN f.pointer IS NOT NULL THEN 'policy_value_invalid'
    END AS code
    FROM request AS q
    LEFT JOIN policy_kinds() AS k ON k.name = q.name
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    CROSS JOIN LATERAL (
        SELECT COALESCE(policy_value_fault(q.value, k.value_schema), CASE
            WHEN q.name = 'star_ladder' AND NOT EXISTS (
                SELECT FROM star_ladders AS l
                WHERE l.district_id = :district::integer AND l.ladder = q.value #>> '{}'
                  AND l.valid_from <= q.since)
            OR q.name = 'service_window'
               AND split_part(q.value #>> '{}', '-', 1) >= split_part(q.value #>> '{}', '-', 2)
            THEN '/value' END, (
            SELECT '/value/' || min(c.place) - 1
            FROM jsonb_array_elements_text(CASE WHEN q.name = 'service_window_exempt'
                                                THEN q.value END) WITH ORDINALITY AS c(code, place)
            WHERE NOT EXISTS (SELECT FROM service_categories AS s
                              WHERE s.district_id = :district::integer
                                AND s.category_code = c.code))) AS pointer
    ) AS f
), created AS (
    INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
    SELECT :district::integer, new_id, name, region_code, value, source, since
    FROM judged
    WHERE code IS NULL
    ORDER BY ordinal
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('name', j.name, 'expected', j.expected_en,
                              'expected_zh', j.expected_zh, 'pointer', j.pointer) AS args,
           c.id::text AS subject_id, c.region_code, c.id, c.name, c.value, c.source, c.valid_from,
           NULL::date AS valid_to, c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
