-- Deposits that become available with the notice (policy availability, after_notice): one row of each credit for
-- service, with the quarter whose final notice frees it. Keyed by the transfer, so that a correction finds its
-- own. Freed when that quarter is final, or when the transfer is reversed: nothing here ever changes.

CREATE TABLE embargoes (
    district_id integer NOT NULL,
    transfer_id uuid NOT NULL,
    account_id  uuid NOT NULL,
    quarter     date NOT NULL, -- its first day; that of the transfer's book_month
    minutes     bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, transfer_id),
    FOREIGN KEY (district_id, transfer_id) REFERENCES transfers (district_id, id),
    FOREIGN KEY (district_id, account_id) REFERENCES balances,
    CONSTRAINT embargoes__minutes_positive CHECK (minutes > 0)
);
CREATE INDEX embargoes__quarter ON embargoes (district_id, quarter, account_id);

GRANT SELECT, INSERT ON embargoes TO timebank_service;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON embargoes
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- A move to another district (转移): what leaves here with a sealed statement, and what is taken over there. The two
-- rows have one id and lie in their own districts. The seal is made with a key of the sending district, which every
-- district of the installation reads: districts is exempt from lying in one.
ALTER TABLE districts ADD COLUMN moving_key bytea NOT NULL
    DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());

CREATE TABLE passbook_moves (
    district_id           integer NOT NULL,
    id                    uuid NOT NULL,
    direction             text NOT NULL,
    passbook_id           uuid NOT NULL,
    other_district        integer NOT NULL,
    other_passbook_number text, -- of the sending district
    minutes               bigint NOT NULL,
    earned_minutes        bigint NOT NULL,
    star                  smallint NOT NULL,
    moved_on              date NOT NULL, -- out of the sending district
    seal                  text NOT NULL,
    transfer_id           uuid, -- none of an empty book
    book_month            date NOT NULL,
    evidence              text NOT NULL,
    entered_by            uuid NOT NULL,
    moved_at              timestamptz NOT NULL,
    recorded_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, passbook_id) REFERENCES passbooks,
    -- At the commit: the row comes first, so that of two who accept one statement one finds it accepted.
    FOREIGN KEY (district_id, transfer_id) REFERENCES transfers (district_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT passbook_moves__direction CHECK (direction IN ('out', 'in')),
    CONSTRAINT passbook_moves__other_is_other CHECK (other_district <> district_id),
    CONSTRAINT passbook_moves__names_sender
        CHECK ((direction = 'in') = (other_passbook_number IS NOT NULL)),
    CONSTRAINT passbook_moves__minutes_not_negative CHECK (minutes >= 0 AND earned_minutes >= 0),
    CONSTRAINT passbook_moves__star CHECK (star BETWEEN 0 AND 5),
    CONSTRAINT passbook_moves__transfers_what_moves
        CHECK ((minutes > 0) = (transfer_id IS NOT NULL))
);
CREATE UNIQUE INDEX passbook_moves__out_once ON passbook_moves (district_id, passbook_id)
    WHERE direction = 'out';
CREATE INDEX passbook_moves__month ON passbook_moves (district_id, book_month);

GRANT SELECT, INSERT ON passbook_moves TO timebank_service;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON passbook_moves
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
