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
