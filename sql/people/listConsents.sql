WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT c.id, c.person_id, to_json(c.categories) AS categories, c.given_on, c.guardian_id,
       c.relation, c.method, c.document, c.witness_id, c.recorded_by, c.recorded_at, w.withdrawn_on,
       w.reason AS withdrawal_reason
FROM day
JOIN consents AS c ON c.district_id = :district::integer AND c.person_id = :person_id::uuid
LEFT JOIN consent_withdrawals AS w ON w.district_id = c.district_id AND w.consent_id = c.id
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN c.person_id = :self_person::uuid
    ELSE home_region(:district::integer, c.person_id, day.today)
         BETWEEN :scope_low::bigint AND :scope_high::bigint
  END
  AND (:as_of::date IS NULL OR (c.given_on <= :as_of::date
                                AND (w.withdrawn_on IS NULL OR :as_of::date < w.withdrawn_on)))
  AND (:category::text IS NULL OR c.categories @> ARRAY[:category::text])
