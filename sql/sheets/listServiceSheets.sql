SELECT h.id, h.sheet_number, h.region_code, h.team_id, h.category_code, h.place, h.content, h.service_date,
       h.registrar_id, person_name(:district::integer, h.registrar_id) AS registrar_name,
       h.lines_count, h.minutes, h.entered_by, h.entered_at
FROM service_sheets AS h
WHERE h.district_id = :district::integer
  AND h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:own_team::uuid IS NULL OR h.team_id = :own_team::uuid)
  AND (:region_code::bigint IS NULL
       OR h.region_code BETWEEN :region_code::bigint AND :region_code::bigint + CASE
              WHEN :region_code::bigint % 1000000 = 0 THEN 999999
              WHEN :region_code::bigint % 1000 = 0 THEN 999
              ELSE 0 END)
  AND (:team_id::uuid IS NULL OR h.team_id = :team_id::uuid)
  AND (:sheet_number::text IS NULL OR h.sheet_number = :sheet_number::text)
  AND (:service_date_from::date IS NULL OR h.service_date >= :service_date_from::date)
  AND (:service_date_to::date IS NULL OR h.service_date <= :service_date_to::date)
