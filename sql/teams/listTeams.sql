WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT t.id, t.region_code, t.name, t.kind, t.founded_on, t.dissolved_on, t.origin, t.member_count,
       t.version
FROM day
CROSS JOIN LATERAL teams_of_day(:district::integer, day.today) AS t
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        JOIN volunteers AS v ON v.district_id = o.district_id AND v.id = o.volunteer_id
        WHERE o.district_id = :district::integer AND o.team_id = t.id
          AND v.person_id = :self_person::uuid
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    WHEN :own_team::uuid IS NOT NULL THEN t.id = :own_team::uuid
    ELSE t.founded_in IN (SELECT regions_within(:district::integer, :scope_low::bigint,
                                                :scope_high::bigint, day.today))
  END
  AND (:region_code::bigint IS NULL
       OR t.founded_in IN (SELECT regions_within(:district::integer, :region_code::bigint,
                                                 subtree_end(:region_code::bigint), day.today)))
  AND (:kind::text IS NULL OR t.kind = :kind::text)
  AND (:name::text IS NULL OR t.name = :name::text)
  AND (:as_of::date IS NULL OR team_on(:district::integer, t.id, :as_of::date, day.known_at))
