DROP FUNCTION IF EXISTS freeze_month(integer, date, timestamptz); -- what this does for any grain

-- Freezing a month or a quarter: nothing enters it any more. (A week: freeze_week.) One transaction. No row:
-- it is not open any more, or it is too early. The first statement waits for every transfer that is
-- entering it.
CREATE OR REPLACE FUNCTION freeze_period(of_district integer, of_grain text, begins date,
                                         as_of timestamptz)
RETURNS SETOF date LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    moment timestamptz;
BEGIN
    SELECT * INTO STRICT period FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = of_grain AND p.begin_date = begins FOR UPDATE;
    moment := step_instant(as_of);
    IF period.state <> 'open' OR period.freezes_at > moment THEN
        RETURN;
    END IF;
    UPDATE periods AS p SET state = 'frozen', frozen_at = moment
    WHERE p.district_id = of_district AND p.grain = of_grain AND p.begin_date = begins;
    PERFORM note_step(of_district, 'freeze' || initcap(of_grain), of_grain || '.frozen',
                      begins::text, '{}', moment);
    RETURN NEXT begins;
END
$$;
