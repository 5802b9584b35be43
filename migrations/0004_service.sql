-- Service records: a mutable draft, then evidence that is only ever added to.
-- A record's state is derived (view service_record_states); nothing updates a record.

CREATE TABLE service_drafts (
    district_id         integer NOT NULL REFERENCES districts,
    id                  uuid NOT NULL,
    region_code         bigint NOT NULL,
    team_id             uuid,
    volunteer_id        uuid NOT NULL,
    category_code       text NOT NULL,
    recipient_kind      text NOT NULL,
    recipient_person_id uuid,
    recipient_household_id uuid,
    recipient_label     text,
    place               text NOT NULL,
    content             text NOT NULL,
    person_in_charge    text,
    service_date        date NOT NULL,
    starts_at           timestamptz,
    ends_at             timestamptz,
    minutes             bigint NOT NULL,
    assignment_id       uuid,
    replaces_id         uuid,
    entered_by          uuid NOT NULL,
    version             bigint NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, team_id) REFERENCES teams,
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, category_code) REFERENCES service_categories,
    FOREIGN KEY (district_id, recipient_person_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, recipient_household_id) REFERENCES households (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT service_drafts__recipient_kind
        CHECK (recipient_kind IN ('person', 'household', 'group', 'public')),
    CONSTRAINT service_drafts__recipient_fits_kind CHECK (CASE recipient_kind
        WHEN 'person' THEN recipient_person_id IS NOT NULL AND recipient_household_id IS NULL
        WHEN 'household' THEN recipient_household_id IS NOT NULL AND recipient_person_id IS NULL
        ELSE recipient_label IS NOT NULL AND recipient_person_id IS NULL
             AND recipient_household_id IS NULL END),
    CONSTRAINT service_drafts__both_times CHECK ((starts_at IS NULL) = (ends_at IS NULL)),
    CONSTRAINT service_drafts__ends_after_start CHECK (ends_at > starts_at),
    CONSTRAINT service_drafts__at_most_a_day CHECK (ends_at - starts_at <= interval '24 hours'),
    CONSTRAINT service_drafts__minutes_in_range CHECK (minutes BETWEEN 1 AND 1440),
    CONSTRAINT service_drafts__minutes_within_times
        CHECK (minutes * interval '1 minute' <= ends_at - starts_at)
);
CREATE INDEX service_drafts__region ON service_drafts (district_id, region_code, id);
CREATE INDEX service_drafts__volunteer ON service_drafts (district_id, volunteer_id, id);

CREATE TABLE service_records (
    district_id         integer NOT NULL REFERENCES districts,
    id                  uuid NOT NULL,
    kind                text NOT NULL DEFAULT 'service',
    region_code         bigint NOT NULL,
    team_id             uuid,
    volunteer_id        uuid NOT NULL,
    server_id           uuid NOT NULL, -- the person who served
    category_code       text NOT NULL,
    recipient_kind      text NOT NULL,
    recipient_person_id uuid,
    recipient_household_id uuid,
    recipient_label     text,
    place               text NOT NULL,
    content             text NOT NULL,
    person_in_charge    text,
    service_date        date NOT NULL, -- the civil day of its start
    starts_at           timestamptz,
    ends_at             timestamptz,
    end_date            date NOT NULL, -- the civil day of its end: registered later is late
    time_precision      text NOT NULL,
    minutes             bigint NOT NULL,
    assignment_id       uuid,
    replaces_id         uuid,
    entered_by          uuid NOT NULL,
    created_at          timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, team_id) REFERENCES teams,
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, server_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, category_code) REFERENCES service_categories,
    FOREIGN KEY (district_id, recipient_person_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, recipient_household_id) REFERENCES households (district_id, id),
    FOREIGN KEY (district_id, assignment_id) REFERENCES assignments (district_id, id),
    FOREIGN KEY (district_id, replaces_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT service_records__kind CHECK (kind IN ('service', 'opening')),
    CONSTRAINT service_records__time_precision CHECK (time_precision IN ('minute', 'day')),
    CONSTRAINT service_records__precision_has_times
        CHECK ((time_precision = 'minute') = (starts_at IS NOT NULL AND ends_at IS NOT NULL)),
    CONSTRAINT service_records__at_most_a_day CHECK (ends_at - starts_at <= interval '24 hours'),
    CONSTRAINT service_records__minutes_in_range
        CHECK (minutes BETWEEN 1 AND CASE kind WHEN 'opening' THEN 5256000 ELSE 1440 END),
    CONSTRAINT service_records__assignment_once UNIQUE (district_id, assignment_id),
    CONSTRAINT service_records__replaced_once UNIQUE (district_id, replaces_id)
);
CREATE INDEX service_records__region ON service_records (district_id, region_code, service_date, id);
CREATE INDEX service_records__volunteer ON service_records (district_id, volunteer_id, service_date);
CREATE INDEX service_records__recipient ON service_records (district_id, recipient_person_id, service_date)
    WHERE recipient_person_id IS NOT NULL;

-- One volunteer serves one thing at a time: half-open, back-to-back allowed.
-- Deleted by reject, return, void and replace; never updated.
CREATE TABLE time_claims (
    district_id  integer NOT NULL,
    record_id    uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    during       tstzrange NOT NULL,
    PRIMARY KEY (district_id, record_id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    CONSTRAINT time_claims__no_overlap EXCLUDE USING gist (
        district_id WITH =, volunteer_id WITH =, during WITH &&)
);

-- Six digits, sent to the recipient only, bound to the draft's version and minutes.
-- code_lookup is a keyed hash: the code itself is only in the sealed message.
CREATE TABLE one_time_codes (
    district_id   integer NOT NULL,
    draft_id      uuid NOT NULL,
    draft_version bigint NOT NULL,
    minutes       bigint NOT NULL,
    recipient_id  uuid NOT NULL,
    code_lookup   bytea NOT NULL,
    tries         smallint NOT NULL DEFAULT 0,
    issued_at     timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, draft_id),
    CONSTRAINT one_time_codes__tries CHECK (tries BETWEEN 0 AND 5)
);

CREATE TABLE attestations (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    record_id   uuid NOT NULL,
    attester_id uuid NOT NULL,
    capacity    text NOT NULL,
    method      text NOT NULL,
    minutes     bigint NOT NULL,
    witness_id  uuid,
    relation    text,
    sheet_number text,
    entered_by  uuid NOT NULL,
    attested_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, attester_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, witness_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT attestations__once_a_person UNIQUE (district_id, record_id, attester_id),
    CONSTRAINT attestations__capacity CHECK (capacity IN ('recipient', 'family_proxy', 'guardian',
        'partner_unit', 'venue_keeper', 'committee_member', 'organiser', 'witness')),
    CONSTRAINT attestations__method CHECK (method IN ('code', 'paper', 'thumbprint')),
    CONSTRAINT attestations__thumbprint_has_witness
        CHECK (method <> 'thumbprint' OR witness_id IS NOT NULL),
    CONSTRAINT attestations__minutes_positive CHECK (minutes > 0)
);

-- region, volunteer, account, date and minutes are repeated so that a week settles from this table.
CREATE TABLE registrations (
    district_id     integer NOT NULL,
    record_id       uuid NOT NULL,
    registrar_id    uuid NOT NULL,
    region_code     bigint NOT NULL,
    volunteer_id    uuid NOT NULL,
    account_id      uuid NOT NULL,
    service_date    date NOT NULL,
    minutes         bigint NOT NULL,
    book_week       date NOT NULL,
    registered_late boolean NOT NULL,
    entered_by      uuid NOT NULL,
    registered_at   timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, registrar_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, account_id) REFERENCES accounts (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT registrations__minutes_positive CHECK (minutes > 0)
);
CREATE INDEX registrations__week ON registrations (district_id, book_week, region_code);
CREATE INDEX registrations__volunteer ON registrations (district_id, volunteer_id, book_week);

-- What a rule found when the week froze; a flagged record is decided by itself.
CREATE TABLE record_flags (
    district_id integer NOT NULL,
    record_id   uuid NOT NULL,
    rule        text NOT NULL,
    args        jsonb NOT NULL DEFAULT '{}',
    book_week   date NOT NULL,
    flagged_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id, rule),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id)
);

CREATE TABLE decisions (
    district_id integer NOT NULL,
    record_id   uuid NOT NULL,
    decision    text NOT NULL,
    minutes     bigint NOT NULL,
    reason      text,
    verifier_id uuid NOT NULL,
    book_week   date NOT NULL,
    entered_by  uuid NOT NULL,
    decided_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id),
    FOREIGN KEY (district_id, record_id) REFERENCES registrations (district_id, record_id),
    FOREIGN KEY (district_id, verifier_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT decisions__decision CHECK (decision IN ('accept', 'reduce', 'reject', 'return')),
    CONSTRAINT decisions__minutes_fit CHECK ((minutes > 0) = (decision IN ('accept', 'reduce'))),
    CONSTRAINT decisions__reason_given CHECK (decision = 'accept' OR reason IS NOT NULL)
);
CREATE INDEX decisions__week ON decisions (district_id, book_week);

-- An attested or registered record taken back before it was decided.
CREATE TABLE voids (
    district_id integer NOT NULL,
    record_id   uuid NOT NULL,
    reason      text NOT NULL,
    voided_by   uuid NOT NULL,
    entered_by  uuid NOT NULL,
    voided_at   timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, record_id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, voided_by) REFERENCES persons (district_id, id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['service_records', 'attestations', 'registrations',
                                'record_flags', 'decisions', 'voids'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
END
$$;
