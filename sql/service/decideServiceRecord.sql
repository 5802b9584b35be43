-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_records(:district::integer, ARRAY(SELECT id FROM request))

-- step: decide
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, actor_role text, scope_low bigint, scope_high bigint, id uuid,
         decision text, minutes bigint, reason text)
), found AS (
    SELECT q.*, s.status, s.region_code, s.book_week, s.minutes AS attested_minutes, s.server_id,
           sr AS record, g.registrar_id,
           p.state AS week_state, p.credit_step_minutes,
           COALESCE(q.minutes, CASE q.decision WHEN 'accept' THEN s.minutes
                                               WHEN 'reject' THEN 0 WHEN 'return' THEN 0 END)
               AS decided_minutes,
           is_singled_out(:district::integer, sr.id) AS singled_out
    FROM request AS q
    LEFT JOIN service_record_states AS s
        ON s.district_id = :district::integer AND s.record_id = q.id
       AND s.region_code BETWEEN q.scope_low AND q.scope_high
    LEFT JOIN service_records AS sr ON sr.district_id = :district::integer AND sr.id = s.record_id
    LEFT JOIN registrations AS g ON g.district_id = :district::integer AND g.record_id = s.record_id
    LEFT JOIN periods AS p ON p.district_id = :district::integer AND p.grain = 'week'
                          AND p.begin_date = s.book_week
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL AND EXISTS (SELECT FROM service_drafts AS d
                WHERE d.district_id = :district::integer AND d.id = f.id
                  AND d.region_code BETWEEN f.scope_low AND f.scope_high)
            THEN state_refusal('draft')
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN f.status <> 'registered' THEN state_refusal(f.status)
        ELSE COALESCE(
            decider_refusal(f.record, f.registrar_id, f.actor_person, f.actor_role, f.decision,
                            COALESCE(f.decided_minutes, f.attested_minutes), f.book_week, f.at),
            CASE WHEN f.week_state IS DISTINCT FROM 'frozen'
                 THEN refusal(CASE f.week_state WHEN 'open' THEN 'week_not_frozen'
                                                ELSE 'week_settled' END,
                              jsonb_build_object('book_week', f.book_week))
                 WHEN f.actor_role = 'community_secretary' AND NOT f.singled_out
                 THEN refusal('decided_by_close') END,
            decision_refusal(f.attested_minutes, f.decision, f.decided_minutes, f.reason))
        END AS refused
    FROM found AS f
), passed AS (
    SELECT DISTINCT ON (j.id) j.* FROM judged AS j WHERE j.refused IS NULL ORDER BY j.id, j.ordinal
), given_back AS (
    SELECT give_back(:district::integer, ARRAY(
               SELECT id FROM passed WHERE decision IN ('reject', 'return'))) AS records,
           void_holds(:district::integer, ARRAY(SELECT id FROM passed WHERE decision = 'reject'),
                      (SELECT max(at) FROM passed)) AS holds
), stored AS (
    INSERT INTO decisions (district_id, record_id, decision, minutes, reason, verifier_id,
                           book_week, entered_by, decided_at)
    SELECT :district::integer, id, decision, decided_minutes, reason, actor_person, book_week,
           actor_user, at
    FROM passed
), told AS (
    SELECT j.*, CASE WHEN p.ordinal IS NULL THEN COALESCE(j.refused, state_refusal('verified'))
                END AS said,
           CASE j.decision WHEN 'reject' THEN 'rejected' WHEN 'return' THEN 'returned'
                           ELSE 'verified' END AS became
    FROM judged AS j
    CROSS JOIN given_back
    LEFT JOIN (SELECT ordinal FROM passed) AS p USING (ordinal)
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL record_answer(:district::integer, t.id,
        jsonb_build_object('status', t.became, 'status_reason', t.reason,
                           'version', record_version(now()))
        || CASE WHEN t.became = 'verified'
                THEN jsonb_build_object('verified_minutes', credited_minutes(
                        t.decided_minutes, t.credit_step_minutes), 'verified_at', t.at)
                ELSE jsonb_build_object('pending_minutes', 0) END) AS a ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
