-- Every figure is computed from rows. What is true on a day is read from dated rows as of as_of and
-- as known at known_at; what is booked, from transfers posted by the end of as_of and recorded by
-- known_at. given: all verified minutes of service, however paid (deposit, capture, overrun), less what
-- was corrected; opening balances are service before the time bank and are not counted. withdrawn:
-- captured holds.
WITH asked AS MATERIALIZED (
    SELECT :district::integer AS district_id, day.as_of,
           report_known_at(:known_at::timestamptz) AS known_at,
           ((day.as_of + 1)::timestamp AT TIME ZONE d.time_zone) AS booked_before
    FROM districts AS d
    CROSS JOIN LATERAL (
        SELECT COALESCE(:as_of::date, district_today(:district::integer)) AS as_of
    ) AS day
    WHERE d.district_id = :district::integer
      AND :scope_low::bigint <= :district::bigint * 1000000
      AND :scope_high::bigint >= :district::bigint * 1000000 + 999999
), living_region AS MATERIALIZED (
    SELECT r.region_code, r.kind, f.setting
    FROM asked AS q
    JOIN regions AS r ON r.district_id = q.district_id
    JOIN region_facts AS f ON f.district_id = r.district_id AND f.region_code = r.region_code
        AND fact_holds(f.valid_from, f.valid_to, f.recorded_at, f.superseded_at, q.as_of,
                       q.known_at)
), retiree AS MATERIALIZED (
    SELECT c.person_id, bool_or(c.category = 'lixiu') AS is_lixiu,
           bool_or(g.setting = 'urban') AS is_urban
    FROM asked AS q
    JOIN person_categories AS c ON c.district_id = q.district_id
        AND c.category IN ('lixiu', 'tuixiu')
        AND fact_holds(c.valid_from, c.valid_to, c.recorded_at, c.superseded_at, q.as_of,
                       q.known_at)
    LEFT JOIN residences AS h ON h.district_id = c.district_id AND h.person_id = c.person_id
        AND fact_holds(h.valid_from, h.valid_to, h.recorded_at, h.superseded_at, q.as_of,
                       q.known_at)
    LEFT JOIN living_region AS g ON g.region_code = h.region_code
    GROUP BY c.person_id
), living_team AS MATERIALIZED (
    SELECT t.district_id, t.id
    FROM asked AS q
    JOIN teams AS t ON t.district_id = q.district_id
    WHERE t.founded_on <= q.as_of AND t.recorded_at <= q.known_at
      AND NOT EXISTS (
            SELECT FROM team_dissolutions AS d
            WHERE d.district_id = t.district_id AND d.team_id = t.id
              AND fact_holds(d.valid_from, d.valid_to, d.recorded_at, d.superseded_at, q.as_of,
                             q.known_at))
), living_volunteer AS MATERIALIZED (
    SELECT v.id
    FROM asked AS q
    JOIN volunteers AS v ON v.district_id = q.district_id
    WHERE v.joined_on <= q.as_of AND v.recorded_at <= q.known_at
      AND NOT EXISTS (
            SELECT FROM volunteer_departures AS d
            WHERE d.district_id = v.district_id AND d.volunteer_id = v.id
              AND fact_holds(d.valid_from, d.valid_to, d.recorded_at, d.superseded_at, q.as_of,
                             q.known_at))
), booked AS MATERIALIZED (
    SELECT s.kind, s.account_id, sum(s.minutes) AS minutes
    FROM asked AS q
    JOIN transfers AS t ON t.district_id = q.district_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(t.corrected_kind, t.kind) AS kind,
               CASE t.kind WHEN 'reversal' THEN t.debit_account_id
                           ELSE t.credit_account_id END AS account_id,
               CASE t.kind WHEN 'reversal' THEN -t.minutes ELSE t.minutes END AS minutes
    ) AS s
    WHERE s.kind IN ('opening', 'deposit', 'capture', 'overrun')
      AND t.posted_at < q.booked_before AND t.recorded_at <= q.known_at
    GROUP BY s.kind, s.account_id
), rung AS MATERIALIZED (
    SELECT l.star, l.minutes
    FROM asked AS q
    JOIN star_ladders AS l ON l.district_id = q.district_id
    WHERE l.ladder = (
            SELECT p.value #>> '{}'
            FROM policy_row(q.district_id, 'star_ladder', q.district_id::bigint * 1000000,
                            q.as_of, q.known_at) AS p)
      AND l.valid_from = (
            SELECT max(o.valid_from) FROM star_ladders AS o
            WHERE o.district_id = q.district_id AND o.ladder = l.ladder
              AND o.valid_from <= q.as_of AND o.recorded_at <= q.known_at)
), earned AS (
    SELECT p.volunteer_id, sum(b.minutes) AS minutes
    FROM asked AS q
    JOIN passbooks AS p ON p.district_id = q.district_id
    JOIN booked AS b ON b.account_id = p.account_id
    GROUP BY p.volunteer_id
), starred AS MATERIALIZED (
    SELECT v.id,
           COALESCE((SELECT s.star FROM star_awards AS s
                     WHERE s.district_id = q.district_id AND s.volunteer_id = v.id
                       AND s.awarded_on <= q.as_of AND s.recorded_at <= q.known_at
                     ORDER BY s.award_year DESC LIMIT 1), 0) AS star,
           COALESCE((SELECT max(r.star) FROM rung AS r WHERE r.minutes <= e.minutes), 0) AS eligible
    FROM asked AS q
    CROSS JOIN living_volunteer AS v
    LEFT JOIN earned AS e ON e.volunteer_id = v.id
)
SELECT q.as_of, q.known_at,
       (SELECT json_build_object('total', count(*),
                   'urban', count(*) FILTER (WHERE setting = 'urban'),
                   'rural', count(*) FILTER (WHERE setting = 'rural'))
        FROM living_region WHERE kind = 'community') AS communities,
       (SELECT count(*) FROM living_region WHERE kind = 'town') AS towns,
       (SELECT count(*) FROM living_region WHERE kind = 'subdistrict') AS subdistricts,
       (SELECT json_build_object('total', count(*), 'lixiu', count(*) FILTER (WHERE is_lixiu),
                   'tuixiu', count(*) FILTER (WHERE NOT is_lixiu), 'urban_share_percent',
                   COALESCE((200 * count(*) FILTER (WHERE is_urban) + count(*))
                            / NULLIF(2 * count(*), 0), 0)) -- whole, half up
        FROM retiree) AS retirees,
       (SELECT json_build_object('total', (SELECT count(*) FROM living_team),
                   'members', count(DISTINCT m.volunteer_id))
        FROM living_team AS t
        JOIN team_memberships AS m ON m.district_id = t.district_id AND m.team_id = t.id
            AND fact_holds(m.valid_from, m.valid_to, m.recorded_at, m.superseded_at, q.as_of,
                           q.known_at)) AS teams,
       (SELECT json_build_object(
                   'given', COALESCE(sum(minutes) FILTER (WHERE kind <> 'opening'), 0),
                   'withdrawn', COALESCE(sum(minutes) FILTER (WHERE kind = 'capture'), 0))
        FROM booked) AS minutes,
       (SELECT json_object_agg(n, (SELECT count(*) FROM starred WHERE star = n) ORDER BY n)
        FROM generate_series(0, 5) AS n) AS stars,
       (SELECT json_object_agg(n, (SELECT count(*) FROM starred WHERE eligible = n) ORDER BY n)
        FROM generate_series(0, 5) AS n) AS eligible_stars
FROM asked AS q
