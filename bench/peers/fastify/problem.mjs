// RFC 9457, as far as a benchmark without errors needs it.
export class Problem extends Error {
    constructor(status, code, args) {
        super(code);
        this.status = status;
        this.code = code;
        this.args = args;
    }
}

export function answerProblem(error, request, reply) {
    const status = error.status ?? (error.validation ? 400 : 500);
    const code = error.code ?? "internal_error";
    if (status === 500) request.log.error(error);
    return reply.code(status).type("application/problem+json").send(JSON.stringify({
        status, code, args: error.args, errors: error.validation, request_id: request.id,
    }));
}
