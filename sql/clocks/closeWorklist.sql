-- step: lock
-- The frozen weeks stay frozen until this has committed: the settlement waits for it.
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, book_week date)
)
SELECT p.begin_date
FROM periods AS p
WHERE p.district_id = :district::integer AND p.grain = 'week'
  AND p.begin_date IN (SELECT book_week FROM request)
ORDER BY p.begin_date
FOR SHARE
-- step: close
WITH request AS (
    SELECT r.ordinal, r.at, r.actor_user, r.actor_person, r.scope_low, r.scope_high, r.region_code,
           r.book_week, r.digest, COALESCE(r.checks, '[]') AS checks,
           COALESCE(r.verifier_id, r.actor_person) AS verifier
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, scope_low bigint, scope_high bigint, region_code bigint,
         book_week date, digest text, checks jsonb, verifier_id uuid)
), target AS MATERIALIZED (
    SELECT r.*, k.seed, k.prepared_at, p.state, p.due_at, c.closed_at AS closed_before,
           worklist_digest(:district::integer, k.book_week, k.region_code) AS digest_now,
           row_number() OVER (PARTITION BY r.region_code, r.book_week ORDER BY r.ordinal) AS turn
    FROM request AS r
    LEFT JOIN worklists AS k ON k.district_id = :district::integer AND k.book_week = r.book_week
        AND k.region_code = r.region_code
        AND k.region_code BETWEEN r.scope_low AND r.scope_high
    LEFT JOIN periods AS p ON p.district_id = :district::integer AND p.grain = 'week'
        AND p.begin_date = r.book_week
    LEFT JOIN worklist_closes AS c ON c.district_id = :district::integer
        AND c.book_week = r.book_week AND c.region_code = r.region_code
), checked AS MATERIALIZED (
    SELECT DISTINCT ON (t.ordinal, x.record_id) t.ordinal, x.*
    FROM target AS t
    CROSS JOIN LATERAL jsonb_to_recordset(t.checks) AS x(record_id uuid, method text, result text,
                                                         note text)
    ORDER BY t.ordinal, x.record_id, x.result = 'mismatch' DESC
), listed AS MATERIALIZED (
    SELECT t.ordinal, w.record_id, w.minutes, w.flags, w.decision, w.is_drawn,
           had_part(:district::integer, w.record_id, t.verifier)
               OR EXISTS (SELECT FROM service_records AS s
                          WHERE s.district_id = :district::integer AND s.id = w.record_id
                            AND s.server_id = t.actor_person) AS verifier_had_part,
           is_reported(:district::integer, w.record_id) AS is_reported, x.result
    FROM target AS t
    CROSS JOIN LATERAL worklist_records(:district::integer, t.book_week, t.region_code) AS w
    LEFT JOIN checked AS x ON x.ordinal = t.ordinal AND x.record_id = w.record_id
    WHERE t.seed IS NOT NULL
), judged AS MATERIALIZED (
    SELECT t.*, CASE
        WHEN t.seed IS NULL THEN 'not_found'
        WHEN t.closed_before IS NOT NULL OR t.turn > 1 THEN 'worklist_closed_already'
        WHEN t.state <> 'frozen' OR t.at >= t.due_at THEN 'worklist_overdue'
        WHEN NOT may_verify(:district::integer, t.verifier, t.region_code,
                            civil_date(:district::integer, t.at))
            THEN 'verifier_not_entitled'
        WHEN encode(t.digest_now, 'hex') <> lower(t.digest) THEN 'worklist_changed'
        WHEN strange.ids IS NOT NULL THEN 'spot_checks_unknown'
        WHEN missing.ids IS NOT NULL THEN 'spot_checks_missing'
        END AS code, strange.ids AS strange, missing.ids AS missing
    FROM target AS t
    CROSS JOIN LATERAL (
        SELECT string_agg(x.record_id::text, ', ' ORDER BY x.record_id) AS ids
        FROM checked AS x
        WHERE x.ordinal = t.ordinal
          AND NOT EXISTS (SELECT FROM listed AS l
                          WHERE l.ordinal = t.ordinal AND l.record_id = x.record_id)
    ) AS strange
    CROSS JOIN LATERAL (
        SELECT string_agg(l.record_id::text, ', ' ORDER BY l.record_id) AS ids
        FROM listed AS l
        WHERE l.ordinal = t.ordinal AND l.is_drawn AND l.result IS NULL
          AND NOT l.verifier_had_part AND (l.decision IN ('reject', 'return')) IS NOT TRUE
    ) AS missing
), sorted AS MATERIALIZED (
    SELECT l.ordinal, l.record_id, l.minutes, CASE
        WHEN l.decision IS NOT NULL THEN 'decided'
        WHEN l.verifier_had_part THEN 'verifier_had_part'
        WHEN l.flags <> '{}' THEN 'flagged'
        WHEN l.result = 'mismatch' THEN 'spot_check_failed'
        WHEN l.is_reported THEN 'correction_requested' END AS exception
    FROM listed AS l
), closed AS (
    INSERT INTO worklist_closes (district_id, book_week, region_code, verifier_id, worklist_digest,
                                 records, minutes, entered_by, closed_at)
    SELECT :district::integer, j.book_week, j.region_code, j.verifier, j.digest_now,
           count(s.record_id), COALESCE(sum(s.minutes), 0), j.actor_user, j.at
    FROM judged AS j
    LEFT JOIN sorted AS s ON s.ordinal = j.ordinal AND s.exception IS NULL
    WHERE j.code IS NULL
    GROUP BY j.book_week, j.region_code, j.verifier, j.digest_now, j.actor_user, j.at
    ORDER BY j.book_week, j.region_code
    ON CONFLICT DO NOTHING
    RETURNING book_week, region_code, verifier_id, closed_at
), won AS MATERIALIZED (
    SELECT j.ordinal, c.*
    FROM judged AS j
    JOIN closed AS c USING (book_week, region_code)
    WHERE j.code IS NULL
), check_kept AS (
    INSERT INTO spot_checks (district_id, record_id, book_week, region_code, method, result, note)
    SELECT :district::integer, x.record_id, w.book_week, w.region_code, x.method, x.result, x.note
    FROM won AS w
    JOIN checked AS x USING (ordinal)
), exception_kept AS (
    INSERT INTO close_exceptions (district_id, record_id, book_week, region_code, reason)
    SELECT :district::integer, s.record_id, w.book_week, w.region_code, s.exception
    FROM won AS w
    JOIN sorted AS s USING (ordinal)
    WHERE s.exception <> 'decided'
), outcome AS (
    SELECT j.ordinal,
           CASE WHEN j.code IS NULL AND w.ordinal IS NULL THEN 'worklist_closed_already'
                ELSE j.code END AS code,
           CASE WHEN w.ordinal IS NULL THEN jsonb_build_object(
               'region_code', j.region_code::text, 'book_week', j.book_week, 'due_at', j.due_at,
               'verifier_id', j.verifier, 'records', COALESCE(j.strange, j.missing, ''))
               END AS args,
           CASE WHEN w.ordinal IS NOT NULL
               THEN lpad(j.region_code::text, 12, '0') || '/' || j.book_week END AS subject_id,
           w.region_code, w.book_week, CASE WHEN w.ordinal IS NOT NULL THEN 'closed' END AS state,
           CASE WHEN w.ordinal IS NOT NULL THEN j.prepared_at END AS prepared_at,
           CASE WHEN w.ordinal IS NOT NULL THEN j.due_at END AS due_at,
           CASE WHEN w.ordinal IS NOT NULL THEN encode(j.digest_now, 'hex') END AS digest,
           CASE WHEN w.ordinal IS NOT NULL THEN encode(j.seed, 'hex') END AS seed,
           CASE WHEN w.ordinal IS NOT NULL
               THEN (policy_value(:district::integer, 'spot_check_percent', j.region_code,
                                  j.book_week) #>> '{}')::integer END AS spot_check_percent,
           CASE WHEN w.ordinal IS NOT NULL
               THEN worklist_records_json(:district::integer, j.book_week, j.region_code)
               END AS records,
           CASE WHEN w.ordinal IS NOT NULL THEN (
               SELECT COALESCE(json_agg(l.record_id ORDER BY l.record_id), '[]')
               FROM listed AS l WHERE l.ordinal = j.ordinal AND l.is_drawn) END AS sample,
           w.closed_at, w.verifier_id,
           CASE WHEN w.ordinal IS NOT NULL THEN (
               SELECT COALESCE(json_agg(json_build_object('record_id', x.record_id,
                   'method', x.method, 'result', x.result, 'note', x.note)
                   ORDER BY x.record_id), '[]')
               FROM checked AS x WHERE x.ordinal = j.ordinal) END AS checks,
           CASE WHEN w.ordinal IS NOT NULL THEN (
               SELECT COALESCE(json_agg(json_build_object('record_id', s.record_id,
                   'reason', s.exception, 'decided', false) ORDER BY s.record_id), '[]')
               FROM sorted AS s
               WHERE s.ordinal = j.ordinal AND s.exception <> 'decided') END AS exceptions
    FROM judged AS j
    LEFT JOIN won AS w USING (ordinal)
)
SELECT * FROM outcome ORDER BY ordinal
