-- One that was entered by mistake; the lock keeps anybody from moving in meanwhile.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(household_id uuid)
)
SELECT f.id
FROM households AS f
WHERE f.district_id = :district::integer AND f.id IN (SELECT household_id FROM request)
ORDER BY f.id
FOR UPDATE

-- step: discard
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, household_id uuid)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, CASE
        WHEN f.id IS NULL
             OR f.region_code NOT IN (SELECT regions_within(:district::integer, q.scope_low,
                                                            q.scope_high, q.today))
            THEN 'not_found'
        WHEN EXISTS (SELECT FROM residences AS h
                     WHERE h.district_id = f.district_id AND h.household_id = f.id)
             OR EXISTS (SELECT FROM service_drafts AS d
                        WHERE d.district_id = f.district_id AND d.recipient_household_id = f.id)
             OR EXISTS (SELECT FROM service_records AS s
                        WHERE s.district_id = f.district_id AND s.recipient_household_id = f.id)
            THEN 'household_in_use'
    END AS code
    FROM request AS q
    LEFT JOIN households AS f ON f.district_id = :district::integer AND f.id = q.household_id
), gone AS (
    DELETE FROM households AS f
    USING judged AS j
    WHERE j.code IS NULL AND f.district_id = :district::integer AND f.id = j.household_id
    RETURNING f.*
), outcome AS (
    SELECT j.ordinal, j.code, NULL::jsonb AS args, j.household_id::text AS subject_id,
           living_region(:district::integer, c.region_code, j.today) AS region_code, c.id,
           c.address_line, CASE WHEN j.code IS NULL THEN '[]'::json END AS members, c.version
    FROM judged AS j
    LEFT JOIN gone AS c ON c.id = j.household_id
)
SELECT * FROM outcome ORDER BY ordinal
