WITH work AS (
    SELECT 'verify_week' AS kind,
           lpad(w.region_code::text, 12, '0') || '/' || w.book_week AS subject_id,
           NULL::uuid AS record_id, w.region_code, w.book_week, w.due_at AS deadline,
           w.prepared_at AS waiting_since, w.records AS count, w.flagged, w.spot_checks, w.carried,
           w.times_carried, NULL::uuid AS server_id, NULL::uuid AS recipient_person_id, NULL::date AS service_date,
           NULL::bigint AS minutes, NULL::text AS reason
    FROM waiting_weeks(:district::integer, :actor_role::text, :scope_low::bigint,
                       :scope_high::bigint) AS w
    UNION ALL
    SELECT 'decide_record', d.record_id::text, d.record_id, d.region_code, d.book_week, d.due_at,
           d.frozen_at, 1, NULL, NULL, NULL, d.times_carried, d.server_id, d.recipient_person_id, d.service_date,
           d.minutes, NULL
    FROM waiting_decisions(:district::integer, :actor_role::text, :actor_person::uuid,
                           :scope_low::bigint, :scope_high::bigint) AS d
    UNION ALL
    SELECT CASE WHEN :self_person::uuid IS NOT NULL AND r.kind = 'attest_record'
                THEN 'sign_record' ELSE r.kind END,
           r.record_id::text, r.record_id, r.region_code, NULL, r.deadline, r.waiting_since, 1,
           NULL, NULL, NULL, NULL, r.server_id, r.recipient_person_id, r.service_date, r.minutes, r.reason
    FROM waiting_records(:district::integer, :scope_low::bigint, :scope_high::bigint,
                         :own_team::uuid) AS r
    WHERE :actor_role::text NOT IN ('subdistrict_admin', 'district_admin') AND CASE
          -- Who was served signs; who served learns that it was returned.
          WHEN :self_person::uuid IS NOT NULL
              THEN r.kind = 'attest_record' AND r.recipient_person_id = :self_person::uuid
                   OR r.kind = 'returned_record'
                      AND :self_person::uuid IN (r.server_id, r.recipient_person_id)
          -- What has a team waits for its leader.
          WHEN :actor_role::text = 'community_secretary' AND r.team_id IS NOT NULL THEN false
          WHEN r.server_id = :actor_person::uuid THEN r.kind = 'returned_record'
          ELSE r.kind <> 'register_record'
               OR NOT EXISTS (SELECT FROM attestations AS a
                              WHERE a.district_id = :district::integer AND a.record_id = r.record_id
                                AND a.attester_id = :actor_person::uuid)
          END
    UNION ALL
    SELECT c.kind, c.correction_id::text, c.record_id, c.region_code, NULL, c.due_at,
           c.waiting_since, 1, NULL, NULL, NULL, NULL, c.server_id, c.recipient_person_id,
           c.service_date, c.minutes, c.reason
    FROM waiting_corrections(:district::integer, :actor_role::text, :actor_person::uuid,
                             :scope_low::bigint, :scope_high::bigint, :own_team::uuid) AS c
    UNION ALL
    SELECT 'decide_complaint', c.complaint_id::text, c.record_id, c.region_code, NULL, c.due_at,
           c.filed_at, 1, NULL, NULL, NULL, NULL, c.server_id, NULL, NULL, NULL, c.content
    FROM waiting_complaints(:district::integer, :actor_role::text, :actor_person::uuid,
                            :scope_low::bigint, :scope_high::bigint) AS c
)
SELECT w.kind, w.subject_id, w.record_id, w.region_code, w.book_week,
       COALESCE(w.deadline, w.waiting_since) AS due_at,
       COALESCE(w.deadline <= business_now(), false) AS overdue, w.waiting_since, w.count, w.flagged,
       w.spot_checks, w.carried, w.times_carried, server.name AS server_name, recipient.name AS recipient_name,
       w.service_date, w.minutes, w.reason
FROM work AS w
LEFT JOIN persons AS server ON server.district_id = :district::integer AND server.id = w.server_id
LEFT JOIN persons AS recipient
    ON recipient.district_id = :district::integer AND recipient.id = w.recipient_person_id
WHERE (:kind::text IS NULL OR w.kind = :kind)
