-- What has been booked is corrected by a reversal, the exact mirror, and a replacement: never by an edit.

-- The decision that a verified record stands for other minutes. minutes_before: what it stood for then.
CREATE TABLE ledger_corrections (
    district_id    integer NOT NULL,
    id             uuid NOT NULL,
    record_id      uuid NOT NULL,
    minutes_before bigint NOT NULL,
    minutes        bigint NOT NULL,
    reason         text NOT NULL,
    case_number    text, -- of the objection that it answers
    decided_by     uuid NOT NULL,
    entered_by     uuid NOT NULL,
    decided_at     timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, decided_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT ledger_corrections__changes CHECK (minutes <> minutes_before),
    CONSTRAINT ledger_corrections__not_negative CHECK (minutes >= 0 AND minutes_before >= 0)
);
CREATE INDEX ledger_corrections__record ON ledger_corrections (district_id, record_id, decided_at);
CREATE INDEX ledger_corrections__case ON ledger_corrections (district_id, case_number)
    WHERE case_number IS NOT NULL;

-- Where minutes were spent already, another one has to agree that the account goes below its floor.
CREATE TABLE ledger_correction_approvals (
    district_id   integer NOT NULL,
    correction_id uuid NOT NULL,
    approved      boolean NOT NULL,
    reason        text,
    approved_by   uuid NOT NULL,
    entered_by    uuid NOT NULL,
    decided_at    timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, correction_id),
    FOREIGN KEY (district_id, correction_id) REFERENCES ledger_corrections (district_id, id),
    FOREIGN KEY (district_id, approved_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT ledger_correction_approvals__refusal_says_why CHECK (approved OR reason IS NOT NULL)
);

-- That it was booked. turn: the how manieth of its record, from 1; the record stands for the last one's minutes.
-- rounding_minutes: by how much it changed what rounding leaves out of the record's credit.
CREATE TABLE ledger_correction_postings (
    district_id   integer NOT NULL,
    correction_id uuid NOT NULL,
    record_id     uuid NOT NULL,
    turn          integer NOT NULL,
    minutes       bigint NOT NULL,
    rounding_minutes bigint NOT NULL,
    book_month    date NOT NULL,
    posted_at     timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, correction_id),
    FOREIGN KEY (district_id, correction_id) REFERENCES ledger_corrections (district_id, id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    CONSTRAINT ledger_correction_postings__turn_once UNIQUE (district_id, record_id, turn),
    CONSTRAINT ledger_correction_postings__turn_from_one CHECK (turn > 0)
);

-- By how much an approved correction took an account below its floor. The floor went down with it, and
-- comes up again with what is credited (trigger raise_floor).
CREATE TABLE ledger_deficits (
    district_id   integer NOT NULL,
    correction_id uuid NOT NULL,
    account_id    uuid NOT NULL,
    minutes       bigint NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, correction_id, account_id),
    FOREIGN KEY (district_id, correction_id) REFERENCES ledger_correction_approvals,
    FOREIGN KEY (district_id, account_id) REFERENCES balances (district_id, account_id),
    CONSTRAINT ledger_deficits__minutes_positive CHECK (minutes > 0)
);
CREATE INDEX ledger_deficits__account ON ledger_deficits (district_id, account_id);

-- corrected_kind: what the reversed or replaced transfer was at first. An overrun or deposit that arises
-- only by a correction replaces nothing.
ALTER TABLE transfers
    ADD COLUMN replaces_id uuid,
    ADD COLUMN correction_id uuid,
    ADD COLUMN corrected_kind text,
    ADD FOREIGN KEY (district_id, replaces_id) REFERENCES transfers (district_id, id),
    ADD FOREIGN KEY (district_id, correction_id) REFERENCES ledger_corrections (district_id, id),
    ADD CONSTRAINT transfers__correction_whole
        CHECK ((kind IN ('reversal', 'replacement')) = (correction_id IS NOT NULL)
           AND (correction_id IS NULL) = (corrected_kind IS NULL)),
    ADD CONSTRAINT transfers__corrected_kind
        CHECK (corrected_kind IN ('opening', 'deposit', 'capture', 'overrun')),
    ADD CONSTRAINT transfers__replacement_names_original
        CHECK (CASE kind WHEN 'replacement' THEN replaces_id IS NOT NULL
                                                OR corrected_kind IN ('overrun', 'deposit')
                         ELSE replaces_id IS NULL END);
CREATE UNIQUE INDEX transfers__replaced_once ON transfers (district_id, replaces_id)
    WHERE replaces_id IS NOT NULL;
CREATE INDEX transfers__correction ON transfers (district_id, correction_id)
    WHERE correction_id IS NOT NULL;

-- A floor below zero follows what is free, until it is back at zero: so nothing can be spent before a deficit
-- is made up for, and each way of crediting makes up for it.
CREATE FUNCTION raise_floor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.floor_minutes := LEAST(0, GREATEST(NEW.floor_minutes,
                                           NEW.posted - NEW.held - NEW.embargoed));
    RETURN NEW;
END
$$;
CREATE TRIGGER raise_floor BEFORE UPDATE ON balances
    FOR EACH ROW WHEN (NEW.floor_minutes < 0) EXECUTE FUNCTION raise_floor();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ledger_corrections', 'ledger_correction_approvals',
                                'ledger_correction_postings', 'ledger_deficits'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
