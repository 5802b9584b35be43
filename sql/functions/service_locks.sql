-- What the acts on records have in common: their locks, in the order of docs/ledger.md, and what an
-- ended record gives back. Each lock is a statement of its own, so that the next one sees what it
-- waited for.

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

-- The weeks in which records are verified. A settlement that was waited for may have carried one on,
-- so they are looked up again until none of them is new.
CREATE OR REPLACE FUNCTION lock_weeks(of_district integer, records uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    locked date[] := '{}';
    unlocked date[];
BEGIN
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
END
$$;

-- Records with their holds, and the balances of those who served and of those who pay.
CREATE OR REPLACE FUNCTION lock_records(of_district integer, records uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    payers uuid[];
BEGIN
    PERFORM lock_servers(of_district, records);
    PERFORM lock_weeks(of_district, records);
    payers := ARRAY(
        SELECT h.account_id
        FROM service_records AS sr
        JOIN holds AS h ON h.district_id = of_district AND h.assignment_id = sr.assignment_id
        WHERE sr.district_id = of_district AND sr.id = ANY (records)
        ORDER BY h.id FOR UPDATE OF h);
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district
      AND b.account_id = ANY (payers || ARRAY(SELECT g.account_id FROM registrations AS g
                                              WHERE g.district_id = of_district
                                                AND g.record_id = ANY (records)))
    ORDER BY b.account_id FOR UPDATE;
END
$$;

-- Drafts that are signed for, with the records that they replace. The hold of an assignment must not
-- expire between the look and the signature that pins it.
CREATE OR REPLACE FUNCTION lock_drafts(of_district integer, drafts uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    replaced uuid[];
BEGIN
    PERFORM FROM service_drafts AS d
    WHERE d.district_id = of_district AND d.id = ANY (drafts)
    ORDER BY d.id FOR UPDATE;
    PERFORM FROM volunteers AS v
    WHERE v.district_id = of_district
      AND v.id = ANY (ARRAY(SELECT d.volunteer_id FROM service_drafts AS d
                            WHERE d.district_id = of_district AND d.id = ANY (drafts)))
    ORDER BY v.id FOR NO KEY UPDATE;
    replaced := ARRAY(SELECT d.replaces_id FROM service_drafts AS d
                      WHERE d.district_id = of_district AND d.id = ANY (drafts)
                        AND d.replaces_id IS NOT NULL);
    PERFORM lock_weeks(of_district, replaced);
    PERFORM FROM holds AS h
    WHERE h.district_id = of_district
      AND h.assignment_id = ANY (ARRAY(SELECT d.assignment_id FROM service_drafts AS d
                                       WHERE d.district_id = of_district AND d.id = ANY (drafts)))
    ORDER BY h.id FOR SHARE;
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district
      AND b.account_id = ANY (ARRAY(SELECT g.account_id FROM registrations AS g
                                    WHERE g.district_id = of_district
                                      AND g.record_id = ANY (replaced)))
    ORDER BY b.account_id FOR UPDATE;
END
$$;

-- The time, the assignment and the pending minutes of records that no longer count; gives how many
-- they are. (A replacement takes over its own in the statement that signs it.)
CREATE OR REPLACE FUNCTION give_back(of_district integer, records uuid[]) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    DELETE FROM time_claims AS c
    WHERE c.district_id = of_district AND c.record_id = ANY (records);
    DELETE FROM assignment_claims AS c
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
