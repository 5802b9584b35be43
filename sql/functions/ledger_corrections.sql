-- Correcting what was booked: the exact mirror, then the replacement, their net applied once.

-- The transfers that pay a record, as they stand. A deposit stands for more than one record, so it is found by
-- the record's week, community and month (as in month_records()). last_id: the transfer that stands;
-- minutes: 0 when it has been reversed and not replaced. A settled record that rounding left nothing of
-- has a deposit without transfers.
CREATE OR REPLACE FUNCTION record_payments(of_district integer, of_record uuid)
RETURNS TABLE (root_id uuid, root_kind text, debit_account_id uuid, credit_account_id uuid,
               region_code bigint, hold_id uuid, of_one boolean, last_id uuid, minutes bigint)
LANGUAGE sql STABLE ROWS 2 AS $$
    WITH RECURSIVE own AS (
        SELECT t.* FROM transfers AS t
        WHERE t.district_id = of_district AND t.record_id = of_record
          AND (t.kind IN ('opening', 'capture', 'overrun')
               OR (t.kind = 'replacement' AND t.replaces_id IS NULL))
    ), settled AS (
        SELECT g.*, s.book_week AS week
        FROM registrations AS g
        JOIN service_record_states AS s ON s.district_id = of_district AND s.record_id = g.record_id
        JOIN periods AS p ON p.district_id = of_district AND p.grain = 'week'
            AND p.begin_date = s.book_week AND p.state = 'settled'
        WHERE g.district_id = of_district AND g.record_id = of_record
          AND NOT EXISTS (SELECT FROM own)
    ), deposit AS (
        SELECT d.*
        FROM settled AS g
        CROSS JOIN LATERAL (
            SELECT t.* FROM transfers AS t
            JOIN periods AS m ON m.district_id = of_district AND m.grain = 'month'
                AND m.begin_date = t.book_month
            WHERE t.district_id = of_district AND t.book_week = g.week AND t.kind = 'deposit'
              AND t.region_code = g.region_code AND t.credit_account_id = g.account_id
              AND m.end_date > g.service_date
            ORDER BY t.book_month LIMIT 1) AS d
    ), root AS (
        SELECT o.*, true AS of_one FROM own AS o
        UNION ALL
        SELECT d.*, false FROM deposit AS d
    ), chain AS (
        SELECT r.id AS root_id, r.id, r.minutes, 1 AS turn FROM root AS r
        UNION ALL
        SELECT c.root_id, n.id, n.minutes, c.turn + 1
        FROM chain AS c
        JOIN transfers AS n ON n.district_id = of_district AND n.replaces_id = c.id
    )
    SELECT r.id, COALESCE(r.corrected_kind, r.kind), r.debit_account_id, r.credit_account_id,
           r.region_code, r.hold_id, r.of_one, c.id,
           CASE WHEN EXISTS (SELECT FROM transfers AS v
                             WHERE v.district_id = of_district AND v.reverses_id = c.id)
                THEN 0 ELSE c.minutes END
    FROM root AS r
    JOIN LATERAL (SELECT * FROM chain AS c WHERE c.root_id = r.id
                  ORDER BY c.turn DESC LIMIT 1) AS c ON true
    UNION ALL
    SELECT NULL, 'deposit', issuance_account(of_district, g.region_code), g.account_id,
           g.region_code, NULL, true, NULL, 0
    FROM settled AS g
    WHERE NOT EXISTS (SELECT FROM deposit)
$$;

-- What each payment comes to when what is credited for the record changes. The payer of a withdrawal pays
-- no more than he held; what exceeds that is issued.
CREATE OR REPLACE FUNCTION corrected_payments(of_district integer, of_record uuid,
                                              credited_before bigint, credited bigint)
RETURNS TABLE (root_id uuid, kind text, debit_account_id uuid, credit_account_id uuid,
               region_code bigint, hold_id uuid, of_one boolean, last_id uuid, minutes bigint,
               becomes bigint)
LANGUAGE sql STABLE ROWS 2 AS $$
    WITH paid AS MATERIALIZED (
        SELECT * FROM record_payments(of_district, of_record)
    ), captured AS (
        SELECT p.*, LEAST(credited, GREATEST(p.minutes, h.minutes)) AS becomes
        FROM paid AS p
        JOIN holds AS h ON h.district_id = of_district AND h.id = p.hold_id
        WHERE p.root_kind = 'capture'
    )
    SELECT p.*, p.minutes + credited - credited_before
    FROM paid AS p
    WHERE p.root_kind IN ('opening', 'deposit')
    UNION ALL
    SELECT * FROM captured
    UNION ALL
    SELECT o.root_id, 'overrun', COALESCE(o.debit_account_id,
                                          issuance_account(of_district, c.region_code)),
           c.credit_account_id, c.region_code, c.hold_id, true, o.last_id, COALESCE(o.minutes, 0),
           credited - c.becomes
    FROM captured AS c
    LEFT JOIN paid AS o ON o.root_kind = 'overrun'
$$;

-- In which steps the minutes of a record are credited: those of its week.
CREATE OR REPLACE FUNCTION record_credit_step(of_district integer, of_record uuid) RETURNS smallint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN COALESCE((SELECT p.credit_step_minutes
                     FROM service_record_states AS s
                     JOIN periods AS p ON p.district_id = of_district AND p.grain = 'week'
                         AND p.begin_date = s.book_week
                     WHERE s.district_id = of_district AND s.record_id = of_record), 1);
END
$$;

-- By how much a correction changes what rounding leaves out of the record; stars count it.
CREATE OR REPLACE FUNCTION rounding_change(c ledger_corrections) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT c.minutes % s.step - c.minutes_before % s.step
    FROM record_credit_step(c.district_id, c.record_id) AS s (step)
$$;

-- The transfers of a correction, reversals first. None where rounding hides the change.
CREATE OR REPLACE FUNCTION correction_transfers(c ledger_corrections)
RETURNS TABLE (id uuid, kind text, debit_account_id uuid, credit_account_id uuid, minutes bigint,
               region_code bigint, hold_id uuid, record_id uuid, reverses_id uuid,
               replaces_id uuid, corrected_kind text)
LANGUAGE sql STABLE ROWS 4 AS $$
    WITH changed AS MATERIALIZED (
        SELECT p.*
        FROM record_credit_step(c.district_id, c.record_id) AS s (step)
        CROSS JOIN LATERAL corrected_payments(c.district_id, c.record_id,
            credited_minutes(c.minutes_before, s.step), credited_minutes(c.minutes, s.step)) AS p
        WHERE p.becomes <> p.minutes
    ), planned AS (
        SELECT 'reversal' AS kind, p.credit_account_id AS debit, p.debit_account_id AS credit,
               p.minutes AS moved, p.last_id AS reverses_id, NULL::uuid AS replaces_id, p AS paid
        FROM changed AS p
        WHERE p.minutes > 0
        UNION ALL
        SELECT 'replacement', p.debit_account_id, p.credit_account_id, p.becomes, NULL, p.last_id, p
        FROM changed AS p
        WHERE p.becomes > 0
    )
    SELECT derived_uuid(convert_to('timebank.transfer.1:' || p.kind || ':' || (p.paid).kind || ':',
                                   'UTF8') || int4send(c.district_id) || uuid_send(c.id)),
           p.kind, p.debit, p.credit, p.moved, (p.paid).region_code, (p.paid).hold_id,
           CASE WHEN (p.paid).of_one THEN c.record_id END, p.reverses_id, p.replaces_id, (p.paid).kind
    FROM planned AS p
    ORDER BY p.kind DESC, (p.paid).kind DESC
$$;

-- The embargoes of a correction: what replaces an embargoed credit waits for the same notice.
CREATE OR REPLACE FUNCTION correction_embargoes(c ledger_corrections)
RETURNS TABLE (transfer_id uuid, account_id uuid, quarter date, minutes bigint)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT t.id, t.credit_account_id, e.quarter, t.minutes
    FROM correction_transfers(c) AS t
    JOIN embargoes AS e ON e.district_id = c.district_id AND e.transfer_id = t.replaces_id
    WHERE embargoed_minutes(c.district_id, t.replaces_id) > 0
$$;

-- What the correction comes to on each account with a floor, and by how much it would break that.
DROP FUNCTION IF EXISTS correction_effects(ledger_corrections); -- its columns may change
CREATE FUNCTION correction_effects(c ledger_corrections)
RETURNS TABLE (account_id uuid, net bigint, earned bigint, lines bigint, embargoed bigint,
               deficit bigint)
LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT b.account_id, e.net, e.earned, e.lines, e.embargoed,
           GREATEST(0, b.floor_minutes - (b.posted + e.net - b.held - b.embargoed - e.embargoed))
    FROM (
        SELECT s.account_id, sum(s.net)::bigint AS net, sum(s.earned)::bigint AS earned,
               sum(s.lines)::bigint AS lines, sum(s.embargoed)::bigint AS embargoed
        FROM (
            SELECT o.account_id, o.net, o.earned, 1 AS lines, 0 AS embargoed
            FROM correction_transfers(c) AS t
            CROSS JOIN LATERAL (VALUES
                (t.debit_account_id, -t.minutes,
                 CASE t.kind WHEN 'reversal' THEN -t.minutes ELSE 0 END),
                (t.credit_account_id, t.minutes,
                 CASE t.kind WHEN 'replacement' THEN t.minutes ELSE 0 END)
            ) AS o (account_id, net, earned)
            UNION ALL
            SELECT g.account_id, 0, rounding_change(c), 0, 0
            FROM registrations AS g
            WHERE g.district_id = c.district_id AND g.record_id = c.record_id
            UNION ALL
            SELECT t.debit_account_id, 0, 0, 0, -embargoed_minutes(c.district_id, t.reverses_id)
            FROM correction_transfers(c) AS t
            WHERE t.kind = 'reversal'
            UNION ALL
            SELECT m.account_id, 0, 0, 0, m.minutes FROM correction_embargoes(c) AS m
        ) AS s
        GROUP BY s.account_id
    ) AS e
    JOIN balances AS b ON b.district_id = c.district_id AND b.account_id = e.account_id
$$;

CREATE OR REPLACE FUNCTION correction_deficit(c ledger_corrections) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(sum(e.deficit), 0)::bigint FROM correction_effects(c) AS e
$$;

-- The locks of a correction, in the order of docs/ledger.md: those of the records, with the months that
-- take what is booked today and whoever pays.
CREATE OR REPLACE FUNCTION lock_for_correction(of_district integer, records uuid[], at timestamptz)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM lock_servers(of_district, records);
    PERFORM FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'month' AND p.state = 'open'
      AND p.begin_date = booking_month(of_district, civil_date(of_district, at))
    FOR SHARE;
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district
      AND b.account_id IN (
            SELECT a.account_id
            FROM unnest(records) AS r (id)
            CROSS JOIN LATERAL record_payments(of_district, r.id) AS p
            CROSS JOIN LATERAL (VALUES (p.debit_account_id), (p.credit_account_id)) AS a (account_id))
    ORDER BY b.account_id FOR UPDATE;
END
$$;

-- The lines of a correction in each passbook, and its balances, from what they were before.
CREATE OR REPLACE FUNCTION write_correction(c ledger_corrections, month date, at timestamptz)
RETURNS void LANGUAGE sql VOLATILE AS $$
    WITH planned AS MATERIALIZED (
        SELECT t.*, row_number() OVER () AS place FROM correction_transfers(c) AS t
    ), effects AS MATERIALIZED (
        SELECT * FROM correction_effects(c)
    ), posted AS (
        INSERT INTO transfers (district_id, id, debit_account_id, credit_account_id, minutes, kind,
                               region_code, book_month, hold_id, record_id, reverses_id,
                               replaces_id, correction_id, corrected_kind, posted_at)
        SELECT c.district_id, p.id, p.debit_account_id, p.credit_account_id, p.minutes, p.kind,
               p.region_code, month, p.hold_id, p.record_id, p.reverses_id, p.replaces_id, c.id,
               p.corrected_kind, at
        FROM planned AS p
    ), lined AS (
        INSERT INTO passbook_lines (district_id, account_id, line_no, transfer_id, minutes,
                                    balance_minutes)
        SELECT c.district_id, s.account_id, b.line_no + row_number() OVER line, p.id, s.minutes,
               b.posted + sum(s.minutes) OVER line
        FROM planned AS p
        CROSS JOIN LATERAL (VALUES (p.debit_account_id, -p.minutes),
                                   (p.credit_account_id, p.minutes)) AS s (account_id, minutes)
        JOIN passbooks AS k ON k.district_id = c.district_id AND k.account_id = s.account_id
        JOIN balances AS b ON b.district_id = c.district_id AND b.account_id = s.account_id
        WINDOW line AS (PARTITION BY s.account_id ORDER BY p.place ROWS UNBOUNDED PRECEDING)
    ), waiting AS (
        INSERT INTO embargoes (district_id, transfer_id, account_id, quarter, minutes)
        SELECT c.district_id, m.transfer_id, m.account_id, m.quarter, m.minutes
        FROM correction_embargoes(c) AS m
    ), owed AS (
        INSERT INTO ledger_deficits (district_id, correction_id, account_id, minutes)
        SELECT c.district_id, c.id, e.account_id, e.deficit FROM effects AS e WHERE e.deficit > 0
    )
    UPDATE balances AS b
    SET posted = b.posted + e.net, earned_minutes = b.earned_minutes + e.earned,
        line_no = b.line_no + CASE WHEN EXISTS (
            SELECT FROM passbooks AS k
            WHERE k.district_id = b.district_id AND k.account_id = b.account_id)
            THEN e.lines ELSE 0 END,
        embargoed = b.embargoed + e.embargoed, floor_minutes = b.floor_minutes - e.deficit,
        version = b.version + 1
    FROM effects AS e
    WHERE b.district_id = c.district_id AND b.account_id = e.account_id
$$;

-- Books a correction that is decided and, where it leaves a deficit, approved. Everything is locked.
CREATE OR REPLACE FUNCTION post_correction(c ledger_corrections, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    month date := booking_month(c.district_id, civil_date(c.district_id, at));
    rounding bigint := rounding_change(c);
BEGIN
    PERFORM write_correction(c, month, at);
    INSERT INTO ledger_correction_postings (district_id, correction_id, record_id, turn, minutes,
                                            rounding_minutes, book_month, posted_at)
    SELECT c.district_id, c.id, c.record_id, 1 + count(p.turn), c.minutes, rounding, month, at
    FROM (SELECT) AS one
    LEFT JOIN ledger_correction_postings AS p
        ON p.district_id = c.district_id AND p.record_id = c.record_id;
END
$$;

-- Decides that a record stands for other minutes; books it at once unless somebody has spent them.
CREATE OR REPLACE FUNCTION correct_record(c ledger_corrections) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO ledger_corrections VALUES (c.*);
    IF correction_deficit(c) > 0 THEN
        RETURN 'awaiting_approval';
    END IF;
    PERFORM post_correction(c, c.decided_at);
    RETURN 'posted';
END
$$;

-- The second look at a correction that leaves a deficit.
CREATE OR REPLACE FUNCTION decide_correction(c ledger_corrections, approved boolean, reason text,
                                             person uuid, typist uuid, at timestamptz)
RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO ledger_correction_approvals (district_id, correction_id, approved, reason,
                                             approved_by, entered_by, decided_at)
    VALUES (c.district_id, c.id, approved, reason, person, typist, at);
    IF NOT approved THEN
        RETURN 'declined';
    END IF;
    PERFORM post_correction(c, at);
    RETURN 'posted';
END
$$;

-- Whoever had a part in a record besides the one who served: attesters, registrar, verifier; of an opening
-- balance, who entered it.
CREATE OR REPLACE FUNCTION record_parts(of_district integer, of_record uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(
        SELECT c.person_id FROM evidence_chain(of_district, of_record) AS c
        UNION
        SELECT u.person_id
        FROM service_records AS sr
        JOIN users AS u ON u.district_id = of_district AND u.id = sr.entered_by
        WHERE sr.district_id = of_district AND sr.id = of_record AND sr.kind = 'opening');
END
$$;

-- Why somebody may not decide on a record from above: he had a part in it, or his office is not above it.
CREATE OR REPLACE FUNCTION part_refusal(of_district integer, of_record uuid, person uuid, role text,
                                        at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    sr service_records;
    parts uuid[] := record_parts(of_district, of_record);
    offices text[] := ARRAY['district_admin'];
BEGIN
    SELECT * INTO sr FROM service_records AS r
    WHERE r.district_id = of_district AND r.id = of_record;
    IF sr.region_code % 1000 <> 0 THEN
        offices := array_append(offices, 'subdistrict_admin');
    END IF;
    IF role = ANY (offices) AND person <> ALL (parts) AND duty_conflict(of_district, 'decider',
           person, sr.server_id, NULL, NULL, sr.service_date) IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN refusal(CASE WHEN role = ANY (offices) THEN 'decider_had_part'
                        ELSE 'decided_one_level_up' END,
        jsonb_build_object('may', who_may(of_district, 'decider', offices, sr.region_code, NULL,
            sr.server_id, parts, NULL, sr.service_date, civil_date(of_district, at))));
END
$$;

-- Why a record cannot be corrected to these minutes.
CREATE OR REPLACE FUNCTION correction_refusal(of_district integer, of_record uuid,
                                              new_minutes bigint)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    s service_record_states;
    waiting uuid := (SELECT c.id FROM ledger_corrections AS c
                     WHERE c.district_id = of_district AND c.record_id = of_record
                       AND ledger_correction_state(c) = 'awaiting_approval');
BEGIN
    SELECT * INTO s FROM service_record_states AS r
    WHERE r.district_id = of_district AND r.record_id = of_record;
    RETURN CASE
        WHEN s.status <> 'verified'
             OR NOT EXISTS (SELECT FROM record_payments(of_district, of_record))
            THEN refusal('record_not_booked', jsonb_build_object('status', s.status))
        WHEN waiting IS NOT NULL
            THEN refusal('ledger_correction_open', jsonb_build_object('correction_id', waiting))
        WHEN new_minutes > s.minutes
            THEN refusal('correction_over_attested', jsonb_build_object('minutes', s.minutes))
        WHEN new_minutes = s.earned_minutes
            THEN refusal('correction_changes_nothing',
                         jsonb_build_object('minutes', s.earned_minutes)) END;
END
$$;

CREATE OR REPLACE FUNCTION ledger_correction_state(c ledger_corrections) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN EXISTS (SELECT FROM ledger_correction_postings AS p
                     WHERE p.district_id = c.district_id AND p.correction_id = c.id) THEN 'posted'
        WHEN EXISTS (SELECT FROM ledger_correction_approvals AS a
                     WHERE a.district_id = c.district_id AND a.correction_id = c.id)
            THEN 'declined'
        ELSE 'awaiting_approval' END;
END
$$;
