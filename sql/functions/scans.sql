-- Scans of paper, and who may see them.

CREATE OR REPLACE FUNCTION scan_hash(hexadecimal text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT decode(hexadecimal, 'hex')
$$;

-- The records whose signature was scanned, that somebody with this scope may see: as the evidence of a record.
CREATE OR REPLACE FUNCTION records_of_scan(of_district integer, scan bytea, low bigint, high bigint,
                                           own_team uuid, self_person uuid)
RETURNS TABLE (record_id uuid, region_code bigint, service_date date)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT r.id, r.region_code, r.service_date
    FROM (SELECT DISTINCT a.record_id FROM attestations AS a
          WHERE a.district_id = of_district AND a.scan_sha256 = scan) AS a
    JOIN service_records AS r ON r.district_id = of_district AND r.id = a.record_id
    WHERE r.region_code BETWEEN low AND high
      AND (self_person IS NULL OR self_person IN (r.server_id, r.recipient_person_id))
      AND (own_team IS NULL OR r.team_id = own_team);
END
$$;

-- The scan, if this user brought it or may see a record that names it.
CREATE OR REPLACE FUNCTION visible_scan(of_district integer, scan bytea, of_user uuid, low bigint,
                                        high bigint, own_team uuid, self_person uuid)
RETURNS SETOF scans LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN QUERY
    SELECT s.*
    FROM scans AS s
    WHERE s.district_id = of_district AND s.sha256 = scan
      AND (EXISTS (SELECT FROM scan_uploads AS u
                   WHERE u.district_id = of_district AND u.sha256 = scan
                     AND u.uploaded_by = of_user)
           OR EXISTS (SELECT FROM records_of_scan(of_district, scan, low, high, own_team,
                                                  self_person)));
END
$$;
