-- Somebody says that a record is wrong: the request as it was made, and the one answer to it. What
-- came of an acceptance is seen in the record itself (view correction_request_states).

CREATE TABLE correction_requests (
    district_id  integer NOT NULL,
    id           uuid NOT NULL,
    record_id    uuid NOT NULL,
    requester_id uuid NOT NULL, -- the person who says so
    via          text NOT NULL,
    wrong        jsonb NOT NULL, -- names of what is wrong
    proposed     jsonb NOT NULL, -- how it should be, as far as it was said
    reason       text NOT NULL,
    due_at       timestamptz, -- until when to answer; null: no policy set a deadline
    entered_by   uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, requester_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT correction_requests__via CHECK (via IN ('app', 'phone', 'counter', 'visit')),
    CONSTRAINT correction_requests__wrong CHECK (jsonb_typeof(wrong) = 'array' AND wrong <> '[]'),
    CONSTRAINT correction_requests__proposed CHECK (jsonb_typeof(proposed) = 'object')
);
CREATE INDEX correction_requests__record ON correction_requests (district_id, record_id);

CREATE TABLE correction_answers (
    district_id integer NOT NULL,
    request_id  uuid NOT NULL,
    answer      text NOT NULL,
    follow_up   text, -- of an acceptance: what is to be done about the record
    reason      text,
    answered_by uuid NOT NULL, -- the person who decided, or who withdrew it
    via         text NOT NULL,
    entered_by  uuid NOT NULL,
    answered_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, request_id),
    FOREIGN KEY (district_id, request_id) REFERENCES correction_requests (district_id, id),
    FOREIGN KEY (district_id, answered_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT correction_answers__answer CHECK (answer IN ('accept', 'decline', 'withdraw')),
    CONSTRAINT correction_answers__via CHECK (via IN ('app', 'phone', 'counter', 'visit')),
    CONSTRAINT correction_answers__follow_up CHECK (answer = 'accept' OR follow_up IS NULL),
    CONSTRAINT correction_answers__refusal_says_why CHECK (answer <> 'decline' OR reason IS NOT NULL)
);

-- A close leaves out what somebody has reported and nobody has answered yet.
ALTER TABLE close_exceptions
    DROP CONSTRAINT close_exceptions__reason,
    ADD CONSTRAINT close_exceptions__reason CHECK (reason IN ('flagged', 'verifier_had_part',
        'spot_check_failed', 'correction_requested'));

CREATE INDEX decisions__returned ON decisions (district_id, record_id) WHERE decision = 'return';

GRANT SELECT, INSERT ON correction_requests, correction_answers TO timebank_service;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction_requests
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction_answers
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
