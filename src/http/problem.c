/* Answers that are problems: which one, and when it is worth asking again. */
#include "http/request.h"

#include "message/problem.h"
#include "timebank/limits.h"
#include "timebank/log.h"

static bool is_retryable(const struct tb_problem_kind *kind)
{
    return kind->status == 503 || kind->status == 429 ||
           tb_str_is(kind->code, "idempotency_in_progress");
}

/* Seconds after which the same request may succeed: what the refusal itself says, else a moment.
 * 0: it will not. */
static unsigned retry_after_s(const struct tb_request *request, const struct tb_problem_kind *kind,
                              const json_t *args)
{
    const json_t *said = json_object_get(args, "retry_after_s");
    if (json_is_integer(said) && json_integer_value(said) > 0)
        return (unsigned)json_integer_value(said);
    if (request->retry_after_s > 0)
        return request->retry_after_s;
    return is_retryable(kind) ? 1 : 0;
}

void tb_respond_problem(struct tb_request *request, struct tb_str code, json_t *args)
{
    if (request->upload == TB_UPLOAD_ASKING) {
        tb_upload_refuse(request, code, args);
        return;
    }
    const struct tb_contract *contract = request->worker->app->settings.contract;
    const struct tb_problem_kind *kind = tb_contract_problem(contract, code);
    if (kind == NULL) {
        char *unknown = tb_arena_copy(request->arena, code.ptr, code.len);
        tb_log(TB_LOG_ERROR, "problem_unknown", "scode", unknown, "soperation",
               request->operation != NULL ? request->operation->id : NULL, NULL);
        kind = tb_contract_problem(contract, TB_STR("internal_error"));
        TB_BUG_IF(kind == NULL);
    }
    request->retry_after_s = retry_after_s(request, kind, args);
    struct tb_problem problem = {
        .contract = contract,
        .kind = kind,
        .args = args,
        .language = request->language,
        .path = request->path,
        .request_id = request->id,
        .errors = &request->errors,
        /* Faults of parameters end a request before its body is read. */
        .errors_in_body = request->call.body != NULL,
        .retry_after_s = request->retry_after_s,
    };
    struct tb_buf body;
    tb_buf_init(&body, TB_LIMIT_PROBLEM_BYTES);
    tb_problem_write(&problem, &body);
    json_decref(args);
    tb_respond_json(request, kind->status, "application/problem+json", &body);
}
