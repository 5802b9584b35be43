-- What is known of one record, for its chain of evidence.

-- Who did what to a record after it was served, in the order of the duties. A verifier is the one
-- who decided on it, or who closed its community-week while it was clean. at is the business time of
-- the act, recorded_at the wall clock's.
-- Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS evidence_chain(integer, uuid);
CREATE FUNCTION evidence_chain(of_district integer, of_record uuid)
RETURNS TABLE (place integer, duty text, person_id uuid, capacity text, method text, minutes bigint,
               book_week date, note text, witness_id uuid, sheet_number text, scan text,
               at timestamptz,
               entered_by uuid, recorded_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH s AS (
        SELECT *, ARRAY['community_secretary', 'subdistrict_admin', 'district_admin']
                      AS verifiers
        FROM service_record_states
        WHERE district_id = of_district AND record_id = of_record
    )
    SELECT 1, 'attester', t.attester_id, t.capacity, t.method, t.minutes, NULL::date, t.relation,
           t.witness_id, t.sheet_number, encode(t.scan_sha256, 'hex'), t.attested_at, t.entered_by, t.recorded_at
    FROM attestations AS t
    WHERE t.district_id = of_district AND t.record_id = of_record
    UNION ALL
    SELECT 2, 'registrar', g.registrar_id, role_over(of_district, g.registrar_id,
               registrar_roles(of_district, g.region_code,
                               civil_date(of_district, g.registered_at)), g.region_code,
               r.team_id, civil_date(of_district, g.registered_at)),
           NULL, g.minutes, g.book_week, NULL, NULL, NULL, NULL, g.registered_at, g.entered_by,
           g.recorded_at
    FROM registrations AS g
    JOIN service_records AS r ON r.district_id = g.district_id AND r.id = g.record_id
    WHERE g.district_id = of_district AND g.record_id = of_record
    UNION ALL
    SELECT 3, 'verifier', d.verifier_id, role_over(of_district, d.verifier_id, s.verifiers,
               s.region_code, NULL, civil_date(of_district, d.decided_at)),
           d.decision, d.minutes, d.book_week, d.reason, NULL, NULL, NULL, d.decided_at, d.entered_by,
           d.recorded_at
    FROM decisions AS d
    JOIN s USING (district_id, record_id)
    UNION ALL
    SELECT 3, 'verifier', c.verifier_id, role_over(of_district, c.verifier_id, s.verifiers,
               s.region_code, NULL, civil_date(of_district, c.closed_at)),
           'close', s.minutes, c.book_week, NULL, NULL, NULL, NULL, c.closed_at, c.entered_by,
           c.recorded_at
    FROM s
    JOIN worklist_closes AS c USING (district_id, book_week, region_code)
    WHERE s.status = 'verified'
      AND NOT EXISTS (SELECT FROM decisions AS d
                      WHERE d.district_id = of_district AND d.record_id = of_record)
    UNION ALL
    SELECT 4, 'corrector', k.decided_by, NULL, NULL, k.minutes, NULL, k.reason, NULL, NULL,
           NULL, k.decided_at, k.entered_by, k.recorded_at
    FROM ledger_corrections AS k
    JOIN ledger_correction_postings AS p
        ON p.district_id = k.district_id AND p.correction_id = k.id
    WHERE k.district_id = of_district AND k.record_id = of_record
    UNION ALL
    SELECT 5, 'voider', v.voided_by, NULL, NULL, NULL, NULL, v.reason, NULL, NULL, NULL,
           v.voided_at, v.entered_by, v.recorded_at
    FROM voids AS v
    WHERE v.district_id = of_district AND v.record_id = of_record
$$;

-- The states that a draft or record has gone through, in the order of time.
CREATE OR REPLACE FUNCTION record_history(of_district integer, of_record uuid)
RETURNS TABLE (state text, at timestamptz, person_id uuid, entered_by uuid, recorded_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT 'draft', o.created_at, u.person_id, o.entered_by, o.recorded_at
    FROM (SELECT created_at, entered_by, recorded_at FROM service_drafts
          WHERE district_id = of_district AND id = of_record
          UNION ALL
          SELECT created_at, entered_by, NULL FROM service_records
          WHERE district_id = of_district AND id = of_record AND kind = 'service') AS o
    JOIN users AS u ON u.district_id = of_district AND u.id = o.entered_by
    UNION ALL
    SELECT 'verified', sr.created_at, u.person_id, sr.entered_by, sr.recorded_at
    FROM service_records AS sr
    JOIN users AS u ON u.district_id = of_district AND u.id = sr.entered_by
    WHERE sr.district_id = of_district AND sr.id = of_record AND sr.kind = 'opening'
    UNION ALL
    (SELECT 'attested', c.at, c.person_id, c.entered_by, c.recorded_at
     FROM evidence_chain(of_district, of_record) AS c
     WHERE c.duty = 'attester'
     ORDER BY c.at, c.person_id LIMIT 1)
    UNION ALL
    SELECT CASE WHEN c.duty = 'registrar' THEN 'registered' WHEN c.duty = 'voider' THEN 'void'
                WHEN c.method = 'reject' THEN 'rejected' WHEN c.method = 'return' THEN 'returned'
                WHEN c.duty = 'corrector' THEN 'corrected' ELSE 'verified' END, c.at, c.person_id, c.entered_by, c.recorded_at
    FROM evidence_chain(of_district, of_record) AS c
    WHERE c.duty <> 'attester'
    UNION ALL
    (SELECT 'replaced', t.attested_at, t.attester_id, t.entered_by, t.recorded_at
     FROM service_records AS newer
     JOIN attestations AS t ON t.district_id = of_district AND t.record_id = newer.id
     WHERE newer.district_id = of_district AND newer.replaces_id = of_record
     ORDER BY t.attested_at, t.attester_id LIMIT 1)
$$;

-- The records of one service, each replaced by the next; a draft that is to replace the last one too.
CREATE OR REPLACE FUNCTION record_versions(of_district integer, of_record uuid)
RETURNS TABLE (place integer, id uuid)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE older AS (
        SELECT 0 AS place, of_record AS id
        UNION ALL
        SELECT o.place - 1, r.replaces_id
        FROM older AS o
        CROSS JOIN LATERAL (
            SELECT replaces_id FROM service_records WHERE district_id = of_district AND id = o.id
            UNION ALL
            SELECT replaces_id FROM service_drafts WHERE district_id = of_district AND id = o.id
        ) AS r
        WHERE r.replaces_id IS NOT NULL
    ), newer AS (
        SELECT 0 AS place, of_record AS id
        UNION ALL
        SELECT n.place + 1, r.id
        FROM newer AS n
        JOIN service_records AS r ON r.district_id = of_district AND r.replaces_id = n.id
    )
    SELECT place, id FROM older
    UNION ALL
    SELECT place, id FROM newer WHERE place > 0
$$;
