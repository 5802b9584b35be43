-- What the paper says, and whether it still holds; nothing that the paper does not say.
SELECT c.number, c.kind, CASE WHEN x.revoked_at IS NULL THEN 'valid' ELSE 'revoked' END AS state,
       c.name, c.volunteer_number, c.period_from, c.period_to, c.minutes, c.contents, c.star,
       c.title, c.award_year, c.issuer, c.handler_name, c.issued_on,
       civil_date(c.district_id, x.revoked_at) AS revoked_on
FROM certificates AS c
LEFT JOIN certificate_revocations AS x ON x.district_id = c.district_id AND x.certificate_id = c.id
WHERE c.district_id = :district::integer AND c.number = :certificate_number::text
