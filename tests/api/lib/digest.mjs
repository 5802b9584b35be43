// What is in a database, so that "no effect" can be seen: for each table the number of its rows and
// a hash of them with the transactions that wrote them.

// One value for each table, by `expression` over its rows `t`: "table value" lines.
const perTable = (expression, where = "true") => `
    SELECT string_agg(format('%s %s', relname, (xpath('/row/d/text()', query_to_xml(format(
        'SELECT ${expression.replaceAll("'", "''")} AS d FROM %I.%I AS t WHERE ${where}',
        nspname, relname), true, true, '')))[1]), E'\\n' ORDER BY relname)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')`;
const OF_DISTRICT = ` AND EXISTS (SELECT FROM pg_attribute
    WHERE attrelid = c.oid AND attname = 'district_id' AND NOT attisdropped)`;
// When a token was used is written down by the way; a change of it is seen by its version.
const HASH = `concat_ws(' ', count(*), sum(hashtextextended(CASE
    WHEN t.tableoid = 'tokens'::regclass THEN (to_jsonb(t) - 'last_used_at')::text
    ELSE t.xmin::text || t::text END, 0)))`;
const TEXT = "string_agg(t::text, ' ')";

const lines = (database, sql) =>
    database.query(sql).split("\n").map((line) => line.split(/ (.*)/s));

// {table: "rows hash"}, without the tables named.
export function digestOf(database, ...without) {
    const all = lines(database, perTable(HASH));
    return Object.fromEntries(all.filter(([table]) => !without.includes(table)));
}

const ofDistrict = (expression, district) =>
    perTable(expression, `district_id = ${Number(district)}`) + OF_DISTRICT;

// The same of one district's rows.
export function digestOfDistrict(database, district) {
    return Object.fromEntries(lines(database, ofDistrict(HASH, district)));
}

// Every id in the rows of one district.
export function idsOfDistrict(database, district) {
    return new Set(database.query(ofDistrict(TEXT, district))
        .match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g));
}
