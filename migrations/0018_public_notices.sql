-- The quarterly notice (每季公示): what is published of each passbook, frozen when the quarter settles.

-- number: the district's code, the quarter, the revision. seed: of the salts, never shown.
-- root: of the Merkle tree over the pages; digest: over root and the digest of the notice before.
CREATE TABLE public_notices (
    district_id     integer NOT NULL REFERENCES districts,
    number          text NOT NULL,
    quarter         date NOT NULL,
    revision        smallint NOT NULL,
    lines           bigint NOT NULL,
    root            bytea NOT NULL,
    previous_digest bytea NOT NULL, -- zeros for the first
    digest          bytea NOT NULL,
    seed            bytea NOT NULL,
    drawn_up_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, number),
    CONSTRAINT public_notices__revision_once UNIQUE (district_id, quarter, revision),
    CONSTRAINT public_notices__number_of_district
        CHECK (number = district_id || '-' || to_char(quarter, 'YYYY"Q"Q') || '-' || revision)
);

-- One page hangs on the board of each community; index: its place in the tree, from 0.
CREATE TABLE notice_pages (
    district_id integer NOT NULL,
    number      text NOT NULL,
    region_code bigint NOT NULL,
    index       integer NOT NULL,
    lines       bigint NOT NULL,
    root        bytea NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, number, region_code),
    FOREIGN KEY (district_id, number) REFERENCES public_notices,
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    CONSTRAINT notice_pages__index_once UNIQUE (district_id, number, index)
);

-- index: its place in the tree of its page, from 0. No recipients, no purposes; the dead are left out.
CREATE TABLE notice_lines (
    district_id       integer NOT NULL,
    number            text NOT NULL,
    region_code       bigint NOT NULL,
    index             integer NOT NULL,
    line_code         text NOT NULL,
    salt              bytea NOT NULL,
    account_id        uuid NOT NULL,
    volunteer_number  text NOT NULL,
    masked_name       text NOT NULL,
    opening_minutes   bigint NOT NULL,
    deposited_minutes bigint NOT NULL,
    withdrawn_minutes bigint NOT NULL,
    donated_minutes   bigint NOT NULL,
    corrected_minutes bigint NOT NULL,
    closing_minutes   bigint NOT NULL,
    earned_minutes    bigint NOT NULL,
    star              smallint NOT NULL,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, number, region_code, index),
    FOREIGN KEY (district_id, number, region_code) REFERENCES notice_pages,
    FOREIGN KEY (district_id, account_id) REFERENCES accounts,
    CONSTRAINT notice_lines__code_once UNIQUE (district_id, number, line_code),
    CONSTRAINT notice_lines__add_up CHECK (closing_minutes = opening_minutes + deposited_minutes
        - withdrawn_minutes - donated_minutes + corrected_minutes)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['public_notices', 'notice_pages', 'notice_lines'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
