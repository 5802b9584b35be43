// What must not compile. Each line below is wrong, and the compiler says so: @ts-expect-error is
// itself an error above a line that is right.
import createClient from "openapi-fetch";

import type { components, paths } from "./contract.js";

const client = createClient<paths>({ baseUrl: "http://127.0.0.1" });
const path = { id: "0190f0c0-0000-7000-8000-000000000001" };

// @ts-expect-error there is no such path
void client.GET("/v1/nothing");
// @ts-expect-error a health check is not posted
void client.POST("/healthz");
// @ts-expect-error the path needs an id
void client.GET("/v1/service-records/{id}", {});
// @ts-expect-error there is no such filter
void client.GET("/v1/teams", { params: { query: { region: "371402001001" } } });
// @ts-expect-error there is no such order
void client.GET("/v1/persons", { params: { query: { sort: "age" } } });
// @ts-expect-error an update says which version it saw
void client.PATCH("/v1/service-records/{id}", { params: { path }, body: { minutes: 45 } });
// @ts-expect-error what moves minutes has a key
void client.POST("/v1/service-records/{id}/register", { params: { path } });
// @ts-expect-error a household has an address
void client.POST("/v1/households", { body: { region_code: "371402001001" } });
void client.POST("/v1/service-records/{id}/void", {
    params: { path, header: { "Idempotency-Key": "k" } },
    // @ts-expect-error a reason is text
    body: { reason: 7 },
});
void client.POST("/v1/service-records/{id}/attest", {
    params: { path },
    // @ts-expect-error nobody signs by telephone
    body: { method: "telephone" },
});
void client.POST("/v1/persons/find", {
    // @ts-expect-error a phone number is text: it may begin with 0
    body: { phone: 13900000001 },
});

export function shown(record: components["schemas"]["ServiceRecord"]): string {
    // @ts-expect-error minutes are a number
    const minutes: string = record.minutes;
    // @ts-expect-error a record has no hours
    return `${minutes} ${record.hours}`;
}
