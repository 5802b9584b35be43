-- What those who were served say of a service (服务对象的反馈). A change is another row: of those of one
-- person about one record the latest revision counts, and only once the record is verified.

CREATE TABLE feedback (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    record_id   uuid NOT NULL,
    giver_id    uuid NOT NULL, -- the person who says so
    revision    smallint NOT NULL, -- 1, 2 … of one giver about one record
    rating      smallint NOT NULL,
    grade       text, -- as it was ticked on paper
    comment     text,
    via         text NOT NULL,
    closes_at   timestamptz NOT NULL, -- until when the giver may change it
    entered_by  uuid NOT NULL,
    given_at    timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, giver_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT feedback__revision_once UNIQUE (district_id, record_id, giver_id, revision),
    CONSTRAINT feedback__revision_positive CHECK (revision >= 1),
    CONSTRAINT feedback__rating_in_range CHECK (rating BETWEEN 1 AND 5),
    CONSTRAINT feedback__grade_is_rating CHECK (CASE grade
        WHEN 'satisfied' THEN rating = 5
        WHEN 'fairly_satisfied' THEN rating = 3
        WHEN 'dissatisfied' THEN rating = 1
        ELSE grade IS NULL END),
    CONSTRAINT feedback__via CHECK (via IN ('app', 'phone', 'counter', 'visit')),
    CONSTRAINT feedback__in_time CHECK (given_at < closes_at)
);

GRANT SELECT, INSERT ON feedback TO timebank_service;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON feedback
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Complaints about a volunteer (投诉): the case, its one decision, and that an upheld one was set aside by the
-- district. Who complained is known to the level that decides.
CREATE TABLE complaints (
    district_id      integer NOT NULL,
    id               uuid NOT NULL,
    case_number      text NOT NULL,
    volunteer_id     uuid NOT NULL, -- who is complained about
    record_id        uuid,
    region_code      bigint NOT NULL, -- of the record, else where the volunteer lived
    complainant_id   uuid,
    complainant_name text, -- of somebody who is not in the register of persons
    matter           text NOT NULL,
    content          text NOT NULL,
    happened_on      date,
    via              text NOT NULL,
    due_at           timestamptz NOT NULL, -- to be decided before
    entered_by       uuid NOT NULL,
    filed_at         timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, complainant_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT complaints__case_number_once UNIQUE (district_id, case_number),
    CONSTRAINT complaints__one_complainant CHECK (num_nonnulls(complainant_id, complainant_name) = 1),
    CONSTRAINT complaints__matter CHECK (matter IN ('absence', 'lateness', 'manner', 'quality',
        'payment', 'false_record', 'privacy', 'other')),
    CONSTRAINT complaints__via CHECK (via IN ('app', 'phone', 'counter', 'visit'))
);
CREATE INDEX complaints__region ON complaints (district_id, region_code, filed_at, id);
CREATE INDEX complaints__volunteer ON complaints (district_id, volunteer_id, filed_at);
CREATE INDEX complaints__complainant ON complaints (district_id, complainant_id)
    WHERE complainant_id IS NOT NULL;

CREATE TABLE complaint_decisions (
    district_id  integer NOT NULL,
    complaint_id uuid NOT NULL,
    decision     text NOT NULL,
    reason       text NOT NULL,
    decided_by   uuid NOT NULL, -- the person
    decided_as   text NOT NULL, -- in which role
    entered_by   uuid NOT NULL,
    decided_at   timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, complaint_id),
    FOREIGN KEY (district_id, complaint_id) REFERENCES complaints (district_id, id),
    FOREIGN KEY (district_id, decided_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT complaint_decisions__of_kind UNIQUE (district_id, complaint_id, decision),
    CONSTRAINT complaint_decisions__decision CHECK (decision IN ('uphold', 'dismiss')),
    CONSTRAINT complaint_decisions__above_community
        CHECK (decided_as IN ('subdistrict_admin', 'district_admin'))
);
CREATE INDEX complaint_decisions__upheld ON complaint_decisions (district_id, decided_at)
    WHERE decision = 'uphold';

CREATE TABLE complaint_reversals (
    district_id  integer NOT NULL,
    complaint_id uuid NOT NULL,
    decision     text NOT NULL DEFAULT 'uphold', -- what it sets aside
    reason       text NOT NULL,
    set_aside_by uuid NOT NULL, -- the person
    entered_by   uuid NOT NULL,
    set_aside_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, complaint_id),
    FOREIGN KEY (district_id, set_aside_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT complaint_reversals__of_upheld FOREIGN KEY (district_id, complaint_id, decision)
        REFERENCES complaint_decisions (district_id, complaint_id, decision),
    CONSTRAINT complaint_reversals__decision CHECK (decision = 'uphold')
);

GRANT SELECT, INSERT ON complaints, complaint_decisions, complaint_reversals TO timebank_service;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON complaints
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON complaint_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON complaint_reversals
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- The second wall: whoever writes it, nobody decides in his own matter or his family's.
CREATE FUNCTION duties_of_complaint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM duties_raise(complaint_conflict(NEW.district_id, NEW.complaint_id, CASE TG_TABLE_NAME
        WHEN 'complaint_decisions' THEN to_jsonb(NEW) ->> 'decided_by'
        ELSE to_jsonb(NEW) ->> 'set_aside_by' END::uuid));
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER duties AFTER INSERT ON complaint_decisions
    FOR EACH ROW EXECUTE FUNCTION duties_of_complaint();
CREATE CONSTRAINT TRIGGER duties AFTER INSERT ON complaint_reversals
    FOR EACH ROW EXECUTE FUNCTION duties_of_complaint();
