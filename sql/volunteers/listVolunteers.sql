-- step: page
WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT v.volunteer_number, p.name, v.id
FROM day
CROSS JOIN volunteers AS v
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
LEFT JOIN residences AS h
    ON h.district_id = v.district_id AND h.person_id = v.person_id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE v.district_id = :district::integer AND CASE
    WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
    WHEN :own_team::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        WHERE o.district_id = :district::integer AND o.team_id = :own_team::uuid
          AND o.volunteer_id = v.id
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    ELSE h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (h.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
  AND (:region_code::bigint IS NULL
       OR h.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:team_id::uuid IS NULL OR EXISTS (
          SELECT FROM team_memberships AS w
          WHERE w.district_id = :district::integer AND w.volunteer_id = v.id
            AND w.team_id = :team_id::uuid
            AND fact_is_true(w.valid_from, w.valid_to, w.superseded_at, day.today)))
  AND (:name::text IS NULL OR p.name = :name::text)
  AND (:volunteer_number::text IS NULL OR v.volunteer_number = :volunteer_number::text)
  AND (:as_of::date IS NULL OR volunteer_on(:district::integer, v.id, :as_of::date, day.known_at))
  AND (:skill_code::text IS NULL OR EXISTS (
          SELECT FROM volunteer_skills AS s
          WHERE s.district_id = :district::integer AND s.volunteer_id = v.id
            AND s.skill_code = :skill_code::text AND s.level >= COALESCE(:level_min::integer, 1)
            AND fact_is_true(s.valid_from, s.valid_to, s.superseded_at, day.today)))
  AND (:willing_category::text IS NULL
       OR :willing_category::text = ANY (v.willing_categories))
  AND (:is_referred::boolean IS NULL
       OR :is_referred::boolean = EXISTS (
              SELECT FROM referrals AS r
              WHERE r.district_id = v.district_id AND r.volunteer_id = v.id
                AND r.superseded_at IS NULL))
  AND ((:weekday::integer IS NULL AND :available_from::text::time IS NULL
        AND :available_to::text::time IS NULL)
       OR has_window(:district::integer, v.id, :weekday::integer,
                     COALESCE(:available_on::date, day.today), :available_from::text::time,
                     :available_to::text::time))
  AND (:available_on::date IS NULL
       OR is_available(:district::integer, v.id, :available_on::date, :available_from::text::time,
                       :available_to::text::time))
-- step: answer
WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           :actor_role::text IN ('team_leader', 'residents_group_head', 'information_officer')
               AS leads_volunteers
)
SELECT v.id, v.person_id, v.name, v.volunteer_number, v.joined_on, v.left_on,
       CASE WHEN NOT day.leads_volunteers THEN v.left_reason END AS left_reason,
       CASE WHEN NOT day.leads_volunteers THEN v.health END AS health,
       CASE WHEN NOT day.leads_volunteers THEN v.experience END AS experience,
       v.willingness, v.weekly_minutes_max, v.willing_categories, v.referred_by, v.referred_on,
       v.region_code, v.passbook_id, v.passbook_number, v.earned_minutes, v.points, v.eligible_star,
       v.next_star, v.minutes_to_next_star, v.star,
       v.team_ids, v.version
FROM day
CROSS JOIN LATERAL volunteers_shown(:district::integer, day.today,
                                    ARRAY(SELECT page.id FROM page)) AS v
