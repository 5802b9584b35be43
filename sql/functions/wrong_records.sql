-- Records that somebody says are wrong: where each request stands, derived from the request, its
-- answer and the record. (This file is applied after service_record_states.sql, on which it builds.)

-- What can be done about a record that is wrong, the usual first. What is verified is corrected in
-- the ledger, by a reversal.
CREATE OR REPLACE FUNCTION possible_corrections(status text, week_state text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN status = 'attested' THEN ARRAY['replace', 'void']
        WHEN status = 'registered' AND week_state = 'open' THEN ARRAY['replace', 'void', 'return']
        WHEN status = 'registered' THEN ARRAY['return', 'decide']
        WHEN status IN ('returned', 'rejected') THEN ARRAY['replace']
        WHEN status = 'verified' THEN ARRAY['ledger_correction']
        ELSE '{}' END
$$;

-- When a record was taken back, corrected or decided on.
CREATE OR REPLACE FUNCTION record_ended_at(of_district integer, of_record uuid)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN COALESCE(
        (SELECT v.voided_at FROM voids AS v
         WHERE v.district_id = of_district AND v.record_id = of_record),
        (SELECT min(t.attested_at)
         FROM service_records AS newer
         JOIN attestations AS t ON t.district_id = of_district AND t.record_id = newer.id
         WHERE newer.district_id = of_district AND newer.replaces_id = of_record),
        (SELECT max(k.posted_at) FROM ledger_correction_postings AS k
         WHERE k.district_id = of_district AND k.record_id = of_record),
        (SELECT d.decided_at FROM decisions AS d
         WHERE d.district_id = of_district AND d.record_id = of_record));
END
$$;

-- Where each request stands. An accepted one is corrected once the record has been taken back, or
-- verified otherwise since; until then it awaits what was decided, or what is still possible.
CREATE OR REPLACE VIEW correction_request_states AS
SELECT c.district_id, c.id, c.record_id, c.requester_id, c.due_at, s.region_code, s.server_id,
       s.service_date, s.minutes, s.status AS record_status, w.state AS week_state, a.answered_at,
       CASE WHEN state.name = 'corrected'
            THEN GREATEST(record_ended_at(c.district_id, c.record_id), a.answered_at) END
           AS corrected_at,
       state.name AS state,
       CASE WHEN state.name = 'accepted'
            THEN CASE WHEN a.follow_up = ANY (state.possible) THEN a.follow_up
                      ELSE state.possible[1] END END AS awaiting
FROM correction_requests AS c
JOIN service_record_states AS s ON s.district_id = c.district_id AND s.record_id = c.record_id
LEFT JOIN periods AS w ON w.district_id = s.district_id AND w.grain = 'week'
                      AND w.begin_date = s.book_week
LEFT JOIN correction_answers AS a ON a.district_id = c.district_id AND a.request_id = c.id
LEFT JOIN decisions AS d ON d.district_id = c.district_id AND d.record_id = c.record_id
CROSS JOIN LATERAL (
    SELECT possible_corrections(s.status, w.state) AS possible, CASE
        WHEN a.answer IS NULL THEN 'open'
        WHEN a.answer = 'decline' THEN 'declined'
        WHEN a.answer = 'withdraw' THEN 'withdrawn'
        WHEN s.status IN ('void', 'replaced')
             OR (s.status = 'returned' AND a.follow_up = 'return')
             OR (d.decision IN ('reduce', 'reject') AND d.recorded_at > a.recorded_at)
             OR EXISTS (SELECT FROM ledger_correction_postings AS k
                        WHERE k.district_id = c.district_id AND k.record_id = c.record_id
                          AND k.recorded_at > a.recorded_at)
            THEN 'corrected'
        ELSE 'accepted' END AS name
) AS state;
GRANT SELECT ON correction_request_states TO timebank_service;

-- One entry of a request's history.
CREATE OR REPLACE FUNCTION correction_step(state text, at timestamptz, person uuid, name text,
                                           via text, entered_by uuid, reason text)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('state', state, 'at', at, 'person_id', person, 'name', name,
                              'via', via, 'entered_by', entered_by, 'reason', reason)
$$;

-- The answer CorrectionRequest, and at the end what tells who may see it.
CREATE OR REPLACE VIEW correction_request_answers AS
SELECT c.id, c.record_id, t.region_code, t.state, t.awaiting, c.wrong, c.proposed, c.reason,
       c.requester_id, r.name AS requester_name, c.via, c.entered_by, c.requested_at, c.due_at,
       t.state = 'open' AND COALESCE(c.due_at <= business_now(), false) AS overdue,
       a.follow_up, a.reason AS answer_reason, a.answered_by, o.name AS answered_by_name,
       a.answered_at, t.record_status, p.name AS server_name, q.name AS recipient_name,
       t.service_date, t.minutes,
       jsonb_build_array(correction_step('open', c.requested_at, c.requester_id, r.name, c.via,
                                         c.entered_by, c.reason))
       || CASE WHEN a.answer IS NULL THEN '[]'
               ELSE jsonb_build_array(correction_step(
                   CASE a.answer WHEN 'accept' THEN 'accepted' WHEN 'decline' THEN 'declined'
                                 ELSE 'withdrawn' END,
                   a.answered_at, a.answered_by, o.name, a.via, a.entered_by, a.reason)) END
       || CASE WHEN t.state <> 'corrected' THEN '[]'
               ELSE jsonb_build_array(correction_step('corrected', t.corrected_at, NULL, NULL,
                                                      NULL, NULL, NULL)) END AS history,
       c.district_id, sr.team_id, sr.server_id, sr.recipient_person_id
FROM correction_requests AS c
JOIN correction_request_states AS t ON t.district_id = c.district_id AND t.id = c.id
JOIN service_records AS sr ON sr.district_id = c.district_id AND sr.id = c.record_id
JOIN persons AS p ON p.district_id = c.district_id AND p.id = sr.server_id
JOIN persons AS r ON r.district_id = c.district_id AND r.id = c.requester_id
LEFT JOIN persons AS q ON q.district_id = c.district_id AND q.id = sr.recipient_person_id
LEFT JOIN correction_answers AS a ON a.district_id = c.district_id AND a.request_id = c.id
LEFT JOIN persons AS o ON o.district_id = c.district_id AND o.id = a.answered_by;
GRANT SELECT ON correction_request_answers TO timebank_service;

-- The same without the district: the row type of what a write answers.
CREATE OR REPLACE VIEW correction_request_shown AS
SELECT id, record_id, region_code, state, awaiting, wrong, proposed, reason, requester_id,
       requester_name, via, entered_by, requested_at, due_at, overdue, follow_up, answer_reason,
       answered_by, answered_by_name, answered_at, record_status, server_name, recipient_name,
       service_date, minutes, history
FROM correction_request_answers;
GRANT SELECT ON correction_request_shown TO timebank_service;

-- Those of some ids, by one plan for all calls.
DROP FUNCTION IF EXISTS visible_corrections(integer, bigint, bigint, uuid, uuid); -- its predecessor
CREATE OR REPLACE FUNCTION corrections_of(of_district integer, ids uuid[])
RETURNS SETOF correction_request_shown LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT c.id, c.record_id, c.region_code, c.state, c.awaiting, c.wrong, c.proposed, c.reason,
           c.requester_id, c.requester_name, c.via, c.entered_by, c.requested_at, c.due_at,
           c.overdue, c.follow_up, c.answer_reason, c.answered_by, c.answered_by_name,
           c.answered_at, c.record_status, c.server_name, c.recipient_name, c.service_date,
           c.minutes, c.history
    FROM correction_request_answers AS c
    WHERE c.district_id = of_district AND c.id = ANY (ids);
END
$$;

-- May a caller see this record (not: draft)?
CREATE OR REPLACE FUNCTION record_is_visible(of_district integer, of_record uuid, scope_low bigint,
                                             scope_high bigint, own_team uuid, self_person uuid)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM service_records AS sr
        WHERE sr.district_id = of_district AND sr.id = of_record
          AND sr.region_code BETWEEN scope_low AND scope_high
          AND (own_team IS NULL OR sr.team_id = own_team)
          AND (self_person IS NULL OR self_person IN (sr.server_id, sr.recipient_person_id)));
END
$$;

-- Has somebody reported the record, so that it is not simply accepted with its week?
CREATE OR REPLACE FUNCTION is_reported(of_district integer, of_record uuid) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM correction_requests AS c
                   LEFT JOIN correction_answers AS a
                       ON a.district_id = of_district AND a.request_id = c.id
                   WHERE c.district_id = of_district AND c.record_id = of_record
                     AND COALESCE(a.answer, 'accept') = 'accept');
END
$$;

-- Has the office accepted that a record is wrong? A rejected one may then be replaced.
CREATE OR REPLACE FUNCTION correction_is_accepted(of_district integer, of_record uuid)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM correction_request_states
                   WHERE district_id = of_district AND record_id = of_record
                     AND state = 'accepted');
END
$$;

-- Who answers a request: who would verify the record, and has not made the request.
CREATE OR REPLACE FUNCTION correction_answer_refusal(of_district integer, of_request uuid,
                                                     decider uuid, role text, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT office_refusal('decider', sr,
                   record_attesters(of_district, sr.id) || c.requester_id, g.registrar_id, decider,
                   role, at)
        FROM correction_requests AS c
        JOIN service_records AS sr ON sr.district_id = of_district AND sr.id = c.record_id
        LEFT JOIN registrations AS g ON g.district_id = of_district AND g.record_id = sr.id
        WHERE c.district_id = of_district AND c.id = of_request);
END
$$;

DROP FUNCTION IF EXISTS correction_due_at(integer, bigint, timestamptz); -- answer_due_at()

-- The request of a locked record that a write is about, if the caller may touch it; else all null.
CREATE OR REPLACE FUNCTION visible_correction(of_district integer, of_record uuid, of_request uuid,
        scope_low bigint, scope_high bigint, own_team uuid, self_person uuid)
RETURNS correction_request_shown LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT c
            FROM corrections_of(of_district, ARRAY[of_request]) AS c
            WHERE c.record_id = of_record
              AND record_is_visible(of_district, of_record, scope_low, scope_high, own_team,
                                    self_person));
END
$$;

-- A request as it is after an answer that the calling statement stores. steps: of its history.
CREATE OR REPLACE FUNCTION correction_answered(c correction_request_shown, changes jsonb,
                                               steps jsonb)
RETURNS correction_request_shown LANGUAGE sql STABLE AS $$
    SELECT jsonb_populate_record(NULL::correction_request_shown, to_jsonb(c)
        || '{"overdue": false}' || jsonb_build_object('history', c.history || steps) || changes)
$$;
