SELECT false AS dry_run, h.id, h.sheet_number, h.region_code, h.team_id, h.category_code, h.recipient_kind,
       h.recipient_person_id, h.recipient_household_id, h.recipient_label, h.place, h.content,
       h.person_in_charge, h.service_date, h.starts_at, h.ends_at, h.attestation, h.registrar_id,
       person_name(:district::integer, h.registrar_id) AS registrar_name, h.lines_count, h.minutes,
       h.entered_by, h.entered_at, sheet_line_answers(:district::integer, h.id) AS lines
FROM service_sheets AS h
WHERE h.district_id = :district::integer AND h.id = :sheet_id::uuid
  AND h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:own_team::uuid IS NULL OR h.team_id = :own_team::uuid)
