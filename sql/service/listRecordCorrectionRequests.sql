-- step: page
SELECT c.requested_at, c.id
FROM correction_requests AS c
WHERE c.district_id = :district::integer AND c.record_id = :id::uuid
  AND record_is_visible(:district::integer, :id::uuid, :scope_low::bigint, :scope_high::bigint,
                        :own_team::uuid, :self_person::uuid)
-- step: answer
SELECT a.*
FROM corrections_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS a
