-- The requests of a batch whose work is to be done: those without a key, and those whose key this
-- very batch inserted, looked up one by one (an EXISTS may be hashed, which reads all keys). Each gets its
-- business time `at` unless the caller (the demo's loader) gave one.
CREATE OR REPLACE FUNCTION fresh_requests(of_district integer, of_batch uuid, requests jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT COALESCE(jsonb_agg(jsonb_build_object('at', business_now()) || r.value), '[]')
            FROM jsonb_array_elements(requests) AS r
            WHERE r.value ->> 'key' IS NULL
               OR of_batch = (SELECT k.batch_id
                              FROM idempotency_keys AS k
                              WHERE k.district_id = of_district
                                AND k.actor = r.value ->> 'actor' AND k.key = r.value ->> 'key'));
END
$$;
