-- Only a living record holds its assignment: like a time claim, the row goes with reject, return, void
-- and replace, so that the same visit can be recorded again. (The unique constraint on the
-- insert-only records held it for ever.)

CREATE TABLE assignment_claims (
    district_id   integer NOT NULL,
    assignment_id uuid NOT NULL,
    record_id     uuid NOT NULL,
    PRIMARY KEY (district_id, assignment_id),
    FOREIGN KEY (district_id, assignment_id) REFERENCES assignments (district_id, id),
    FOREIGN KEY (district_id, record_id) REFERENCES service_records (district_id, id),
    CONSTRAINT assignment_claims__record_once UNIQUE (district_id, record_id)
);
GRANT SELECT, INSERT, DELETE ON assignment_claims TO timebank_service;

INSERT INTO assignment_claims (district_id, assignment_id, record_id)
SELECT sr.district_id, sr.assignment_id, sr.id
FROM service_records AS sr
WHERE sr.assignment_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM voids AS v
                  WHERE v.district_id = sr.district_id AND v.record_id = sr.id)
  AND NOT EXISTS (SELECT FROM service_records AS newer
                  WHERE newer.district_id = sr.district_id AND newer.replaces_id = sr.id)
  AND NOT EXISTS (SELECT FROM decisions AS d
                  WHERE d.district_id = sr.district_id AND d.record_id = sr.id
                    AND d.decision IN ('reject', 'return'));

ALTER TABLE service_records DROP CONSTRAINT service_records__assignment_once;
CREATE INDEX service_records__assignment ON service_records (district_id, assignment_id)
    WHERE assignment_id IS NOT NULL;
