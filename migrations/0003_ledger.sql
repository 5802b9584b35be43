-- The ledger: accounts, passbooks, balances, transfers, lines; withdrawals with their holds.
-- Minutes are integers. One transfer row = one debit and one credit. See docs/ledger.md.

CREATE TABLE accounts (
    district_id integer NOT NULL REFERENCES districts,
    id          uuid NOT NULL,
    kind        text NOT NULL,
    region_code bigint NOT NULL,
    opened_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    CONSTRAINT accounts__kind CHECK (kind IN ('passbook', 'issuance', 'pool', 'sink', 'clearing'))
);
CREATE UNIQUE INDEX accounts__one_of_region ON accounts (district_id, kind, region_code)
    WHERE kind IN ('issuance', 'sink', 'clearing');

-- Only where a floor must be kept: passbooks and pools. Narrow and HOT-updated.
CREATE TABLE balances (
    district_id    integer NOT NULL,
    account_id     uuid NOT NULL,
    posted         bigint NOT NULL DEFAULT 0,
    held           bigint NOT NULL DEFAULT 0,
    embargoed      bigint NOT NULL DEFAULT 0,
    pending_in     bigint NOT NULL DEFAULT 0,
    floor_minutes  bigint NOT NULL DEFAULT 0,
    earned_minutes bigint NOT NULL DEFAULT 0,
    line_no        integer NOT NULL DEFAULT 0,
    version        bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (district_id, account_id),
    FOREIGN KEY (district_id, account_id) REFERENCES accounts,
    CONSTRAINT balances__held_not_negative CHECK (held >= 0),
    CONSTRAINT balances__embargoed_not_negative CHECK (embargoed >= 0),
    CONSTRAINT balances__pending_not_negative CHECK (pending_in >= 0),
    CONSTRAINT balances__earned_not_negative CHECK (earned_minutes >= 0),
    CONSTRAINT balances__floor CHECK (posted - held - embargoed >= floor_minutes)
) WITH (fillfactor = 50);

CREATE TABLE passbooks (
    district_id     integer NOT NULL,
    id              uuid NOT NULL,
    volunteer_id    uuid NOT NULL,
    account_id      uuid NOT NULL,
    passbook_number text NOT NULL,
    opened_on       date NOT NULL,
    state           text NOT NULL DEFAULT 'open',
    version         bigint NOT NULL DEFAULT 1,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, account_id) REFERENCES accounts,
    CONSTRAINT passbooks__number_unique UNIQUE (district_id, passbook_number),
    CONSTRAINT passbooks__account_once UNIQUE (district_id, account_id),
    CONSTRAINT passbooks__number_of_district CHECK (left(passbook_number, 6) = district_id::text),
    CONSTRAINT passbooks__state CHECK (state IN ('open', 'lost', 'closed'))
);
CREATE UNIQUE INDEX passbooks__one_of_volunteer ON passbooks (district_id, volunteer_id)
    WHERE state <> 'closed';

CREATE TABLE withdrawals (
    district_id  integer NOT NULL,
    id           uuid NOT NULL,
    passbook_id  uuid NOT NULL,
    recipient_id uuid NOT NULL,
    applicant_id uuid NOT NULL,
    relation     text NOT NULL,
    region_code  bigint NOT NULL,
    minutes      bigint NOT NULL,
    applied_at   timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, passbook_id) REFERENCES passbooks,
    FOREIGN KEY (district_id, recipient_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, applicant_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    CONSTRAINT withdrawals__relation CHECK (relation IN ('self', 'family', 'pool')),
    CONSTRAINT withdrawals__minutes_positive CHECK (minutes > 0)
);

CREATE TABLE assignments (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    withdrawal_id uuid NOT NULL,
    volunteer_id  uuid NOT NULL,
    minutes       bigint NOT NULL,
    assigned_at   timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, withdrawal_id) REFERENCES withdrawals,
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT assignments__minutes_positive CHECK (minutes > 0)
);

CREATE TABLE holds (
    district_id      integer NOT NULL,
    id               uuid NOT NULL,
    account_id       uuid NOT NULL,
    assignment_id    uuid NOT NULL,
    minutes          bigint NOT NULL,
    state            text NOT NULL DEFAULT 'open',
    placed_at        timestamptz NOT NULL,
    expires_at       timestamptz,
    closed_at        timestamptz,
    captured_minutes bigint,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, account_id) REFERENCES accounts,
    FOREIGN KEY (district_id, assignment_id) REFERENCES assignments,
    CONSTRAINT holds__one_of_assignment UNIQUE (district_id, assignment_id),
    CONSTRAINT holds__state CHECK (state IN ('open', 'captured', 'voided', 'expired')),
    CONSTRAINT holds__minutes_positive CHECK (minutes > 0),
    CONSTRAINT holds__closed_has_time CHECK ((state = 'open') = (closed_at IS NULL)),
    CONSTRAINT holds__captured_has_minutes
        CHECK ((state = 'captured') = (captured_minutes IS NOT NULL)),
    CONSTRAINT holds__captured_within CHECK (captured_minutes BETWEEN 1 AND minutes)
);
CREATE INDEX holds__open ON holds (district_id, account_id) WHERE state = 'open';

-- minutes: at most 10 years (5,256,000). region_code: the community that issues and counts.
CREATE TABLE transfers (
    district_id       integer NOT NULL,
    id                uuid NOT NULL,
    debit_account_id  uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    minutes           bigint NOT NULL,
    kind              text NOT NULL,
    region_code       bigint NOT NULL,
    book_week         date,
    book_month        date NOT NULL,
    hold_id           uuid,
    record_id         uuid,
    reverses_id       uuid,
    run_id            uuid,
    posted_at         timestamptz NOT NULL,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, debit_account_id) REFERENCES accounts (district_id, id),
    FOREIGN KEY (district_id, credit_account_id) REFERENCES accounts (district_id, id),
    FOREIGN KEY (district_id, hold_id) REFERENCES holds (district_id, id),
    FOREIGN KEY (district_id, reverses_id) REFERENCES transfers (district_id, id),
    CONSTRAINT transfers__minutes_in_range CHECK (minutes BETWEEN 1 AND 5256000),
    CONSTRAINT transfers__two_accounts CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT transfers__kind CHECK (kind IN ('opening', 'deposit', 'capture', 'overrun',
        'donation', 'retirement', 'clearing', 'reversal', 'replacement')),
    CONSTRAINT transfers__reversal_names_original CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL)),
    CONSTRAINT transfers__capture_names_hold CHECK (kind <> 'capture' OR hold_id IS NOT NULL)
);
CREATE UNIQUE INDEX transfers__reversed_once ON transfers (district_id, reverses_id)
    WHERE reverses_id IS NOT NULL;
CREATE UNIQUE INDEX transfers__captured_once ON transfers (district_id, hold_id)
    WHERE kind = 'capture';
CREATE INDEX transfers__debit ON transfers (district_id, debit_account_id, book_month);
CREATE INDEX transfers__credit ON transfers (district_id, credit_account_id, book_month);
CREATE INDEX transfers__week ON transfers (district_id, book_week, region_code);

-- The two sides of every transfer; its trial balance is zero by construction.
CREATE VIEW entries AS
SELECT district_id, id AS transfer_id, debit_account_id AS account_id, -minutes AS minutes,
       kind, region_code, book_week, book_month, posted_at, recorded_at
FROM transfers
UNION ALL
SELECT district_id, id, credit_account_id, minutes,
       kind, region_code, book_week, book_month, posted_at, recorded_at
FROM transfers;

-- What is printed in the book: numbered without gap, each with the balance after it.
CREATE TABLE passbook_lines (
    district_id     integer NOT NULL,
    account_id      uuid NOT NULL,
    line_no         integer NOT NULL,
    transfer_id     uuid NOT NULL,
    minutes         bigint NOT NULL,
    balance_minutes bigint NOT NULL,
    PRIMARY KEY (district_id, account_id, line_no),
    FOREIGN KEY (district_id, transfer_id) REFERENCES transfers (district_id, id),
    CONSTRAINT passbook_lines__transfer_once UNIQUE (district_id, account_id, transfer_id),
    CONSTRAINT passbook_lines__numbered_from_one CHECK (line_no > 0),
    CONSTRAINT passbook_lines__minutes_not_zero CHECK (minutes <> 0)
);

CREATE TABLE star_awards (
    district_id  integer NOT NULL,
    id           uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    star         smallint NOT NULL,
    award_year   smallint NOT NULL,
    awarded_on   date NOT NULL,
    kind         text NOT NULL,
    evidence     text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT star_awards__one_a_year UNIQUE (district_id, volunteer_id, award_year),
    CONSTRAINT star_awards__star CHECK (star BETWEEN 1 AND 5),
    CONSTRAINT star_awards__kind CHECK (kind IN ('opening', 'appraisal'))
);

CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON passbook_lines
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON star_awards
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
