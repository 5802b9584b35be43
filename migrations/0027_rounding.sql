-- Rounding (时间取整): verified minutes of a week are credited in whole steps, down. The step is set when
-- the week freezes, so that no later policy changes what has been verified.

ALTER TABLE periods
    ADD COLUMN credit_step_minutes smallint NOT NULL DEFAULT 1,
    ADD CONSTRAINT periods__credit_step CHECK (credit_step_minutes IN (1, 15, 30, 60));

CREATE OR REPLACE FUNCTION periods_move_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    states constant text[] := ARRAY['open', 'frozen', 'settled', 'noticed', 'final'];
BEGIN
    IF array_position(states, NEW.state) < array_position(states, OLD.state)
       OR (OLD.digest IS NOT NULL AND NEW.digest IS DISTINCT FROM OLD.digest)
       OR (OLD.state <> 'open' AND NEW.credit_step_minutes <> OLD.credit_step_minutes) THEN
        RAISE EXCEPTION 'a period never moves back'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'periods__move_forward';
    END IF;
    RETURN NEW;
END
$$;

-- What the settlement left out of a record's credit. Stars count it: earned_minutes = credits for service
-- and these.
CREATE TABLE roundings (
    district_id integer NOT NULL,
    record_id   uuid NOT NULL,
    account_id  uuid NOT NULL,
    book_week   date NOT NULL,
    book_month  date NOT NULL, -- where the record's credit is booked, or would be
    minutes     bigint NOT NULL,
    rounded_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id),
    FOREIGN KEY (district_id, record_id) REFERENCES registrations,
    FOREIGN KEY (district_id, account_id) REFERENCES accounts (district_id, id),
    CONSTRAINT roundings__less_than_a_step CHECK (minutes BETWEEN 1 AND 59)
);
CREATE INDEX roundings__account ON roundings (district_id, account_id);
CREATE INDEX roundings__week ON roundings (district_id, book_week);
CREATE INDEX roundings__month ON roundings (district_id, book_month);

-- What was overdue in a month is counted by the week in which it should have been decided.
CREATE INDEX carries__from_week ON carries (district_id, from_week);

CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON roundings
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON roundings TO timebank_service;
