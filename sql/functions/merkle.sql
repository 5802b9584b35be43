-- Merkle trees as in RFC 6962, section 2.1: a leaf is SHA-256 of 0x00 and its bytes, a node of 0x01 and
-- its two sides; the last of an odd level goes up as it is. An empty tree is SHA-256 of nothing.

CREATE OR REPLACE FUNCTION merkle_leaf(bytes bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256('\x00'::bytea || bytes)
$$;

-- The level above.
CREATE OR REPLACE FUNCTION merkle_level(hashes bytea[]) RETURNS bytea[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(CASE WHEN pair.right_side IS NULL THEN pair.left_side
                          ELSE sha256('\x01'::bytea || pair.left_side || pair.right_side) END
                     ORDER BY pair.place)
    FROM (SELECT h.place, h.hash AS left_side, lead(h.hash) OVER (ORDER BY h.place) AS right_side
          FROM unnest(hashes) WITH ORDINALITY AS h (hash, place)) AS pair
    WHERE pair.place % 2 = 1
$$;

CREATE OR REPLACE FUNCTION merkle_root(leaves bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    level bytea[] := leaves;
BEGIN
    IF cardinality(leaves) = 0 THEN
        RETURN sha256('');
    END IF;
    WHILE cardinality(level) > 1 LOOP
        level := merkle_level(level);
    END LOOP;
    RETURN level[1];
END
$$;

-- What is joined to leaf `index` (from 0) on the way to the root, nearest first: a JSON array of
-- {side, hash}, side saying where the hash goes.
CREATE OR REPLACE FUNCTION merkle_path(leaves bytea[], index integer) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    level bytea[] := leaves;
    place integer := index;
    sibling integer;
    path json[] := '{}';
BEGIN
    WHILE cardinality(level) > 1 LOOP
        sibling := place + 1 - 2 * (place % 2);
        IF sibling < cardinality(level) THEN
            path := path || json_build_object(
                'side', CASE WHEN sibling < place THEN 'left' ELSE 'right' END,
                'hash', encode(level[sibling + 1], 'hex'));
        END IF;
        level := merkle_level(level);
        place := place / 2;
    END LOOP;
    RETURN array_to_json(path);
END
$$;
