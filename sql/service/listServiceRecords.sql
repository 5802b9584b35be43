-- What has become of a record is worked out of its evidence, which is dear: of the page's rows only,
-- unless the status is asked for.
-- step: page
SELECT a.service_date, a.id
FROM (
    SELECT d.district_id, d.id, d.region_code, d.team_id, d.volunteer_id, d.service_date,
           d.category_code, d.recipient_person_id, 'draft' AS status,
           (SELECT v.person_id FROM volunteers AS v
            WHERE v.district_id = d.district_id AND v.id = d.volunteer_id) AS server_id
    FROM service_drafts AS d
    UNION ALL
    SELECT sr.district_id, sr.id, sr.region_code, sr.team_id, sr.volunteer_id, sr.service_date,
           sr.category_code, sr.recipient_person_id, NULL, sr.server_id
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
-- step: answer
SELECT a.region_code, a.id, a.kind, a.status, a.team_id, a.volunteer_id, a.server_id, a.server_name,
       a.category_code, a.recipient_kind, a.recipient_person_id, a.recipient_name,
       a.recipient_household_id, a.recipient_label, a.place, a.content, a.person_in_charge,
       a.service_date, a.starts_at, a.ends_at, a.time_precision, a.minutes, a.book_week,
       a.registrar_id, a.registered_at, a.registered_late, a.pending_minutes, a.verified_minutes,
       a.verified_at, a.assignment_id, a.replaces_id, a.entered_by, a.created_at, a.version,
       a.status_reason
FROM service_records_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS a
