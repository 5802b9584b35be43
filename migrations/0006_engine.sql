-- What every change leaves behind, written by the engine in the change's own transaction:
-- its idempotency key, one audit row, one event; and the outgoing messages.

-- actor: the user's id, or 'public'. fingerprint: a keyed hash of
-- method, target, If-Match and canonical body.
-- Inserted before the work (batch_id claims it), completed with the outcome in the same transaction.
CREATE TABLE idempotency_keys (
    district_id      integer NOT NULL REFERENCES districts,
    actor            text NOT NULL,
    key              text NOT NULL,
    operation        text NOT NULL,
    fingerprint      bytea NOT NULL,
    batch_id         uuid NOT NULL,
    contract_version text NOT NULL,
    code             text,  -- of the refusal; null when it succeeded
    args             jsonb,
    subject_id       text,
    result           jsonb, -- the columns of the answer
    completed        boolean NOT NULL DEFAULT false,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, actor, key)
) WITH (fillfactor = 70);
CREATE INDEX idempotency_keys__age ON idempotency_keys (district_id, recorded_at);

CREATE TABLE audit (
    district_id integer NOT NULL REFERENCES districts,
    sequence    bigint GENERATED ALWAYS AS IDENTITY,
    operation   text NOT NULL,
    subject_id  text NOT NULL,
    region_code bigint,
    actor_user  uuid,
    actor_person uuid,
    actor_role  text,
    request_id  text,
    details     jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, sequence)
);
CREATE INDEX audit__subject ON audit (district_id, subject_id, sequence);

CREATE TABLE events (
    district_id integer NOT NULL REFERENCES districts,
    sequence    bigint GENERATED ALWAYS AS IDENTITY,
    type        text NOT NULL,
    subject_id  text NOT NULL,
    region_code bigint,
    data        jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, sequence)
);

-- To one person, through the channel preferred. The text is ciphertext; delivery takes it from here.
CREATE TABLE messages (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    person_id   uuid NOT NULL,
    kind        text NOT NULL,
    subject_id  text NOT NULL,
    body_sealed bytea NOT NULL,
    queued_at   timestamptz NOT NULL,
    expires_at  timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons (district_id, id),
    CONSTRAINT messages__kind CHECK (kind IN ('attestation_code'))
);

CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- The service role reads all, adds to all, and changes only what is not evidence.
GRANT USAGE ON SCHEMA public TO timebank_service;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO timebank_service;
REVOKE INSERT ON schema_migrations, schema_functions FROM timebank_service;
GRANT UPDATE ON installation, counters, regions, region_facts, service_categories,
    service_category_facts, persons, person_categories, households, residences, kinships,
    volunteers, teams, team_memberships, users, role_grants, tokens, balances, passbooks, holds,
    service_drafts, one_time_codes, periods, idempotency_keys TO timebank_service;
GRANT DELETE ON service_drafts, one_time_codes, time_claims, idempotency_keys, messages
    TO timebank_service;
