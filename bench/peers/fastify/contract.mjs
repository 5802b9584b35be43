// The operations of the contract as fastify wants them: references resolved, own keywords left out.
function resolve(contract, schema) {
    if (Array.isArray(schema)) return schema.map((one) => resolve(contract, one));
    if (schema === null || typeof schema !== "object") return schema;
    if (schema.$ref) {
        const path = schema.$ref.slice(2).split("/");
        return resolve(contract, path.reduce((at, name) => at[name], contract));
    }
    return Object.fromEntries(Object.entries(schema)
        .filter(([name]) => !name.startsWith("x-") && name !== "example")
        .map(([name, value]) => [name, resolve(contract, value)]));
}

function parameters(list, where) {
    const chosen = list.filter((one) => one.in === where);
    return {
        type: "object",
        additionalProperties: false,
        properties: Object.fromEntries(chosen.map((one) => [one.name, one.schema])),
        required: chosen.filter((one) => one.required).map((one) => one.name),
    };
}

function jsonSchema(contract, content) {
    return content && resolve(contract, content.content["application/json"].schema);
}

export function findOperation(contract, id) {
    for (const [path, methods] of Object.entries(contract.paths)) {
        for (const [method, operation] of Object.entries(methods)) {
            if (operation.operationId !== id) continue;
            const list = resolve(contract, operation.parameters ?? []);
            const [status] = Object.keys(operation.responses).filter((one) => one < "300");
            return {
                id, method: method.toUpperCase(), status: Number(status),
                url: path.replaceAll(/\{(\w+)\}/g, ":$1"),
                roles: new Set(operation["x-roles"]),
                sorts: operation["x-sort"],
                event: operation["x-event"],
                params: parameters(list, "path"),
                querystring: parameters(list, "query"),
                body: jsonSchema(contract, operation.requestBody),
                answer: jsonSchema(contract, operation.responses[status]),
            };
        }
    }
    throw new Error(`the contract has no ${id}`);
}
