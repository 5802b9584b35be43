-- What the acts on attested records have in common: their locks, and what an ended record gives back.

-- The volunteers of records: whoever changes what is known of a record takes this first.
CREATE OR REPLACE FUNCTION lock_servers(of_district integer, records uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM volunteers AS v
    WHERE v.district_id = of_district
      AND v.id = ANY (ARRAY(SELECT sr.volunteer_id FROM service_records AS sr
                            WHERE sr.district_id = of_district AND sr.id = ANY (records)))
    ORDER BY v.id FOR NO KEY UPDATE;
END
$$;

-- In the order of docs/ledger.md: the volunteers, the weeks in which the records are verified, the
-- balances. A settlement that was waited for may have carried a record on, so the weeks are looked
-- up again until none of them is new.
CREATE OR REPLACE FUNCTION lock_records(of_district integer, records uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    locked date[] := '{}';
    unlocked date[];
BEGIN
    PERFORM lock_servers(of_district, records);
    LOOP
        unlocked := ARRAY(SELECT s.book_week FROM service_record_states AS s
                          WHERE s.district_id = of_district AND s.record_id = ANY (records)
                            AND s.book_week <> ALL (locked));
        EXIT WHEN unlocked = '{}';
        PERFORM FROM periods AS p
        WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = ANY (unlocked)
        ORDER BY p.begin_date FOR SHARE;
        locked := locked || unlocked;
    END LOOP;
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district
      AND b.account_id = ANY (ARRAY(SELECT g.account_id FROM registrations AS g
                                    WHERE g.district_id = of_district
                                      AND g.record_id = ANY (records)))
    ORDER BY b.account_id FOR UPDATE;
END
$$;

-- The time and the pending minutes of records that no longer count; gives how many they are.
CREATE OR REPLACE FUNCTION give_back(of_district integer, records uuid[]) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    DELETE FROM time_claims AS c
    WHERE c.district_id = of_district AND c.record_id = ANY (records);
    UPDATE balances AS b
    SET pending_in = b.pending_in - g.minutes, version = b.version + 1
    FROM (SELECT account_id, sum(minutes) AS minutes FROM registrations
          WHERE district_id = of_district AND record_id = ANY (records)
          GROUP BY account_id) AS g
    WHERE b.district_id = of_district AND b.account_id = g.account_id;
    RETURN cardinality(records);
END
$$;
