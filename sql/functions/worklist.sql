-- A community-week as its verifier sees it.

-- Its records; drawn: a spot check is due. The draw is by the seed among the clean records: the
-- policy's share, rounded up. times_carried: into how many weeks it was carried until this one, each time
-- overdue. Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS worklist_records(integer, date, bigint);
CREATE FUNCTION worklist_records(of_district integer, week date, region bigint)
RETURNS TABLE (record_id uuid, volunteer_id uuid, service_date date, minutes bigint,
               registrar_id uuid, registered_late boolean, is_carried boolean, flags text[],
               decision text, is_drawn boolean, times_carried bigint)
LANGUAGE sql STABLE ROWS 10 AS $$
    WITH listed AS (
        SELECT w.*, d.decision, ARRAY(
                   SELECT f.rule FROM record_flags AS f
                   WHERE f.district_id = of_district AND f.record_id = w.record_id
                     AND f.book_week <= week
                   ORDER BY f.rule COLLATE "C") AS flags
        FROM week_records(of_district, week) AS w
        LEFT JOIN decisions AS d ON d.district_id = of_district AND d.record_id = w.record_id
            AND d.book_week = week
        WHERE w.region_code = region
    ), ranked AS (
        SELECT l.*, count(*) OVER same AS among,
               row_number() OVER (same ORDER BY sha256(k.seed || uuid_send(l.record_id))) AS place
        FROM listed AS l
        JOIN worklists AS k ON k.district_id = of_district AND k.book_week = week
            AND k.region_code = region
        WINDOW same AS (PARTITION BY l.flags = '{}')
    )
    SELECT r.record_id, r.volunteer_id, r.service_date, r.minutes, r.registrar_id,
           r.registered_late, r.is_carried, r.flags, r.decision,
           r.flags = '{}' AND r.place <= (r.among * share.percent + 99) / 100,
           CASE WHEN r.is_carried THEN times_carried(of_district, r.record_id, week) ELSE 0 END
    FROM ranked AS r
    CROSS JOIN (SELECT (policy_value(of_district, 'spot_check_percent', region, week)
                        #>> '{}')::integer AS percent) AS share
$$;

-- How often a record has been carried by a week, into it too.
CREATE OR REPLACE FUNCTION times_carried(of_district integer, of_record uuid, week date)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT count(*)
    FROM carries AS c
    WHERE c.district_id = of_district AND c.record_id = of_record AND c.to_week <= week
$$;

-- What a close accepts, in one value: records, minutes and flags. Decisions made one by one do not
-- change it; a record that was voided or replaced meanwhile does.
CREATE OR REPLACE FUNCTION worklist_digest(of_district integer, week date, region bigint)
RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to('timebank.worklist.1', 'UTF8') || int4send(of_district)
                  || date_send(week) || int8send(region) || k.seed || int8send(count(w.record_id))
                  || COALESCE(string_agg(uuid_send(w.record_id) || int8send(w.minutes)
                         || int4send(cardinality(w.flags))
                         || sha256(convert_to(array_to_string(w.flags, ','), 'UTF8')),
                         '' ORDER BY w.record_id), ''))
    FROM worklists AS k
    LEFT JOIN worklist_records(of_district, week, region) AS w ON true
    WHERE k.district_id = of_district AND k.book_week = week AND k.region_code = region
    GROUP BY k.seed
$$;

-- The records of a worklist as the answer shows them.
CREATE OR REPLACE FUNCTION worklist_records_json(of_district integer, week date, region bigint)
RETURNS json LANGUAGE sql STABLE AS $$
    SELECT COALESCE(json_agg(json_build_object(
        'record_id', w.record_id, 'service_date', w.service_date, 'minutes', w.minutes,
        'volunteer_id', w.volunteer_id, 'volunteer_number', v.volunteer_number,
        'server_id', s.server_id, 'server_name', server.name,
        'category_code', s.category_code, 'content', s.content, 'place', s.place,
        'recipient_kind', s.recipient_kind, 'recipient_person_id', s.recipient_person_id,
        'recipient_name', COALESCE(recipient.name, home.address_line, s.recipient_label),
        'attestations', (
            SELECT COALESCE(json_agg(json_build_object('attester_id', a.attester_id,
                       'attester_name', p.name, 'capacity', a.capacity, 'method', a.method,
                       'minutes', a.minutes) ORDER BY a.attested_at, a.id), '[]')
            FROM attestations AS a
            JOIN persons AS p ON p.district_id = of_district AND p.id = a.attester_id
            WHERE a.district_id = of_district AND a.record_id = w.record_id),
        'registrar_id', w.registrar_id, 'registrar_name', registrar.name,
        'registered_late', w.registered_late, 'carried', w.is_carried,
        'times_carried', w.times_carried, 'flags', w.flags,
        'findings', (
            SELECT COALESCE(json_agg(json_build_object('rule', f.rule, 'args', f.args,
                       'text_en', f.text_en, 'text_zh', f.text_zh) ORDER BY f.rule), '[]')
            FROM record_findings(of_district, w.record_id, week) AS f),
        'correction_requested', is_reported(of_district, w.record_id), 'drawn', w.is_drawn, 'decision', w.decision)
        ORDER BY w.service_date, w.record_id), '[]')
    FROM worklist_records(of_district, week, region) AS w
    JOIN service_records AS s ON s.district_id = of_district AND s.id = w.record_id
    JOIN volunteers AS v ON v.district_id = of_district AND v.id = w.volunteer_id
    JOIN persons AS server ON server.district_id = of_district AND server.id = s.server_id
    JOIN persons AS registrar
        ON registrar.district_id = of_district AND registrar.id = w.registrar_id
    LEFT JOIN persons AS recipient
        ON recipient.district_id = of_district AND recipient.id = s.recipient_person_id
    LEFT JOIN households AS home
        ON home.district_id = of_district AND home.id = s.recipient_household_id
$$;

-- Had this person a part in a record: served, attested, registered, or lives with who served?
CREATE OR REPLACE FUNCTION had_part(of_district integer, of_record uuid, person uuid)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM service_records AS s
                   WHERE s.district_id = of_district AND s.id = of_record
                     AND (s.server_id = person
                          OR share_household(of_district, s.server_id, person, s.service_date)))
        OR EXISTS (SELECT FROM attestations AS a
                   WHERE a.district_id = of_district AND a.record_id = of_record
                     AND a.attester_id = person)
        OR EXISTS (SELECT FROM registrations AS r
                   WHERE r.district_id = of_district AND r.record_id = of_record
                     AND r.registrar_id = person)
$$;

-- The secretaries of a community on a day, as users with that role in force.
CREATE OR REPLACE FUNCTION secretaries_of(of_district integer, region bigint, on_date date)
RETURNS TABLE (person_id uuid) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT u.person_id
    FROM role_grants AS g
    JOIN users AS u ON u.district_id = of_district AND u.id = g.user_id
    WHERE g.district_id = of_district AND g.region_code = region
      AND g.role = 'community_secretary' AND g.revoked_at IS NULL AND u.disabled_at IS NULL
      AND g.valid_from <= on_date AND (g.valid_to IS NULL OR on_date < g.valid_to)
$$;

-- May this person close a community-week on a day: its secretary; an administrator of a subdistrict
-- over it only while it has none. (What a secretary had a part in is left out of his close and
-- decided one by one by the subdistrict.)
CREATE OR REPLACE FUNCTION may_verify(of_district integer, person uuid, region bigint, on_date date)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM secretaries_of(of_district, region, on_date) AS s
                   WHERE s.person_id = person)
        OR (NOT EXISTS (SELECT FROM secretaries_of(of_district, region, on_date))
            AND EXISTS (
                SELECT FROM users AS u
                JOIN role_grants AS g ON g.district_id = of_district AND g.user_id = u.id
                WHERE u.district_id = of_district AND u.person_id = person
                  AND u.disabled_at IS NULL AND g.revoked_at IS NULL
                  AND g.role = 'subdistrict_admin' AND g.valid_from <= on_date
                  AND (g.valid_to IS NULL OR on_date < g.valid_to)
                  AND region BETWEEN g.scope_low AND g.scope_high))
$$;
