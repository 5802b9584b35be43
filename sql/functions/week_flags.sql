-- What the rules find in the records of a week. A flag asks for a look; it rejects nothing.

-- The records of a week with who served whom.
CREATE OR REPLACE FUNCTION week_services(of_district integer, week date)
RETURNS TABLE (record_id uuid, region_code bigint, volunteer_id uuid, service_date date,
               server_id uuid, recipient_person_id uuid, recipient_household_id uuid)
LANGUAGE sql STABLE ROWS 300 AS $$
    SELECT w.record_id, w.region_code, w.volunteer_id, w.service_date, s.server_id,
           s.recipient_person_id, s.recipient_household_id
    FROM week_records(of_district, week) AS w
    JOIN service_records AS s ON s.district_id = of_district AND s.id = w.record_id
$$;

-- Where the recipient of each lives.
CREATE OR REPLACE FUNCTION week_recipient_homes(of_district integer, week date)
RETURNS TABLE (record_id uuid, region_code bigint, household_id uuid, address_line text)
LANGUAGE sql STABLE ROWS 300 AS $$
    WITH listed AS MATERIALIZED (
        SELECT * FROM week_services(of_district, week)
    )
    SELECT l.record_id, h.region_code, h.household_id, COALESCE(h.address_line, k.address_line)
    FROM listed AS l
    JOIN residences AS h ON h.district_id = of_district AND h.person_id = l.recipient_person_id
        AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, l.service_date)
    LEFT JOIN households AS k ON k.district_id = of_district AND k.id = h.household_id
    UNION ALL
    SELECT l.record_id, k.region_code, k.id, k.address_line
    FROM listed AS l
    JOIN households AS k ON k.district_id = of_district AND k.id = l.recipient_household_id
$$;

-- Same address though not one household; a recipient who lives outside the record's region.
CREATE OR REPLACE FUNCTION week_place_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    WITH listed AS MATERIALIZED (
        SELECT * FROM week_services(of_district, week)
    ), recipient_home AS MATERIALIZED (
        SELECT * FROM week_recipient_homes(of_district, week)
    )
    SELECT l.record_id, 'same_address', '{}'::jsonb
    FROM listed AS l
    JOIN recipient_home AS theirs USING (record_id)
    JOIN residences AS own ON own.district_id = of_district AND own.person_id = l.server_id
        AND fact_is_true(own.valid_from, own.valid_to, own.superseded_at, l.service_date)
    LEFT JOIN households AS k ON k.district_id = of_district AND k.id = own.household_id
    WHERE own.region_code = theirs.region_code
      AND COALESCE(own.address_line, k.address_line) = theirs.address_line
      AND (own.household_id = theirs.household_id) IS NOT TRUE
    UNION ALL
    SELECT l.record_id, 'outside_region', jsonb_build_object('region_code', h.region_code::text)
    FROM listed AS l
    JOIN recipient_home AS h USING (record_id)
    WHERE h.region_code NOT BETWEEN l.region_code
          AND l.region_code + CASE WHEN l.region_code % 1000000 = 0 THEN 999999
                                   WHEN l.region_code % 1000 = 0 THEN 999 ELSE 0 END
$$;

-- How often one person was registered as serving the other in the four weeks up to a day, by records
-- that still count.
CREATE OR REPLACE FUNCTION times_served(of_district integer, server uuid, recipient uuid,
                                        until date) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT count(*)
    FROM service_records AS s
    JOIN registrations AS r ON r.district_id = of_district AND r.record_id = s.id
    WHERE s.district_id = of_district AND s.recipient_person_id = recipient
      AND s.server_id = server AND s.service_date BETWEEN until - 27 AND until
      AND NOT EXISTS (SELECT FROM voids AS v
                      WHERE v.district_id = of_district AND v.record_id = s.id)
      AND NOT EXISTS (SELECT FROM service_records AS newer
                      WHERE newer.district_id = of_district AND newer.replaces_id = s.id)
      AND NOT EXISTS (SELECT FROM decisions AS d
                      WHERE d.district_id = of_district AND d.record_id = s.id AND d.minutes = 0)
$$;

-- Two who serve each other again and again: wanted among neighbours, so it is looked at, no more.
CREATE OR REPLACE FUNCTION week_reciprocity_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    SELECT l.record_id, 'reciprocity',
           jsonb_build_object('given', given.times, 'received', received.times)
    FROM week_services(of_district, week) AS l
    CROSS JOIN LATERAL (
        SELECT (policy_value(of_district, 'reciprocity_threshold', l.region_code,
                             l.service_date) #>> '{}')::integer AS times
    ) AS threshold
    CROSS JOIN LATERAL (
        SELECT times_served(of_district, l.recipient_person_id, l.server_id,
                            l.service_date) AS times
    ) AS received
    CROSS JOIN LATERAL (
        SELECT times_served(of_district, l.server_id, l.recipient_person_id,
                            l.service_date) AS times
    ) AS given
    WHERE l.recipient_person_id IS NOT NULL
      AND received.times >= threshold.times AND given.times >= threshold.times
$$;

-- The recipient was dead by then; had told that he was away, as a volunteer does; or had given up his
-- home in the district and has none since. (Who has none on record has not moved away.) Why somebody
-- was away is not for all who see the flag.
CREATE OR REPLACE FUNCTION week_recipient_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    WITH listed AS MATERIALIZED (
        SELECT l.record_id, l.service_date, l.recipient_person_id AS person_id, p.died_on
        FROM week_services(of_district, week) AS l
        JOIN persons AS p ON p.district_id = of_district AND p.id = l.recipient_person_id
    ), absent AS (
        SELECT l.record_id, 'absence' AS reason, a.valid_from AS since
        FROM listed AS l
        JOIN volunteers AS v ON v.district_id = of_district AND v.person_id = l.person_id
        JOIN absences AS a ON a.district_id = of_district AND a.volunteer_id = v.id
            AND fact_is_true(a.valid_from, a.valid_to, a.superseded_at, l.service_date)
        UNION ALL
        SELECT l.record_id, 'moved_away', max(h.valid_to)
        FROM listed AS l
        JOIN residences AS h ON h.district_id = of_district AND h.person_id = l.person_id
            AND h.superseded_at IS NULL AND h.valid_from <= l.service_date
        GROUP BY l.record_id, l.service_date
        HAVING max(COALESCE(h.valid_to, 'infinity')) <= l.service_date
    )
    SELECT l.record_id, 'recipient_deceased', jsonb_build_object('died_on', l.died_on)
    FROM listed AS l
    WHERE l.died_on < l.service_date
    UNION ALL
    SELECT record_id, 'recipient_absent', jsonb_build_object('reason', a.reason, 'since', a.since)
    FROM (SELECT DISTINCT ON (record_id) * FROM absent ORDER BY record_id, reason, since) AS a
    JOIN listed AS l USING (record_id)
    WHERE (l.died_on < l.service_date) IS NOT TRUE
$$;

CREATE OR REPLACE FUNCTION week_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    SELECT * FROM week_place_flags(of_district, week)
    UNION ALL
    SELECT * FROM week_recipient_flags(of_district, week)
    UNION ALL
    SELECT * FROM week_reciprocity_flags(of_district, week)
    UNION ALL
    SELECT * FROM week_day_flags(of_district, week)
    UNION ALL
    SELECT * FROM week_window_flags(of_district, week)
    UNION ALL
    SELECT * FROM week_paper_flags(of_district, week)
    UNION ALL
    SELECT * FROM week_registrar_flags(of_district, week)
    UNION ALL
    -- Carried from a week whose close found it wrong: a later close must not accept it as clean.
    SELECT l.record_id, 'spot_check_failed', '{}'::jsonb
    FROM week_services(of_district, week) AS l
    WHERE EXISTS (SELECT FROM spot_checks AS c
                  WHERE c.district_id = of_district AND c.record_id = l.record_id
                    AND c.result = 'mismatch')
$$;
