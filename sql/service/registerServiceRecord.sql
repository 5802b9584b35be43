-- step: lock_volunteers
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer
  AND v.id = ANY (ARRAY(
          SELECT sr.volunteer_id
          FROM request AS q
          JOIN service_records AS sr ON sr.district_id = :district::integer AND sr.id = q.id))
ORDER BY v.id
FOR NO KEY UPDATE

-- step: lock_weeks
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(at timestamptz)
)
SELECT w.begin_date
FROM (SELECT DISTINCT at FROM request ORDER BY at) AS q
CROSS JOIN LATERAL (
    SELECT p.begin_date
    FROM periods AS p
    WHERE p.district_id = :district::integer AND p.grain = 'week' AND p.state = 'open'
      AND p.freezes_at > q.at
    ORDER BY p.begin_date
    LIMIT 1
    FOR SHARE
) AS w

-- step: lock_balances
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id = ANY (ARRAY(
          SELECT passbook_account(sr.district_id, sr.volunteer_id)
          FROM request AS q
          JOIN service_records AS sr ON sr.district_id = :district::integer AND sr.id = q.id))
ORDER BY b.account_id
FOR UPDATE

-- step: register
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, own_team uuid, scope_low bigint, scope_high bigint, id uuid,
         registrar_id uuid)
), found AS (
    SELECT q.*, a.status, a.region_code, a.team_id, a.volunteer_id, a.server_id, a.service_date,
           a.minutes, COALESCE(q.registrar_id, q.actor_person) AS registrar,
           passbook_account(:district::integer, a.volunteer_id) AS account_id,
           book_week_of(:district::integer, a.service_date, q.at) AS book_week,
           civil_date(:district::integer, q.at) > sr.end_date AS late
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, NULL) AS a
    LEFT JOIN service_records AS sr ON sr.district_id = :district::integer AND sr.id = a.id
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN f.status <> 'attested' THEN state_refusal(f.status)
        ELSE COALESCE(
            registration_refusal(:district::integer, f.region_code, f.team_id, f.service_date,
                f.server_id, record_attesters(:district::integer, f.id), f.registrar,
                f.actor_person, f.at),
            CASE WHEN f.account_id IS NULL THEN refusal('passbook_missing')
                 WHEN f.book_week IS NULL THEN refusal('no_open_week') END)
        END AS refused
    FROM found AS f
), ranked AS (
    SELECT j.*, row_number() OVER (PARTITION BY j.refused IS NULL, j.id ORDER BY j.ordinal) AS turn
    FROM judged AS j
), passed AS (
    SELECT r.* FROM ranked AS r WHERE r.refused IS NULL AND r.turn = 1
), stored AS (
    INSERT INTO registrations (district_id, record_id, registrar_id, region_code, volunteer_id,
        account_id, service_date, minutes, book_week, registered_late, entered_by, registered_at)
    SELECT :district::integer, id, registrar, region_code, volunteer_id, account_id, service_date,
        minutes, book_week, late, actor_user, at
    FROM passed
), pending AS (
    UPDATE balances AS b
    SET pending_in = b.pending_in + p.minutes, version = b.version + 1
    FROM (SELECT account_id, sum(minutes) AS minutes FROM passed GROUP BY account_id) AS p
    WHERE b.district_id = :district::integer AND b.account_id = p.account_id
), told AS (
    SELECT r.*, CASE WHEN r.turn > 1 AND r.refused IS NULL THEN state_refusal('registered')
                     ELSE r.refused END AS said
    FROM ranked AS r
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL record_answer(:district::integer, t.id,
        jsonb_build_object('status', 'registered', 'book_week', t.book_week,
            'registrar_id', t.registrar,
            'registrar_name', person_name(:district::integer, t.registrar), 'registered_at', t.at, 'registered_late', t.late,
            'pending_minutes', t.minutes, 'version', record_version(now()))) AS a
        ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
