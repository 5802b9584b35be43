-- A notice hangs on boards (公示栏): where and since when, of each page. The window for objections counts from
-- the latest community's first posting.

CREATE TABLE notice_postings (
    district_id integer NOT NULL,
    id          uuid NOT NULL, -- derived from the request's id and the place in it
    number      text NOT NULL,
    region_code bigint NOT NULL,
    place       text NOT NULL,
    posted_at   timestamptz NOT NULL,
    posted_by   uuid NOT NULL,
    entered_by  uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, number, region_code) REFERENCES notice_pages,
    FOREIGN KEY (district_id, posted_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id)
);
CREATE INDEX notice_postings__page ON notice_postings (district_id, number, region_code, posted_at);
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_postings
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON notice_postings TO timebank_service;

ALTER TABLE periods ADD COLUMN noticed_at timestamptz, ADD COLUMN final_at timestamptz;
