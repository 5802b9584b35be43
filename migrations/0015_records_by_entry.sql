-- The drafts and records that were entered last, of any region, read from the end.
CREATE INDEX service_drafts__created ON service_drafts (district_id, created_at, id, region_code);
CREATE INDEX service_records__created ON service_records (district_id, created_at, id, region_code);
