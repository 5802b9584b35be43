WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT t.id, t.region_code, t.name, t.kind, t.founded_on, t.dissolved_on, t.origin,
       (SELECT count(*)::integer
        FROM team_memberships AS m
        WHERE m.district_id = t.district_id AND m.team_id = t.id
          AND fact_is_true(m.valid_from, m.valid_to, m.superseded_at, day.today)) AS member_count,
       t.version
FROM day
JOIN teams AS t ON t.district_id = :district::integer
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        JOIN volunteers AS v ON v.district_id = o.district_id AND v.id = o.volunteer_id
        WHERE o.district_id = t.district_id AND o.team_id = t.id
          AND v.person_id = :self_person::uuid
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    WHEN :own_team::uuid IS NOT NULL THEN t.id = :own_team::uuid
    ELSE t.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  END
  AND (:region_code::bigint IS NULL OR t.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999
                                       ELSE 0 END)
  AND (:kind::text IS NULL OR t.kind = :kind::text)
  AND (:as_of::date IS NULL OR (t.founded_on <= :as_of::date
                                AND (t.dissolved_on IS NULL OR t.dissolved_on > :as_of::date)))
