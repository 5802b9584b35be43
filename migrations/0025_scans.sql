-- Scans of paper: what a file is and who brought it. The bytes lie in the daemon's store under their SHA-256,
-- on the disk before the row is written. The same bytes twice are one scan, brought twice.

CREATE TABLE scans (
    district_id integer NOT NULL REFERENCES districts,
    sha256      bytea NOT NULL,
    media_type  text NOT NULL,
    bytes       bigint NOT NULL,
    uploaded_by uuid NOT NULL, -- the first to bring it
    uploaded_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, sha256),
    FOREIGN KEY (district_id, uploaded_by) REFERENCES users (district_id, id),
    CONSTRAINT scans__sha256 CHECK (length(sha256) = 32),
    CONSTRAINT scans__media_type CHECK (media_type IN ('image/png', 'image/jpeg', 'application/pdf')),
    CONSTRAINT scans__bytes CHECK (bytes BETWEEN 1 AND 5242880)
);

CREATE TABLE scan_uploads (
    district_id integer NOT NULL,
    sha256      bytea NOT NULL,
    uploaded_by uuid NOT NULL,
    uploaded_at timestamptz NOT NULL, -- the first time
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, sha256, uploaded_by),
    FOREIGN KEY (district_id, sha256) REFERENCES scans,
    FOREIGN KEY (district_id, uploaded_by) REFERENCES users (district_id, id)
);

ALTER TABLE attestations
    ADD COLUMN scan_sha256 bytea,
    ADD CONSTRAINT attestations__scan FOREIGN KEY (district_id, scan_sha256) REFERENCES scans,
    ADD CONSTRAINT attestations__scan_on_paper CHECK (scan_sha256 IS NULL OR method <> 'code');
CREATE INDEX attestations__of_scan ON attestations (district_id, scan_sha256)
    WHERE scan_sha256 IS NOT NULL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['scans', 'scan_uploads'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
