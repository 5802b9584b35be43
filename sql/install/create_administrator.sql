-- The first administrator of a district with the first token: $1 district, $2 name, $3 person,
-- $4 user, $5 grant, $6 token (ids), $7 SHA-256 of the token (bytea), $8 its prefix, $9 label,
-- $10 valid from (a civil day of the district). Everybody else is made through the API.
WITH person AS (
    INSERT INTO persons (district_id, id, name) VALUES ($1::integer, $3::uuid, $2)
), residence AS (
    INSERT INTO residences (district_id, id, person_id, region_code, valid_from)
    VALUES ($1::integer, derived_uuid(convert_to('timebank.residence.1', 'UTF8')
                                      || uuid_send($3::uuid)),
            $3::uuid, $1::bigint * 1000000, $10::date)
), person_user AS (
    INSERT INTO users (district_id, id, person_id) VALUES ($1::integer, $4::uuid, $3::uuid)
), admin AS (
    INSERT INTO role_grants (district_id, id, user_id, role, region_code, valid_from)
    VALUES ($1::integer, $5::uuid, $4::uuid, 'district_admin', $1::bigint * 1000000, $10::date)
), token AS (
    INSERT INTO tokens (district_id, id, grant_id, label, token_hash, prefix)
    VALUES ($1::integer, $6::uuid, $5::uuid, $9, $7::bytea, $8)
), noted AS (
    INSERT INTO audit (district_id, operation, subject_id, region_code, details, occurred_at)
    VALUES ($1::integer, 'createAdministrator', $4::uuid::text, $1::bigint * 1000000,
            jsonb_build_object('person_id', $3::uuid), business_now())
), told AS (
    INSERT INTO events (district_id, type, subject_id, region_code, data, occurred_at)
    VALUES ($1::integer, 'user.created', $4::uuid::text, $1::bigint * 1000000,
            jsonb_build_object('operation', 'createAdministrator'), business_now())
)
SELECT $4::uuid AS user_id
