// What is asked, once as HTTP (bench/load/load.lua) and once as a script of pgbench. Both name the same
// rows of bench/load/district.sql and run the SQL that `timebankd sql` prints.
import { writeFileSync } from "node:fs";

const VOLUNTEERS_A_COMMUNITY = 100, PERSONS_A_COMMUNITY = 160, COMMUNITIES_A_SUBDISTRICT = 20;
const PERSON = 1, VOLUNTEER = 3, TEAM = 5, OFFICER = 7;

const hex = (n, digits) => n.toString(16).padStart(digits, "0");
const idOf = (kind, n) => `${hex(kind, 8)}-0000-7000-8000-${hex(n, 12)}`;
// The same in SQL, of a variable of pgbench.
const idInSql = (kind, name) =>
    `('${hex(kind, 8)}-0000-7000-8000-' || lpad(to_hex(:${name}::bigint), 12, '0'))`;

export const FIRST_VOLUNTEER = idOf(VOLUNTEER, 1);

function regionCode(district, community) {
    const subdistrict = 1 + Math.floor((community - 1) / COMMUNITIES_A_SUBDISTRICT);
    return district * 1e6 + subdistrict * 1000 + 1 + (community - 1) % COMMUNITIES_A_SUBDISTRICT;
}

// pgbench's variables are texts or numbers and never null; its parser takes ":x" for one even within
// quotes, so texts with colons come in by -D. All become parameters of the prepared statement.
const NULL = "nullif(:nothing::text, '-')";

class Script {
    constructor(name, folder) {
        this.file = `${folder}/${name}.pgbench`;
        this.lines = [];
        this.variables = { nothing: "-" };
    }

    set(name, expression) {
        this.lines.push(`\\set ${name} ${expression}`);
    }

    // $n of a statement becomes what `values` gives for the n-th parameter's name.
    add(statement, values, names = statement.parameters) {
        const sql = statement.sql.replaceAll(/--.*$/gm, "")
            .replaceAll(/\$(\d+)/g, (_, n) => values[names[n - 1]] ?? NULL);
        this.lines.push(`${sql.trim()};`);
    }

    write() {
        writeFileSync(this.file, `${this.lines.join("\n")}\n`);
        return this;
    }
}

function reader(district) {
    return {
        variables: { district, role: "auditor", low: district * 1e6, high: district * 1e6 + 999999 },
        values: { district: ":district", actor_role: ":role::text", scope_low: ":low",
                  scope_high: ":high" },
    };
}

function readScript(bench, name, statement, prepare, values) {
    const script = new Script(name, bench.folder);
    const { variables, values: common } = reader(bench.district);
    Object.assign(script.variables, variables);
    prepare(script);
    script.add(statement, { ...common, ...values });
    return script.write();
}

function requestFile(bench, name, count, line) {
    const file = `${bench.folder}/${name}.requests`;
    writeFileSync(file, Array.from({ length: count }, (_, i) => `${line(i + 1)}\n`).join(""));
    return file;
}

export function pointRead(bench) {
    const count = bench.communities * VOLUNTEERS_A_COMMUNITY;
    return {
        name: "point read", token: bench.reader, planMode: "force_generic_plan",
        requests: requestFile(bench, "point", count,
            (n) => `GET /v1/volunteers/${idOf(VOLUNTEER, n)}`),
        script: readScript(bench, "point", bench.statements.get("getVolunteer.read"),
            (script) => script.set("n", `random(1, ${count})`),
            { volunteer_id: idInSql(VOLUNTEER, "n") }),
    };
}

// Communities of the first subdistrict, so that a script can count their codes.
function pageWorkload(bench, { name, path, statement }) {
    const count = Math.min(bench.communities, COMMUNITIES_A_SUBDISTRICT);
    const first = regionCode(bench.district, 1);
    return {
        name, token: bench.reader, planMode: "force_custom_plan",
        requests: requestFile(bench, statement, count,
            (c) => `GET ${path}?region_code=${regionCode(bench.district, c)}&limit=50`),
        script: readScript(bench, statement, bench.statements.get(statement),
            (script) => script.set("region", `random(${first}, ${first + count - 1})`),
            { region_code: ":region", limit: "51" }),
    };
}

export const volunteerPage = (bench) => pageWorkload(bench,
    { name: "page of 50 volunteers", path: "/v1/volunteers",
      statement: "listVolunteers.volunteer_number" });

export const recordPage = (bench) => pageWorkload(bench,
    { name: "page of 50 records", path: "/v1/service-records",
      statement: "listServiceRecords.-service_date" });

/* ------------------------------------------------------------------ creating a record */

function recordBody(bench, v) {
    const community = 1 + Math.floor((v - 1) / VOLUNTEERS_A_COMMUNITY);
    return {
        region_code: String(regionCode(bench.district, community)),
        team_id: idOf(TEAM, community * 2),
        volunteer_id: idOf(VOLUNTEER, v),
        category_code: "home_care",
        recipient_kind: "person",
        recipient_person_id:
            idOf(PERSON, (community - 1) * PERSONS_A_COMMUNITY + VOLUNTEERS_A_COMMUNITY + 1),
        place: "3号楼2单元101",
        content: "打扫房间,陪同买药",
        starts_at: "2014-05-15T08:00:00+08:00",
        ends_at: "2014-05-15T09:00:00+08:00",
    };
}

// One request as timebankd writes it into a batch, with what differs left open for format().
function requestTemplate(bench) {
    const officer = idOf(OFFICER, 2);
    const body = { ...recordBody(bench, 1), region_code: "%2$s", team_id: "%3$s",
                   volunteer_id: "%4$s", recipient_person_id: "%5$s" };
    const low = bench.district * 1e6 + 1000;
    return JSON.stringify([{
        ordinal: 0, actor: officer, key: "%1$s", fingerprint: `\\x${"00".repeat(32)}`,
        request_id: "%6$s", new_id: "%6$s", new_id_2: "%6$s", actor_user: officer,
        actor_person: officer, actor_role: "subdistrict_clerk", scope_low: low,
        scope_high: low + 999, ...body, body,
    }]);
}

function createScript(bench, volunteers) {
    const script = new Script("create", bench.folder);
    Object.assign(script.variables, { district: bench.district, request: requestTemplate(bench),
        operation: "createServiceRecord", event: "service_record.drafted", version: "1" });
    script.set("v", `random(1, ${volunteers})`);
    script.set("c", `(:v - 1) / ${VOLUNTEERS_A_COMMUNITY}`);
    script.set("region", `${regionCode(bench.district, 1)} + :c`);
    script.set("team", "(:c + 1) * 2");
    script.set("person", `:c * ${PERSONS_A_COMMUNITY} + ${VOLUNTEERS_A_COMMUNITY + 1}`);
    script.set("key", "random(1, 9223372036854775806)");
    const unique = "lpad(to_hex(:key::bigint), 32, '0')";
    const request = `format(:request::text, :key::text, :region::text, ${idInSql(TEAM, "team")}, `
        + `${idInSql(VOLUNTEER, "v")}, ${idInSql(PERSON, "person")}, ${unique})`;
    const values = { district: ":district", batch: unique, requests: request,
                     operation: ":operation::text", event: ":event::text", version: ":version::text" };
    script.lines.push("\\startpipeline");
    script.add(bench.statements.get("engine.claim_keys"), values,
        ["district", "batch", "requests", "operation", "version"]);
    for (const [name, statement] of bench.statements)
        if (name.startsWith("createServiceRecord.")) script.add(statement, values);
    script.lines.push("\\endpipeline");
    return script.write();
}

export function create(bench) {
    const volunteers = Math.min(bench.communities, COMMUNITIES_A_SUBDISTRICT)
        * VOLUNTEERS_A_COMMUNITY;
    return {
        name: "create record", token: bench.writer, planMode: "force_generic_plan", writes: true,
        requests: requestFile(bench, "create", volunteers,
            (v) => `POST /v1/service-records ${JSON.stringify(recordBody(bench, v))}`),
        script: createScript(bench, volunteers),
    };
}
