-- Consent to the recipient categories, which are sensitive: 志愿服务条例 (State Council order 685), art.
-- 20. lixiu and tuixiu are no such categories.

-- Has a consent been withdrawn by a day? Null day: ever.
CREATE OR REPLACE FUNCTION is_withdrawn(of_district integer, consent uuid, on_date date)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM consent_withdrawals AS w
        WHERE w.district_id = of_district AND w.consent_id = consent
          AND (on_date IS NULL OR w.withdrawn_on <= on_date));
END
$$;

-- Does a consent of the person cover this category on a day? Always for one that needs none.
CREATE OR REPLACE FUNCTION consent_stands(of_district integer, person uuid, category text,
                                          on_date date)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN category IN ('lixiu', 'tuixiu') OR EXISTS (
        SELECT FROM consents AS c
        WHERE c.district_id = of_district AND c.person_id = person
          AND c.categories @> ARRAY[category] AND c.given_on <= on_date
          AND NOT is_withdrawn(of_district, c.id, on_date));
END
$$;

-- Below 18 nobody consents alone (Civil Code, arts. 17 to 23); an unknown birthday is taken for
-- that of an adult.
CREATE OR REPLACE FUNCTION is_minor(birth_date date, on_date date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT COALESCE(birth_date > on_date - interval '18 years', false)
$$;

CREATE OR REPLACE FUNCTION guardian_refusal(of_district integer, person uuid, c jsonb,
                                            given_on date)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    guardian uuid := (c ->> 'guardian_id')::uuid;
    g record;
BEGIN
    SELECT birth_date, died_on INTO g FROM persons
    WHERE district_id = of_district AND id = guardian;
    RETURN CASE WHEN (guardian IS NULL) <> (c ->> 'relation' IS NULL) OR guardian = person
                     OR (guardian IS NOT NULL AND NOT FOUND)
                     OR is_minor(g.birth_date, given_on) OR g.died_on < given_on
                THEN refusal('guardian_unfit') END;
END
$$;

-- All rules of a consent {given_on, guardian_id, relation, method, document, witness_id} of who was
-- born and died on these days.
CREATE OR REPLACE FUNCTION consent_refusal(of_district integer, person uuid, birth_date date,
                                           died_on date, c jsonb, today date)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    given_on date := COALESCE((c ->> 'given_on')::date, today);
    witness uuid := (c ->> 'witness_id')::uuid;
BEGIN
    RETURN COALESCE(
        CASE WHEN given_on > today
             THEN refusal('date_in_future', jsonb_build_object('field', 'given_on', 'today', today))
             WHEN given_on > died_on
             THEN refusal('person_died', jsonb_build_object('died_on', died_on))
             WHEN c ->> 'guardian_id' IS NULL AND is_minor(birth_date, given_on)
             THEN refusal('consent_needs_guardian', jsonb_build_object('birth_date', birth_date))
        END,
        guardian_refusal(of_district, person, c, given_on),
        CASE WHEN c ->> 'method' = 'paper' AND c ->> 'document' IS NULL
             THEN refusal('consent_document_missing')
             WHEN c ->> 'method' <> 'paper' AND witness IS NULL
             THEN refusal('consent_witness_missing')
             WHEN witness IS NOT NULL AND (witness IN (person, (c ->> 'guardian_id')::uuid)
                  OR NOT EXISTS (SELECT FROM persons
                                 WHERE district_id = of_district AND id = witness))
             THEN refusal('consent_witness_unfit') END);
END
$$;
