-- Deposits that become available when the notice of their quarter is final (policy availability: after_notice).

-- The rule of a week is that of its last day; what it embargoed stays so, whatever the rule becomes.
CREATE OR REPLACE FUNCTION is_embargoed(of_district integer, week date) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE((
        SELECT policy_setting(of_district, 'availability', of_district::bigint * 1000000,
                              p.end_date - 1) = '"after_notice"'
        FROM periods AS p
        WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week), false);
END
$$;

-- The quarter that a month belongs to.
CREATE OR REPLACE FUNCTION quarter_of(of_district integer, month date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT begin_date FROM periods
    WHERE district_id = of_district AND grain = 'quarter' AND month >= begin_date
      AND month < end_date
$$;

-- Embargoes whose transfer stands. A reversal takes its own out of `embargoed` while the quarter is not final.
CREATE OR REPLACE VIEW standing_embargoes AS
SELECT e.district_id, e.transfer_id, e.account_id, e.quarter, e.minutes
FROM embargoes AS e
WHERE NOT EXISTS (SELECT FROM transfers AS r
                  WHERE r.district_id = e.district_id AND r.reverses_id = e.transfer_id);
GRANT SELECT ON standing_embargoes TO timebank_service;

-- What is embargoed of a transfer by now; whoever reverses it holds the lock on the balance.
CREATE OR REPLACE FUNCTION embargoed_minutes(of_district integer, transfer uuid) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT COALESCE((SELECT e.minutes FROM standing_embargoes AS e
                     JOIN periods AS q ON q.district_id = e.district_id AND q.grain = 'quarter'
                         AND q.begin_date = e.quarter AND q.state <> 'final'
                     WHERE e.district_id = of_district AND e.transfer_id = transfer), 0)
$$;

-- Frees a quarter's deposits, in the transaction that makes it final and that holds its lock. Gives how many
-- minutes. The balances are locked first, by their keys: then the sums are those of who was waited for.
CREATE OR REPLACE FUNCTION release_embargoes(of_district integer, of_quarter date) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    released bigint;
BEGIN
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district
      AND b.account_id IN (SELECT e.account_id FROM embargoes AS e
                           WHERE e.district_id = of_district AND e.quarter = of_quarter)
    ORDER BY b.account_id FOR UPDATE;
    WITH freed AS (
        UPDATE balances AS b
        SET embargoed = b.embargoed - e.minutes, version = b.version + 1
        FROM (SELECT s.account_id, sum(s.minutes)::bigint AS minutes
              FROM standing_embargoes AS s
              WHERE s.district_id = of_district AND s.quarter = of_quarter
              GROUP BY s.account_id) AS e
        WHERE b.district_id = of_district AND b.account_id = e.account_id
        RETURNING e.minutes
    )
    SELECT COALESCE(sum(minutes), 0) INTO released FROM freed;
    RETURN released;
END
$$;
