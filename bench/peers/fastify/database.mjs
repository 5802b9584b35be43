// postgres.js with the session settings of timebankd's lanes, and values as the contract shows them.
import postgres from "postgres";

const DATE = 1082, TIMESTAMPTZ = 1184;

// "2014-05-15 11:07:00.5+08" → "2014-05-15T11:07:00.5+08:00"
function instant(text) {
    const iso = text.replace(" ", "T");
    return /[+-]\d\d$/.test(iso) ? `${iso}:00` : iso;
}

const asText = { to: 25, from: [DATE], serialize: (value) => value, parse: (text) => text };
const types = {
    date: asText,
    instant: { ...asText, from: [TIMESTAMPTZ], parse: instant },
};

export function makeDatabase(socket, database) {
    const open = (settings) => postgres({
        path: `${socket}/.s.PGSQL.5432`, database, user: "timebank", types, fetch_types: false,
        connection: { role: "timebank_service", TimeZone: "Asia/Shanghai", ...settings },
    });
    const reading = { default_transaction_read_only: "on", statement_timeout: 5000 };
    return {
        read: open({ ...reading, plan_cache_mode: "force_generic_plan" }),
        page: open({ ...reading, plan_cache_mode: "force_custom_plan" }),
        write: open({ plan_cache_mode: "force_generic_plan", enable_seqscan: "off",
                      jit: "off", statement_timeout: 8000 }),
    };
}

export function run(sql, statement, values) {
    return sql.unsafe(statement.sql, values, { prepare: true });
}
