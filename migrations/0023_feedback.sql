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
