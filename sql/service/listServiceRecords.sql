-- What has become of a record is worked out of its evidence, which is dear: of the page's rows only,
-- unless the status is asked for.
-- step: page
SELECT a.service_date, a.created_at, a.id
FROM (
    SELECT d.district_id, d.id, d.region_code, d.team_id, d.volunteer_id, d.service_date,
           d.category_code, d.recipient_person_id, d.entered_by, d.created_at, 'draft' AS status,
           (SELECT v.person_id FROM volunteers AS v
            WHERE v.district_id = d.district_id AND v.id = d.volunteer_id) AS server_id
    FROM service_drafts AS d
    UNION ALL
    SELECT sr.district_id, sr.id, sr.region_code, sr.team_id, sr.volunteer_id, sr.service_date,
           sr.category_code, sr.recipient_person_id, sr.entered_by, sr.created_at, NULL,
           sr.server_id
    FROM service_records AS sr
) AS a
WHERE a.district_id = :district::integer
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL
       OR :self_person::uuid IN (a.server_id, a.recipient_person_id))
  AND (:own_team::uuid IS NULL OR a.team_id = :own_team::uuid)
  AND (:region_code::bigint IS NULL
       OR a.region_code BETWEEN :region_code::bigint AND :region_code::bigint + CASE
              WHEN :region_code::bigint % 1000000 = 0 THEN 999999
              WHEN :region_code::bigint % 1000 = 0 THEN 999
              ELSE 0 END)
  AND (:volunteer_id::uuid IS NULL OR a.volunteer_id = :volunteer_id::uuid)
  AND (:team_id::uuid IS NULL OR a.team_id = :team_id::uuid)
  AND (:status::text IS NULL
       OR :status::text = COALESCE(a.status,
              (SELECT s.status FROM service_record_states AS s
               WHERE s.district_id = a.district_id AND s.record_id = a.id)))
  AND (:service_date_from::date IS NULL OR a.service_date >= :service_date_from::date)
  AND (:service_date_to::date IS NULL OR a.service_date <= :service_date_to::date)
  AND (:category_code::text IS NULL OR a.category_code = :category_code::text)
  AND (:recipient_person_id::uuid IS NULL
       OR a.recipient_person_id = :recipient_person_id::uuid)
  AND (:entered_by::uuid IS NULL OR a.entered_by = :entered_by::uuid)
  AND (:registrar_id::uuid IS NULL
       OR EXISTS (SELECT FROM registrations AS g
                  WHERE g.district_id = a.district_id AND g.record_id = a.id
                    AND g.registrar_id = :registrar_id::uuid))
  AND (:registered_late::boolean IS NULL
       OR EXISTS (SELECT FROM registrations AS g
                  WHERE g.district_id = a.district_id AND g.record_id = a.id
                    AND g.registered_late = :registered_late::boolean))
  AND (:book_week::date IS NULL
       OR EXISTS (SELECT FROM service_record_states AS s
                  WHERE s.district_id = a.district_id AND s.record_id = a.id
                    AND s.book_week = :book_week::date))
  AND (:flagged::boolean IS NULL
       OR :flagged::boolean = EXISTS (SELECT FROM record_flags AS f
                                      WHERE f.district_id = a.district_id AND f.record_id = a.id))
-- step: answer
SELECT a.*
FROM service_records_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS a
