-- Objections to a notice, their decisions, and the revisions that follow. A notice is of a period of any grain.

ALTER TABLE public_notices DISABLE TRIGGER USER;
ALTER TABLE public_notices RENAME COLUMN quarter TO begin_date;
ALTER TABLE public_notices
    ADD COLUMN grain text NOT NULL DEFAULT 'quarter',
    ADD COLUMN sequence integer; -- the how manieth of the district, from 1: its digest contains the one before
UPDATE public_notices AS n
SET sequence = o.place
FROM (SELECT district_id, number,
             row_number() OVER (PARTITION BY district_id ORDER BY begin_date, revision) AS place
      FROM public_notices) AS o
WHERE o.district_id = n.district_id AND o.number = n.number;
ALTER TABLE public_notices
    ALTER COLUMN grain DROP DEFAULT,
    ALTER COLUMN sequence SET NOT NULL,
    DROP CONSTRAINT public_notices__revision_once,
    ADD CONSTRAINT public_notices__revision_once UNIQUE (district_id, grain, begin_date, revision),
    ADD CONSTRAINT public_notices__sequence_once UNIQUE (district_id, sequence),
    ADD CONSTRAINT public_notices__grain CHECK (grain IN ('quarter', 'year')),
    DROP CONSTRAINT public_notices__number_of_district,
    ADD CONSTRAINT public_notices__number_of_district
        CHECK (number = district_id || '-' || to_char(begin_date, CASE grain WHEN 'year' THEN 'YYYY'
                   ELSE 'YYYY"Q"Q' END) || '-' || revision);
ALTER TABLE public_notices ENABLE TRIGGER USER;

-- What a revision changed: such pages hang anew, and only such lines can be objected to again.
ALTER TABLE notice_lines
    ADD COLUMN is_new boolean NOT NULL DEFAULT true;
ALTER TABLE notice_pages DISABLE TRIGGER USER;
ALTER TABLE notice_pages ADD COLUMN new_lines bigint;
UPDATE notice_pages SET new_lines = lines;
ALTER TABLE notice_pages
    ALTER COLUMN new_lines SET NOT NULL,
    ADD CONSTRAINT notice_pages__new_lines_within CHECK (new_lines BETWEEN 0 AND lines);
ALTER TABLE notice_pages ENABLE TRIGGER USER;

-- A page that was taken down.
CREATE TABLE notice_takedowns (
    district_id   integer NOT NULL,
    posting_id    uuid NOT NULL,
    taken_down_at timestamptz NOT NULL,
    taken_down_by uuid NOT NULL,
    entered_by    uuid NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, posting_id),
    FOREIGN KEY (district_id, posting_id) REFERENCES notice_postings,
    FOREIGN KEY (district_id, taken_down_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id)
);

-- A case. id is the receipt of who filed it: with it the answer is read. The objector is ciphertext, shown to
-- nobody but those who decide. entered_by: null when it came over the public page.
CREATE TABLE objections (
    district_id             integer NOT NULL,
    case_number             text NOT NULL,
    id                      uuid NOT NULL,
    number                  text NOT NULL,
    region_code             bigint NOT NULL,
    line_code               text,
    account_id              uuid, -- of the line
    statement               text NOT NULL,
    objector_name_sealed    bytea NOT NULL,
    objector_contact_sealed bytea,
    via                     text NOT NULL,
    entered_by              uuid,
    filed_at                timestamptz NOT NULL,
    due_at                  timestamptz, -- until when to decide; null: no policy set a deadline
    recorded_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, case_number),
    FOREIGN KEY (district_id, number, region_code) REFERENCES notice_pages,
    FOREIGN KEY (district_id, number, line_code)
        REFERENCES notice_lines (district_id, number, line_code),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT objections__id_once UNIQUE (district_id, id),
    CONSTRAINT objections__case_of_district CHECK (left(case_number, 6) = district_id::text),
    CONSTRAINT objections__via CHECK (via IN ('web', 'counter', 'phone', 'visit')),
    CONSTRAINT objections__typed_but_for_the_web CHECK ((via = 'web') = (entered_by IS NULL)),
    CONSTRAINT objections__line_has_account CHECK ((line_code IS NULL) = (account_id IS NULL))
);
CREATE INDEX objections__notice ON objections (district_id, number, case_number);
CREATE INDEX objections__filed ON objections (district_id, filed_at, case_number);

-- One of a case, unless its corrections are declined: then it is decided again.
CREATE TABLE objection_decisions (
    district_id integer NOT NULL,
    case_number text NOT NULL,
    turn        integer NOT NULL, -- from 1
    decision    text NOT NULL,
    reason      text NOT NULL,
    decided_by  uuid NOT NULL,
    entered_by  uuid NOT NULL,
    decided_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, case_number, turn),
    FOREIGN KEY (district_id, case_number) REFERENCES objections,
    FOREIGN KEY (district_id, decided_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT objection_decisions__decision CHECK (decision IN ('upheld', 'dismissed', 'withdrawn')),
    CONSTRAINT objection_decisions__turn_from_one CHECK (turn > 0)
);
ALTER TABLE ledger_corrections
    ADD FOREIGN KEY (district_id, case_number) REFERENCES objections;

-- Which corrections a revision contains.
CREATE TABLE notice_corrections (
    district_id   integer NOT NULL,
    number        text NOT NULL,
    correction_id uuid NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, correction_id),
    FOREIGN KEY (district_id, number) REFERENCES public_notices,
    FOREIGN KEY (district_id, correction_id) REFERENCES ledger_correction_postings
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['notice_takedowns', 'objections', 'objection_decisions',
                                'notice_corrections'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
