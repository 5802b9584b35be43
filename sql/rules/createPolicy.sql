-- step: create
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, name text, region_code bigint, value jsonb,
         source text, valid_from date)
), known_policy (name, expected, district_only) AS (
    VALUES ('registrar_roles', 'an array of roles that may register', false),
           ('spot_check_percent', 'an integer from 10 to 100', false),
           ('star_ladder', 'the name of a star ladder', true),
           ('reciprocity_threshold', 'an integer from 1 to 1000', false),
           ('correction_answer_days', 'an integer from 1 to 365', false),
           ('availability', '"on_verification"', true),
           ('rounding', '"none"', true)
), judged AS (
    SELECT q.*, k.expected, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN k.district_only AND g.kind <> 'district' THEN 'policy_of_district_only'
        WHEN NOT COALESCE(CASE q.name
            WHEN 'registrar_roles' THEN jsonb_typeof(q.value) = 'array'
                AND q.value <> '[]'
                AND q.value <@ '["subdistrict_admin", "subdistrict_clerk", "community_secretary",
                    "community_clerk", "team_leader", "residents_group_head",
                    "information_officer"]'
            WHEN 'spot_check_percent' THEN CASE WHEN jsonb_typeof(q.value) = 'number' THEN
                q.value::numeric BETWEEN 10 AND 100 AND q.value::numeric % 1 = 0 END
            WHEN 'reciprocity_threshold' THEN CASE WHEN jsonb_typeof(q.value) = 'number' THEN
                q.value::numeric BETWEEN 1 AND 1000 AND q.value::numeric % 1 = 0 END
            WHEN 'correction_answer_days' THEN CASE WHEN jsonb_typeof(q.value) = 'number' THEN
                q.value::numeric BETWEEN 1 AND 365 AND q.value::numeric % 1 = 0 END
            WHEN 'star_ladder' THEN jsonb_typeof(q.value) = 'string' AND EXISTS (
                SELECT FROM star_ladders AS l
                WHERE l.district_id = :district::integer AND l.ladder = q.value #>> '{}'
                  AND l.valid_from <= q.since)
            WHEN 'availability' THEN q.value = '"on_verification"'
            WHEN 'rounding' THEN q.value = '"none"'
        END, false) THEN 'policy_value_invalid'
    END AS code
    FROM request AS q
    LEFT JOIN known_policy AS k ON k.name = q.name
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
), created AS (
    INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
    SELECT :district::integer, new_id, name, region_code, value, source, since
    FROM judged
    WHERE code IS NULL
    ORDER BY ordinal
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('name', j.name, 'expected', j.expected) AS args,
           c.id::text AS subject_id, c.region_code, c.id, c.name, c.value, c.source, c.valid_from,
           c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
