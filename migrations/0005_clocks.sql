-- The clocks: periods, the weekly worklists and their closes, settlement runs.
-- A period row exists before its time; boundaries come from src/settlement/calendar.c.

CREATE TABLE periods (
    district_id integer NOT NULL REFERENCES districts,
    grain       text NOT NULL,
    begin_date  date NOT NULL,
    end_date    date NOT NULL, -- half-open
    state       text NOT NULL DEFAULT 'open',
    freezes_at  timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    frozen_at   timestamptz,
    settled_at  timestamptz,
    digest      bytea,
    run_id      uuid,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, grain, begin_date),
    CONSTRAINT periods__grain CHECK (grain IN ('week', 'month', 'quarter', 'year')),
    CONSTRAINT periods__state CHECK (state IN ('open', 'frozen', 'settled', 'noticed', 'final')),
    CONSTRAINT periods__not_empty CHECK (end_date > begin_date),
    CONSTRAINT periods__frozen_has_time CHECK ((state = 'open') = (frozen_at IS NULL)),
    CONSTRAINT periods__settled_has_proof CHECK ((state IN ('open', 'frozen')) = (settled_at IS NULL)
        AND (settled_at IS NULL) = (digest IS NULL)),
    CONSTRAINT periods__tile EXCLUDE USING gist (
        district_id WITH =, grain WITH =, daterange(begin_date, end_date) WITH &&)
);

-- States only move forward.
CREATE FUNCTION periods_move_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    states constant text[] := ARRAY['open', 'frozen', 'settled', 'noticed', 'final'];
BEGIN
    IF array_position(states, NEW.state) < array_position(states, OLD.state)
       OR (OLD.digest IS NOT NULL AND NEW.digest IS DISTINCT FROM OLD.digest) THEN
        RAISE EXCEPTION 'a period never moves back'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'periods__move_forward';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER move_forward BEFORE UPDATE ON periods
    FOR EACH ROW EXECUTE FUNCTION periods_move_forward();

CREATE TABLE settlement_runs (
    district_id    integer NOT NULL REFERENCES districts,
    id             uuid NOT NULL,
    grain          text NOT NULL,
    begin_date     date NOT NULL,
    business_at    timestamptz NOT NULL,
    policy_version bigint NOT NULL,
    records        bigint NOT NULL,
    deposits       bigint NOT NULL,
    captures       bigint NOT NULL,
    minutes        bigint NOT NULL,
    carried        bigint NOT NULL,
    digest         bytea NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    CONSTRAINT settlement_runs__period_once UNIQUE (district_id, grain, begin_date),
    FOREIGN KEY (district_id, grain, begin_date) REFERENCES periods
);

-- Made when the week freezes, for each community with records: the seed draws the spot checks.
CREATE TABLE worklists (
    district_id integer NOT NULL,
    book_week   date NOT NULL,
    region_code bigint NOT NULL,
    seed        bytea NOT NULL,
    prepared_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, book_week, region_code),
    FOREIGN KEY (district_id, region_code) REFERENCES regions
);

-- One act of one verifier accepts the clean records of a community-week.
CREATE TABLE worklist_closes (
    district_id     integer NOT NULL,
    book_week       date NOT NULL,
    region_code     bigint NOT NULL,
    verifier_id     uuid NOT NULL,
    worklist_digest bytea NOT NULL,
    records         bigint NOT NULL,
    minutes         bigint NOT NULL,
    entered_by      uuid NOT NULL,
    closed_at       timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, book_week, region_code),
    FOREIGN KEY (district_id, book_week, region_code) REFERENCES worklists,
    FOREIGN KEY (district_id, verifier_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id)
);

CREATE TABLE spot_checks (
    district_id integer NOT NULL,
    record_id   uuid NOT NULL,
    book_week   date NOT NULL,
    region_code bigint NOT NULL,
    method      text NOT NULL,
    result      text NOT NULL,
    note        text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id, book_week),
    FOREIGN KEY (district_id, book_week, region_code) REFERENCES worklist_closes,
    FOREIGN KEY (district_id, record_id) REFERENCES registrations,
    CONSTRAINT spot_checks__method CHECK (method IN ('phone', 'visit', 'sheet')),
    CONSTRAINT spot_checks__result CHECK (result IN ('confirmed', 'mismatch', 'unreachable'))
);

-- Records that a close leaves out: flagged, a part of the verifier's, or a failed spot check.
CREATE TABLE close_exceptions (
    district_id integer NOT NULL,
    record_id   uuid NOT NULL,
    book_week   date NOT NULL,
    region_code bigint NOT NULL,
    reason      text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id, book_week),
    FOREIGN KEY (district_id, book_week, region_code) REFERENCES worklist_closes,
    FOREIGN KEY (district_id, record_id) REFERENCES registrations,
    CONSTRAINT close_exceptions__reason
        CHECK (reason IN ('flagged', 'verifier_had_part', 'spot_check_failed'))
);

-- Undecided at the cut-off: from week to week.
CREATE TABLE carries (
    district_id integer NOT NULL,
    record_id   uuid NOT NULL,
    from_week   date NOT NULL,
    to_week     date NOT NULL,
    reason      text NOT NULL,
    carried_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id, from_week),
    FOREIGN KEY (district_id, record_id) REFERENCES registrations,
    CONSTRAINT carries__forward CHECK (to_week > from_week),
    CONSTRAINT carries__reason CHECK (reason IN ('not_closed', 'not_decided'))
);
CREATE INDEX carries__to_week ON carries (district_id, to_week);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['settlement_runs', 'worklists', 'worklist_closes', 'spot_checks',
                                'close_exceptions', 'carries'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
END
$$;
