-- Sign-in sheets (签到表): one paper with a head and lines, entered as one request. Its records are like those of
-- the counter; the sheet says what they have in common, and its number is good once in its community.

CREATE TABLE service_sheets (
    district_id   integer NOT NULL REFERENCES districts,
    id            uuid NOT NULL,
    region_code   bigint NOT NULL,
    sheet_number  text NOT NULL,
    team_id       uuid,
    category_code text NOT NULL,
    recipient_kind text NOT NULL,
    recipient_person_id uuid,
    recipient_household_id uuid,
    recipient_label text,
    place         text NOT NULL,
    content       text NOT NULL,
    person_in_charge text,
    service_date  date NOT NULL,
    starts_at     timestamptz,
    ends_at       timestamptz,
    attestation   jsonb NOT NULL, -- as it was typed; each record has its own
    registrar_id  uuid NOT NULL,
    lines_count   integer NOT NULL, -- its control totals
    minutes       bigint NOT NULL,
    entered_by    uuid NOT NULL,
    entered_at    timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, team_id) REFERENCES teams,
    FOREIGN KEY (district_id, category_code) REFERENCES service_categories,
    FOREIGN KEY (district_id, registrar_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT service_sheets__number_once UNIQUE (district_id, region_code, sheet_number),
    CONSTRAINT service_sheets__lines CHECK (lines_count BETWEEN 1 AND 200),
    CONSTRAINT service_sheets__minutes CHECK (minutes >= lines_count),
    CONSTRAINT service_sheets__both_times CHECK ((starts_at IS NULL) = (ends_at IS NULL))
);
CREATE INDEX service_sheets__date ON service_sheets (district_id, region_code, service_date, id);

CREATE TABLE service_sheet_lines (
    district_id integer NOT NULL,
    sheet_id    uuid NOT NULL,
    line_no     integer NOT NULL, -- from 1
    record_id   uuid NOT NULL,
    PRIMARY KEY (district_id, sheet_id, line_no),
    FOREIGN KEY (district_id, sheet_id) REFERENCES service_sheets,
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    CONSTRAINT service_sheet_lines__record_once UNIQUE (district_id, record_id),
    CONSTRAINT service_sheet_lines__line_no CHECK (line_no BETWEEN 1 AND 200)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['service_sheets', 'service_sheet_lines'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
