-- The year: frozen when its four quarters are final, settled when all communities' lists are confirmed, its
-- stars awarded when its notice is final. Driven by what is stored, at each wake-up.

-- Freezes a locked year and draws up its appraisals.
CREATE OR REPLACE FUNCTION freeze_year(period periods, moment timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    drawn bigint;
BEGIN
    INSERT INTO appraisals
    SELECT * FROM appraisal_rows(period.district_id, extract(year FROM period.begin_date)::integer,
                                 moment);
    GET DIAGNOSTICS drawn = ROW_COUNT;
    UPDATE periods AS p SET state = 'frozen', frozen_at = moment
    WHERE p.district_id = period.district_id AND p.grain = 'year'
      AND p.begin_date = period.begin_date;
    PERFORM note_step(period.district_id, 'freezeYear', 'year.frozen', period.begin_date::text,
                      jsonb_build_object('appraisals', drawn), moment);
END
$$;

-- Settles a locked year: its notice is drawn up, with the stars that were decided. The figures are those of its
-- quarters.
CREATE OR REPLACE FUNCTION settle_year(period periods, moment timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    run uuid := gen_random_uuid();
    notice public_notices := draw_up_notice(period.district_id, 'year', period.begin_date, 1,
        sha256(uuid_send(gen_random_uuid()) || uuid_send(run)), moment);
BEGIN
    INSERT INTO settlement_runs (district_id, id, grain, begin_date, business_at, policy_version,
                                 records, deposits, captures, minutes, carried, digest, statements)
    SELECT period.district_id, run, 'year', period.begin_date, moment,
           policy_version(period.district_id), COALESCE(sum(r.records), 0),
           COALESCE(sum(r.deposits), 0), COALESCE(sum(r.captures), 0),
           COALESCE(sum(r.minutes), 0), 0, notice.digest, notice.lines
    FROM settlement_runs AS r
    WHERE r.district_id = period.district_id AND r.grain = 'quarter'
      AND r.begin_date >= period.begin_date AND r.begin_date < period.end_date;
    UPDATE periods AS p
    SET state = 'settled', settled_at = moment, digest = notice.digest, run_id = run
    WHERE p.district_id = period.district_id AND p.grain = 'year'
      AND p.begin_date = period.begin_date;
    PERFORM note_step(period.district_id, 'settleYear', 'year.settled', run::text,
        jsonb_build_object('begin_date', period.begin_date, 'notice', notice.number,
                           'digest', encode(notice.digest, 'hex')), moment);
END
$$;

-- Is every list of the year confirmed by its subdistrict?
CREATE OR REPLACE FUNCTION appraisals_are_confirmed(of_district integer, of_year integer)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM appraisals AS a
        WHERE a.district_id = of_district AND a.year = of_year
          AND (last_appraisal_act(of_district, of_year, a.region_code)).act
              IS DISTINCT FROM 'confirm')
$$;

-- Brings years on; gives how many moved. Locked one by one.
CREATE OR REPLACE FUNCTION advance_years(of_district integer, moment timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    moved integer := 0;
BEGIN
    FOR period IN SELECT * FROM periods AS p
                  WHERE p.district_id = of_district AND p.grain = 'year'
                    AND p.state IN ('open', 'frozen') AND p.end_date <= civil_date(of_district, moment)
                  ORDER BY p.begin_date FOR UPDATE SKIP LOCKED LOOP
        IF period.state = 'open' THEN
            EXIT WHEN EXISTS (
                SELECT FROM periods AS q
                WHERE q.district_id = of_district AND q.grain = 'quarter'
                  AND q.begin_date >= period.begin_date AND q.begin_date < period.end_date
                  AND q.state <> 'final');
            PERFORM freeze_year(period, moment);
            moved := moved + 1;
        END IF;
        EXIT WHEN NOT appraisals_are_confirmed(of_district,
                                               extract(year FROM period.begin_date)::integer);
        PERFORM settle_year(period, moment);
        moved := moved + 1;
    END LOOP;
    RETURN moved;
END
$$;

-- Awards the stars of a year whose notice is final: what the standing revision publishes above what is worn.
CREATE OR REPLACE FUNCTION award_stars(n public_notices, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    awarded bigint;
    of_year integer := extract(year FROM n.begin_date);
BEGIN
    INSERT INTO star_awards (district_id, id, volunteer_id, star, award_year, awarded_on, kind,
                             evidence)
    SELECT n.district_id, derived_uuid(convert_to('timebank.award.1', 'UTF8')
               || int4send(n.district_id) || int4send(of_year) || uuid_send(a.volunteer_id)),
           a.volunteer_id, l.star, of_year, civil_date(n.district_id, moment), 'appraisal', n.number
    FROM notice_lines AS l
    JOIN passbooks AS k ON k.district_id = l.district_id AND k.account_id = l.account_id
    JOIN appraisals AS a ON a.district_id = l.district_id AND a.year = of_year
        AND a.volunteer_id = k.volunteer_id
    WHERE l.district_id = n.district_id AND l.number = n.number AND l.star > a.worn_star
    ORDER BY a.volunteer_id
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS awarded = ROW_COUNT;
    RETURN awarded;
END
$$;
