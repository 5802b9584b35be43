-- step: page
SELECT c.requested_at, c.id
FROM correction_requests AS c
JOIN service_records AS sr ON sr.district_id = c.district_id AND sr.id = c.record_id
WHERE c.district_id = :district::integer
  AND sr.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL
       OR :self_person::uuid IN (sr.server_id, sr.recipient_person_id))
  AND (:own_team::uuid IS NULL OR sr.team_id = :own_team::uuid)
  AND (:region_code::bigint IS NULL
       OR sr.region_code BETWEEN :region_code::bigint AND :region_code::bigint + CASE
              WHEN :region_code::bigint % 1000000 = 0 THEN 999999
              WHEN :region_code::bigint % 1000 = 0 THEN 999
              ELSE 0 END)
  AND (:state::text IS NULL
       OR :state::text = (SELECT s.state FROM correction_request_states AS s
                          WHERE s.district_id = c.district_id AND s.id = c.id))
  AND (:overdue::boolean IS NULL
       OR :overdue::boolean = (COALESCE(c.due_at <= business_now(), false)
                               AND NOT EXISTS (SELECT FROM correction_answers AS a
                                               WHERE a.district_id = c.district_id
                                                 AND a.request_id = c.id)))
  AND (:requester_id::uuid IS NULL OR c.requester_id = :requester_id::uuid)
-- step: answer
SELECT a.*
FROM corrections_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS a
