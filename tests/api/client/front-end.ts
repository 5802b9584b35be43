// What a front-end does with the types that openapi-typescript makes of the contract: a team
// leader's app records an hour of service and the volunteer's app shows it in the passbook. Every name
// and value here is checked by the compiler; typed-client.test.mjs compiles and runs it.
import createClient from "openapi-fetch";

import type { components, paths } from "./contract.js";

type Problem = components["schemas"]["Problem"];
type ServiceRecord = components["schemas"]["ServiceRecord"];
type Volunteer = components["schemas"]["Volunteer"];

export interface Tokens {
    leader: string;
    resident: string;
    volunteer: string;
    districtAdmin: string;
}

export interface Hour {
    volunteerId: string;
    recipientId: string;
    regionCode: string;
    startsAt: string;
    endsAt: string;
}

export class Refusal extends Error {
    constructor(readonly problem: Problem) {
        super(`${problem.code}: ${problem.detail}`);
    }
}

type Client = ReturnType<typeof createClient<paths>>;

function clientOf(baseUrl: string, token: string): Client {
    return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
}

function taken<T>(answer: { data?: T; error?: Problem }): T {
    if (answer.error !== undefined) throw new Refusal(answer.error);
    if (answer.data === undefined) throw new Error("an answer without a body");
    return answer.data;
}

// Page by page, as a list on a phone is scrolled.
export async function* volunteersOf(client: Client, limit: number): AsyncGenerator<Volunteer> {
    let cursor: string | undefined;
    do {
        const query = { limit, sort: "name" as const, ...(cursor && { cursor }) };
        const page = taken(await client.GET("/v1/volunteers", { params: { query } }));
        yield* page.data;
        cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
}

async function draft(leader: Client, hour: Hour): Promise<ServiceRecord> {
    const made = taken(await leader.POST("/v1/service-records", {
        body: {
            region_code: hour.regionCode,
            volunteer_id: hour.volunteerId,
            category_code: "home_care",
            recipient_kind: "person",
            recipient_person_id: hour.recipientId,
            place: "3号楼2单元101",
            content: "打扫房间",
            starts_at: hour.startsAt,
            ends_at: hour.endsAt,
        },
    }));
    return taken(await leader.PATCH("/v1/service-records/{id}", {
        params: { path: { id: made.id }, header: { "If-Match": `"v${made.version}"` } },
        body: { content: "打扫房间,陪同买药" },
    }));
}

// Only the recipient's message has the code; demo and test databases show it.
async function codeOf(admin: Client, recordId: string): Promise<string> {
    const query = { subject_id: recordId };
    const { data } = taken(await admin.GET("/v1/test/messages", { params: { query } }));
    const code = data[0]?.text.match(/(?<!\d)\d{6}(?!\d)/)?.[0];
    if (code === undefined) throw new Error("no code was sent");
    return code;
}

export async function serveAnHour(
    baseUrl: string, tokens: Tokens, hour: Hour,
): Promise<{ record: ServiceRecord; pendingMinutes: number; names: string[] }> {
    const leader = clientOf(baseUrl, tokens.leader);
    const resident = clientOf(baseUrl, tokens.resident);
    const names: string[] = [];
    for await (const { name } of volunteersOf(leader, 1)) names.push(name);

    const { id } = await draft(leader, hour);
    const path = { id };
    taken(await leader.POST("/v1/service-records/{id}/attestation-code", { params: { path } }));
    const code = await codeOf(clientOf(baseUrl, tokens.districtAdmin), id);
    taken(await resident.POST("/v1/service-records/{id}/attest", {
        params: { path }, body: { method: "code", code },
    }));
    const record = taken(await leader.POST("/v1/service-records/{id}/register", {
        params: { path, header: { "Idempotency-Key": `register-${id}` } }, body: {},
    }));

    const volunteer = clientOf(baseUrl, tokens.volunteer);
    const { data } = taken(await volunteer.GET("/v1/passbooks"));
    return { record, names, pendingMinutes: data[0]?.pending_minutes ?? 0 };
}

// What an app shows at the fields of a form that was refused.
export async function faultsOfAnEmptyForm(baseUrl: string, token: string): Promise<string[]> {
    const { error, response } = await clientOf(baseUrl, token).POST("/v1/households", {
        body: { region_code: "", address_line: "" },
    });
    if (error === undefined) throw new Error(`an empty form was taken: ${response.status}`);
    return error.errors.map(({ pointer, code }) => `${pointer ?? "?"} ${code}`);
}
