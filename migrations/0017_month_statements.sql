-- The month's totals (每月汇总): written when a month settles, and never again.

CREATE INDEX transfers__month ON transfers (district_id, book_month);

-- One of each passbook that has or moves minutes. region_code: where its volunteer lived on the
-- month's last day, as was known at the settlement. moved (another district) and corrected are
-- signed; withdrawn, donated and retired are what went out.
CREATE TABLE month_statements (
    district_id       integer NOT NULL,
    book_month        date NOT NULL,
    account_id        uuid NOT NULL,
    volunteer_id      uuid NOT NULL,
    region_code       bigint NOT NULL,
    opening_minutes   bigint NOT NULL,
    opened_minutes    bigint NOT NULL, -- taken over from before the time bank
    deposited_minutes bigint NOT NULL,
    withdrawn_minutes bigint NOT NULL,
    donated_minutes   bigint NOT NULL,
    retired_minutes   bigint NOT NULL,
    moved_minutes     bigint NOT NULL,
    corrected_minutes bigint NOT NULL,
    closing_minutes   bigint NOT NULL,
    earned_minutes    bigint NOT NULL, -- of the whole life
    records           bigint NOT NULL,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, book_month, account_id),
    FOREIGN KEY (district_id, account_id) REFERENCES accounts,
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT month_statements__add_up CHECK (closing_minutes = opening_minutes + opened_minutes
        + deposited_minutes - withdrawn_minutes - donated_minutes - retired_minutes
        + moved_minutes + corrected_minutes)
);
CREATE INDEX month_statements__account ON month_statements (district_id, account_id, book_month);
CREATE INDEX month_statements__region ON month_statements (district_id, region_code, book_month);

-- One of each community, subdistrict and the district. records … captured_minutes: what it organised
-- and issued; passbooks and the minutes after it: of the passbooks at home in it.
CREATE TABLE region_statements (
    district_id       integer NOT NULL,
    book_month        date NOT NULL,
    region_code       bigint NOT NULL,
    records           bigint NOT NULL,
    volunteers        bigint NOT NULL, -- who served, each once
    record_minutes    bigint NOT NULL,
    registered_late   bigint NOT NULL, -- of the records
    booked_late       bigint NOT NULL, -- of the records: their own month was settled before
    issued_minutes    bigint NOT NULL,
    captured_minutes  bigint NOT NULL, -- paid by withdrawals for service organised here
    passbooks         bigint NOT NULL,
    opening_minutes   bigint NOT NULL,
    opened_minutes    bigint NOT NULL,
    deposited_minutes bigint NOT NULL,
    withdrawn_minutes bigint NOT NULL,
    donated_minutes   bigint NOT NULL,
    retired_minutes   bigint NOT NULL,
    moved_minutes     bigint NOT NULL,
    corrected_minutes bigint NOT NULL,
    closing_minutes   bigint NOT NULL,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, book_month, region_code)
);
CREATE INDEX region_statements__region ON region_statements (district_id, region_code, book_month);

CREATE TABLE team_statements (
    district_id    integer NOT NULL,
    book_month     date NOT NULL,
    team_id        uuid NOT NULL,
    records        bigint NOT NULL,
    volunteers     bigint NOT NULL,
    record_minutes bigint NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, book_month, team_id),
    FOREIGN KEY (district_id, team_id) REFERENCES teams
);
CREATE INDEX team_statements__team ON team_statements (district_id, team_id, book_month);

-- Of a month: its rows of the three tables.
ALTER TABLE settlement_runs ADD COLUMN statements bigint NOT NULL DEFAULT 0;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['month_statements', 'region_statements', 'team_statements'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
