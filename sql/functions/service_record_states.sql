-- Microseconds since 1970, exact in the numbers of JavaScript until 2255.
CREATE OR REPLACE FUNCTION record_version(changed_at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(epoch FROM changed_at) * 1000000)::bigint
$$;

-- Verified minutes in whole steps; what is less than a step is not credited.
CREATE OR REPLACE FUNCTION credited_minutes(minutes bigint, step smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT minutes - minutes % step
$$;

-- The same in the step of a week; without one, all of them.
CREATE OR REPLACE FUNCTION credited_in_week(of_district integer, week date, minutes bigint)
RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE((SELECT credited_minutes(minutes, p.credit_step_minutes) FROM periods AS p
                     WHERE p.district_id = of_district AND p.grain = 'week'
                       AND p.begin_date = week), minutes);
END
$$;

-- What has become of a record, derived from its evidence: nothing ever updates a record.
-- A record's effective week is the one of its registration or carry that no carry leads out of.
-- earned_minutes are what was verified, or what its last correction says; verified_minutes are what of them
-- is credited, in the steps of its week.
-- Plain joins only, and with what joins this view no more than the planner reorders (8), so that a filter by
-- record, volunteer or week reaches an index: corrections are looked up. The inner UNION ALL is of two bare tables: only so the planner can look into it for one record.
-- Columns are only ever added at the end (CREATE OR REPLACE VIEW).
CREATE OR REPLACE VIEW service_record_states AS
SELECT sr.district_id, sr.id AS record_id, sr.region_code, sr.volunteer_id, sr.server_id,
       sr.service_date, sr.minutes, state.status, w.book_week,
       CASE WHEN state.status = 'verified'
            THEN credited_in_week(sr.district_id, w.book_week,
                                  COALESCE((SELECT k.minutes FROM ledger_correction_postings AS k
                                            WHERE k.district_id = sr.district_id
                                              AND k.record_id = sr.id
                                            ORDER BY k.turn DESC LIMIT 1), d.minutes, sr.minutes))
            END AS verified_minutes,
       CASE WHEN state.status = 'verified'
            THEN COALESCE(d.decided_at, c.closed_at, sr.created_at) END AS verified_at,
       GREATEST(w.recorded_at, v.recorded_at, newer.recorded_at, d.recorded_at, c.recorded_at,
                (SELECT max(k.recorded_at) FROM ledger_correction_postings AS k
                 WHERE k.district_id = sr.district_id AND k.record_id = sr.id)) AS changed_at,
       COALESCE(v.reason, d.reason) AS status_reason,
       CASE WHEN state.status = 'verified'
            THEN COALESCE((SELECT k.minutes FROM ledger_correction_postings AS k
                           WHERE k.district_id = sr.district_id AND k.record_id = sr.id
                           ORDER BY k.turn DESC LIMIT 1), d.minutes, sr.minutes) END AS earned_minutes
FROM service_records AS sr
LEFT JOIN (
    SELECT one.district_id, one.record_id, one.book_week, one.recorded_at
    FROM (SELECT district_id, record_id, book_week, recorded_at FROM registrations
          UNION ALL
          SELECT district_id, record_id, to_week, recorded_at FROM carries) AS one
    WHERE NOT EXISTS (SELECT FROM carries AS later
                      WHERE later.district_id = one.district_id
                        AND later.record_id = one.record_id AND later.to_week > one.book_week)
) AS w ON w.district_id = sr.district_id AND w.record_id = sr.id
LEFT JOIN voids AS v ON v.district_id = sr.district_id AND v.record_id = sr.id
LEFT JOIN service_records AS newer
    ON newer.district_id = sr.district_id AND newer.replaces_id = sr.id
LEFT JOIN decisions AS d ON d.district_id = sr.district_id AND d.record_id = sr.id
LEFT JOIN worklist_closes AS c ON c.district_id = sr.district_id AND c.book_week = w.book_week
                              AND c.region_code = sr.region_code
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN v.record_id IS NOT NULL THEN 'void'
        WHEN newer.id IS NOT NULL THEN 'replaced'
        WHEN sr.kind = 'opening' THEN 'verified'
        WHEN d.decision = 'reject' THEN 'rejected'
        WHEN d.decision = 'return' THEN 'returned'
        WHEN d.decision IS NOT NULL THEN 'verified'
        WHEN w.record_id IS NULL THEN 'attested'
        WHEN c.closed_at IS NOT NULL
             AND NOT EXISTS (SELECT FROM close_exceptions AS x
                             WHERE x.district_id = sr.district_id AND x.record_id = sr.id
                               AND x.book_week = w.book_week)
             AND NOT EXISTS (SELECT FROM record_flags AS f
                             WHERE f.district_id = sr.district_id AND f.record_id = sr.id)
            THEN 'verified'
        ELSE 'registered' END AS status
) AS state;
GRANT SELECT ON service_record_states TO timebank_service;

-- Drafts and records in one shape. `version` grows with every change: of a record it is the
-- microsecond in which the last piece of its evidence was recorded.
CREATE OR REPLACE VIEW service_record_answers AS
SELECT d.region_code, d.district_id, d.id, 'service'::text AS kind, 'draft'::text AS status,
       d.team_id, d.volunteer_id, v.person_id AS server_id, p.name AS server_name, d.category_code,
       d.recipient_kind, d.recipient_person_id, q.name AS recipient_name, d.recipient_household_id,
       d.recipient_label, d.place, d.content, d.person_in_charge, d.service_date, d.starts_at,
       d.ends_at, CASE WHEN d.starts_at IS NULL THEN 'day' ELSE 'minute' END AS time_precision,
       d.minutes, NULL::date AS book_week, NULL::uuid AS registrar_id,
       NULL::timestamptz AS registered_at, NULL::boolean AS registered_late,
       0::bigint AS pending_minutes, NULL::bigint AS verified_minutes,
       NULL::timestamptz AS verified_at, d.assignment_id, d.replaces_id, d.entered_by, d.created_at,
       d.version, NULL::text AS status_reason
FROM service_drafts AS d
JOIN volunteers AS v ON v.district_id = d.district_id AND v.id = d.volunteer_id
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
LEFT JOIN persons AS q ON q.district_id = d.district_id AND q.id = d.recipient_person_id
UNION ALL
SELECT sr.region_code, sr.district_id, sr.id, sr.kind, s.status,
       sr.team_id, sr.volunteer_id, sr.server_id, p.name, sr.category_code,
       sr.recipient_kind, sr.recipient_person_id, q.name, sr.recipient_household_id,
       sr.recipient_label, sr.place, sr.content, sr.person_in_charge, sr.service_date, sr.starts_at,
       sr.ends_at, sr.time_precision, sr.minutes, s.book_week, g.registrar_id, g.registered_at,
       g.registered_late,
       CASE WHEN s.status = 'registered' OR (s.status = 'verified' AND w.state = 'frozen')
            THEN g.minutes ELSE 0 END,
       s.verified_minutes, s.verified_at, sr.assignment_id, sr.replaces_id, sr.entered_by,
       sr.created_at, record_version(GREATEST(sr.recorded_at, g.recorded_at, s.changed_at)),
       s.status_reason
FROM service_records AS sr
JOIN service_record_states AS s ON s.district_id = sr.district_id AND s.record_id = sr.id
JOIN persons AS p ON p.district_id = sr.district_id AND p.id = sr.server_id
LEFT JOIN persons AS q ON q.district_id = sr.district_id AND q.id = sr.recipient_person_id
LEFT JOIN registrations AS g ON g.district_id = sr.district_id AND g.record_id = sr.id
LEFT JOIN periods AS w ON w.district_id = sr.district_id AND w.grain = 'week'
                      AND w.begin_date = s.book_week;
GRANT SELECT ON service_record_answers TO timebank_service;

-- The answer ServiceRecord: with the names beside ids and codes. Joined, because a function for each name
-- of each row doubles what a page costs; only where no name held on the day does one look further.
CREATE OR REPLACE VIEW named_service_records AS
SELECT COALESCE(rf.name, region_name(a.district_id, a.region_code, a.service_date)) AS region_name,
       t.name AS team_name,
       COALESCE(cf.name, category_name(a.district_id, a.category_code, a.service_date))
           AS category_name,
       h.address_line AS recipient_address, g.name AS registrar_name,
       (SELECT COALESCE(jsonb_agg(f.rule ORDER BY f.rule), '[]') FROM record_flags AS f
        WHERE f.district_id = a.district_id AND f.record_id = a.id) AS flags,
       a.* -- at the end, where columns are added
FROM service_record_answers AS a
LEFT JOIN region_facts AS rf
    ON rf.district_id = a.district_id AND rf.region_code = a.region_code
   AND fact_is_true(rf.valid_from, rf.valid_to, rf.superseded_at, a.service_date)
LEFT JOIN service_category_facts AS cf
    ON cf.district_id = a.district_id AND cf.category_code = a.category_code
   AND fact_is_true(cf.valid_from, cf.valid_to, cf.superseded_at, a.service_date)
LEFT JOIN teams AS t ON t.district_id = a.district_id AND t.id = a.team_id
LEFT JOIN households AS h ON h.district_id = a.district_id AND h.id = a.recipient_household_id
LEFT JOIN persons AS g ON g.district_id = a.district_id AND g.id = a.registrar_id;
GRANT SELECT ON named_service_records TO timebank_service;

-- The same without the district: the row type of what a write answers.
CREATE OR REPLACE VIEW service_record_shown AS
SELECT region_code, id, kind, status, team_id, volunteer_id, server_id, server_name, category_code,
       recipient_kind, recipient_person_id, recipient_name, recipient_household_id, recipient_label,
       place, content, person_in_charge, service_date, starts_at, ends_at, time_precision, minutes,
       book_week, registrar_id, registered_at, registered_late, pending_minutes, verified_minutes,
       verified_at, assignment_id, replaces_id, entered_by, created_at, version, status_reason,
       region_name, team_name, category_name, recipient_address, registrar_name, flags
FROM named_service_records;
GRANT SELECT ON service_record_shown TO timebank_service;

-- Those of some ids, by one plan for all calls: planning the view costs more than a page of it.
DROP FUNCTION IF EXISTS service_records_of(integer, uuid[]); -- it had another row type once
CREATE FUNCTION service_records_of(of_district integer, ids uuid[])
RETURNS SETOF service_record_shown LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.region_code, a.id, a.kind, a.status, a.team_id, a.volunteer_id, a.server_id,
           a.server_name, a.category_code, a.recipient_kind, a.recipient_person_id,
           a.recipient_name, a.recipient_household_id, a.recipient_label, a.place, a.content,
           a.person_in_charge, a.service_date, a.starts_at, a.ends_at, a.time_precision, a.minutes,
           a.book_week, a.registrar_id, a.registered_at, a.registered_late, a.pending_minutes,
           a.verified_minutes, a.verified_at, a.assignment_id, a.replaces_id, a.entered_by,
           a.created_at, a.version, a.status_reason, a.region_name, a.team_name, a.category_name,
           a.recipient_address, a.registrar_name, a.flags
    FROM named_service_records AS a
    WHERE a.district_id = of_district AND a.id = ANY (ids);
END
$$;

-- What is stored under an id, with what the calling statement changes (it cannot see that itself).
CREATE OR REPLACE FUNCTION record_answer(of_district integer, of_record uuid, changes jsonb)
RETURNS service_record_shown LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT jsonb_populate_record(NULL::service_record_shown, to_jsonb(a) || changes)
            FROM named_service_records AS a
            WHERE a.district_id = of_district AND a.id = of_record);
END
$$;

-- The answer of a draft that is not stored yet.
CREATE OR REPLACE FUNCTION draft_answer(d service_drafts, changes jsonb)
RETURNS service_record_shown LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT jsonb_populate_record(NULL::service_record_shown,
                   to_jsonb(d) || jsonb_build_object('kind', 'service', 'status', 'draft',
                       'server_id', v.person_id, 'server_name', p.name, 'recipient_name', q.name,
                       'time_precision',
                       CASE WHEN d.starts_at IS NULL THEN 'day' ELSE 'minute' END,
                       'pending_minutes', 0, 'flags', '[]'::jsonb,
                       'region_name', region_name(d.district_id, d.region_code, d.service_date),
                       'team_name', team_name(d.district_id, d.team_id),
                       'category_name',
                       category_name(d.district_id, d.category_code, d.service_date),
                       'recipient_address',
                       household_address(d.district_id, d.recipient_household_id)) || changes)
        FROM volunteers AS v
        JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
        LEFT JOIN persons AS q ON q.district_id = d.district_id AND q.id = d.recipient_person_id
        WHERE v.district_id = d.district_id AND v.id = d.volunteer_id);
END
$$;

-- The draft or record that a request names, if the caller may touch it; else all null.
-- (A join with service_record_answers would compute all of it: its UNION ALL takes no join clause.)
CREATE OR REPLACE FUNCTION visible_record(of_district integer, of_record uuid, scope_low bigint,
                                          scope_high bigint, own_team uuid, self_person uuid)
RETURNS service_record_answers LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT a
            FROM service_record_answers AS a
            WHERE a.district_id = of_district AND a.id = of_record
              AND a.region_code BETWEEN scope_low AND scope_high
              AND (own_team IS NULL OR a.team_id = own_team)
              AND (self_person IS NULL OR self_person IN (a.server_id, a.recipient_person_id)));
END
$$;

-- The week in which a record is verified, after all carries; null while it is not registered.
CREATE OR REPLACE FUNCTION effective_week(of_district integer, of_record uuid) RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT book_week
            FROM service_record_states
            WHERE district_id = of_district AND record_id = of_record);
END
$$;
