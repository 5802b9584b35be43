SELECT a.region_code, a.id, a.kind, a.status, a.team_id, a.volunteer_id, a.server_id, a.server_name,
       a.category_code, a.recipient_kind, a.recipient_person_id, a.recipient_name,
       a.recipient_household_id, a.recipient_label, a.place, a.content, a.person_in_charge,
       a.service_date, a.starts_at, a.ends_at, a.time_precision, a.minutes, a.book_week,
       a.registrar_id, a.registered_at, a.registered_late, a.pending_minutes, a.verified_minutes,
       a.verified_at, a.assignment_id, a.replaces_id, a.entered_by, a.created_at, a.version,
       a.status_reason
FROM service_record_answers AS a
WHERE a.district_id = :district::integer AND a.id = :id::uuid
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL
       OR :self_person::uuid IN (a.server_id, a.recipient_person_id))
  AND (:own_team::uuid IS NULL OR a.team_id = :own_team::uuid)
