SELECT p.id, p.passbook_number, p.volunteer_id, v.volunteer_number, n.name AS volunteer_name,
       home.region_code, p.state, p.opened_on, b.posted AS balance_minutes,
       b.held AS reserved_minutes, b.pending_in AS pending_minutes,
       b.posted - b.held - b.embargoed - b.floor_minutes AS available_minutes,
       b.embargoed AS embargoed_minutes, b.earned_minutes,
       points_of(b.earned_minutes, day.points_per_hour) AS points, b.line_no,
       star_of(b.earned_minutes, day.thresholds) AS eligible_star,
       next_star(b.earned_minutes, day.thresholds) AS next_star,
       minutes_to_next_star(b.earned_minutes, day.thresholds) AS minutes_to_next_star,
       awarded_star(:district::integer, p.volunteer_id, day.today) AS star,
       b.version
FROM passbooks AS p
JOIN balances AS b ON b.district_id = p.district_id AND b.account_id = p.account_id
JOIN accounts AS a ON a.district_id = p.district_id AND a.id = p.account_id
JOIN volunteers AS v ON v.district_id = p.district_id AND v.id = p.volunteer_id
JOIN persons AS n ON n.district_id = v.district_id AND n.id = v.person_id
CROSS JOIN star_day(:district::integer) AS day
LEFT JOIN residences AS r ON r.district_id = v.district_id AND r.person_id = v.person_id
    AND fact_is_true(r.valid_from, r.valid_to, r.superseded_at, day.today)
CROSS JOIN LATERAL (SELECT COALESCE(r.region_code, a.region_code) AS region_code) AS home
WHERE p.district_id = :district::integer
  AND home.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL OR v.person_id = :self_person::uuid)
  AND (:region_code::bigint IS NULL OR home.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999 ELSE 0 END)
  AND (:passbook_number::text IS NULL OR p.passbook_number = :passbook_number)
  AND (:volunteer_id::uuid IS NULL OR p.volunteer_id = :volunteer_id::uuid)
  AND (:state::text IS NULL OR p.state = :state)
