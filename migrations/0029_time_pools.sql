-- Time pools: minutes that pay for those who cannot earn, and the donations that fill them. A pool has an account
-- with a balance row; it has no passbook, so no lines.

CREATE TABLE time_pools (
    district_id  integer NOT NULL,
    id           uuid NOT NULL,
    account_id   uuid NOT NULL,
    region_code  bigint NOT NULL,
    name         text NOT NULL,
    purpose      text NOT NULL,
    opened_on    date NOT NULL,
    closed_on    date,
    close_reason text,
    version      bigint NOT NULL DEFAULT 1,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, account_id) REFERENCES accounts,
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    CONSTRAINT time_pools__account_once UNIQUE (district_id, account_id),
    CONSTRAINT time_pools__closed_after_opening CHECK (closed_on >= opened_on),
    CONSTRAINT time_pools__closed_says_why CHECK ((closed_on IS NULL) = (close_reason IS NULL))
);
CREATE UNIQUE INDEX time_pools__name_taken ON time_pools (district_id, region_code, name)
    WHERE closed_on IS NULL;

-- Who gave, how he said so, and who typed it. By the app he says it himself; typed by another one it stands on
-- paper, or was witnessed.
CREATE TABLE donations (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    transfer_id uuid NOT NULL,
    passbook_id uuid NOT NULL,
    pool_id     uuid NOT NULL,
    donor_id    uuid NOT NULL, -- the person whose passbook it is
    minutes     bigint NOT NULL,
    via         text NOT NULL,
    method      text,
    document    text,
    witness_id  uuid,
    entered_by  uuid NOT NULL,
    donated_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, transfer_id) REFERENCES transfers (district_id, id),
    FOREIGN KEY (district_id, passbook_id) REFERENCES passbooks,
    FOREIGN KEY (district_id, pool_id) REFERENCES time_pools,
    FOREIGN KEY (district_id, donor_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, witness_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT donations__transfer_once UNIQUE (district_id, transfer_id),
    CONSTRAINT donations__minutes_in_range CHECK (minutes BETWEEN 1 AND 5256000),
    CONSTRAINT donations__via CHECK (via IN ('app', 'phone', 'counter', 'visit')),
    CONSTRAINT donations__method CHECK (method IN ('paper', 'thumbprint', 'verbal')),
    CONSTRAINT donations__consent CHECK (CASE WHEN method IS NULL THEN via = 'app'
                                              WHEN method = 'paper' THEN document IS NOT NULL
                                              ELSE witness_id IS NOT NULL END),
    CONSTRAINT donations__witness_is_third CHECK (witness_id <> donor_id)
);
CREATE INDEX donations__passbook ON donations (district_id, passbook_id, donated_at);

GRANT SELECT, INSERT, UPDATE ON time_pools TO timebank_service;
GRANT SELECT, INSERT ON donations TO timebank_service;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON donations
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
