/* From a request's texts to a call: path, query, headers, body. All errors of one kind at once. */
#include "http/request.h"

#include "message/entity_tag.h"
#include "message/header.h"
#include "timebank/json.h"
#include "timebank/limits.h"

/* ------------------------------------------------------------------ headers */

static bool is_dry(const struct tb_request *request)
{
    size_t place = request->operation->dry_run;
    return place > 0 && tb_str_is(request->call.parameters[place - 1], "true");
}

/* What changes nothing needs no key, and none is kept for it. */
static bool parse_key(struct tb_request *request)
{
    if (request->call.is_dry)
        return true;
    struct tb_str header = tb_request_header(request, "Idempotency-Key");
    const struct tb_operation *operation = request->operation;
    if (operation->lane != TB_LANE_WRITE)
        return true;
    if (header.ptr == NULL) {
        if (operation->key_required)
            tb_respond_problem(request, TB_STR("idempotency_key_missing"), NULL);
        return !operation->key_required;
    }
    enum tb_err err = tb_header_key(header, request->arena, &request->call.key);
    if (err != TB_OK)
        tb_respond_problem(request,
                           err == TB_ERR_NO_MEMORY ? TB_STR("request_memory")
                                                   : TB_STR("idempotency_key_invalid"),
                           NULL);
    return err == TB_OK;
}

/* Where a version is required "*" is refused: it would overwrite what the caller has not seen. */
static bool parse_if_match(struct tb_request *request)
{
    struct tb_str header = tb_request_header(request, MHD_HTTP_HEADER_IF_MATCH);
    bool required = request->operation->if_match_required;
    request->call.if_match = -1;
    if (header.ptr == NULL) {
        if (required)
            tb_respond_problem(request, TB_STR("if_match_missing"), NULL);
        return !required;
    }
    enum tb_if_match kind = tb_if_match_read(header, &request->call.if_match);
    bool good = kind == TB_IF_MATCH_VERSION || (kind == TB_IF_MATCH_ANY && !required);
    if (!good)
        tb_respond_problem(request, TB_STR("if_match_invalid"), NULL);
    return good;
}

/* Not where the answer holds what is shown only once. */
static void parse_prefer(struct tb_request *request)
{
    const struct tb_operation *operation = request->operation;
    request->prefers_minimal =
        operation->lane == TB_LANE_WRITE && operation->generate != TB_GENERATE_TOKEN &&
        tb_header_prefers_minimal(tb_request_header(request, MHD_HTTP_HEADER_PREFER));
}

/* ------------------------------------------------------------------ body */

static bool parse_json(struct tb_request *request)
{
    struct tb_json_error error;
    enum tb_err err = tb_json_parse(tb_buf_str(&request->body), NULL, request->arena,
                                    &request->call.body, &error);
    if (err == TB_OK)
        return true;
    if (err == TB_ERR_NO_MEMORY)
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
    else
        tb_respond_problem(request, TB_STR("body_malformed"),
                           json_pack("{s:s,s:i,s:i}", "reason", tb_json_code_name(error.code),
                                     "line", error.line, "column", error.column));
    return false;
}

static bool parse_body(struct tb_request *request)
{
    const struct tb_operation *operation = request->operation;
    struct tb_str type = tb_request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    if (request->body_too_large) {
        tb_respond_problem(request, TB_STR("body_too_large"),
                           json_pack("{s:i}", "max_bytes", TB_LIMIT_BODY_BYTES));
        return false;
    }
    if (request->body.len == 0) {
        if (operation->body_required)
            tb_respond_problem(request, TB_STR("body_missing"), NULL);
        return !operation->body_required;
    }
    if (operation->body == NULL) {
        tb_respond_problem(request, TB_STR("body_not_expected"), NULL);
        return false;
    }
    if (type.ptr == NULL || !tb_header_is_json(type)) {
        request->accept = operation->method == TB_PATCH
                              ? "application/json, application/merge-patch+json"
                              : "application/json";
        tb_respond_problem(request, TB_STR("media_type_unsupported"), NULL);
        return false;
    }
    if (!parse_json(request))
        return false;
    if (tb_schema_validate(operation->body, request->call.body, request->arena, &request->errors) ==
        0)
        return true;
    tb_respond_problem(request, TB_STR("body_invalid"), NULL);
    return false;
}

/* A keyed hash of method, target, If-Match and canonical body: what the key stands for. Keyed,
 * because a body may hold a phone or a code, which a plain hash would let somebody guess. */
bool tb_request_fingerprint(struct tb_request *request)
{
    struct tb_buf canonical;
    tb_buf_init(&canonical, 2 * TB_LIMIT_BODY_BYTES);
    tb_buf_printf(&canonical, "%s\n%.*s\n%lld\n", tb_method_name(request->operation->method),
                  TB_STR_ARG(request->target), (long long)request->call.if_match);
    if (request->call.body != NULL)
        tb_json_canonical(request->call.body, &canonical);
    if (request->call.file_sha256.ptr != NULL)
        tb_buf_printf(&canonical, "%.*s %.*s", TB_STR_ARG(request->call.file_type),
                      TB_STR_ARG(request->call.file_sha256));
    if (!canonical.overflow)
        request->call.fingerprint =
            tb_seal_lookup(request->worker->app->settings.seal, TB_STR("fingerprint"), TB_STR(""),
                           tb_buf_str(&canonical), request->arena);
    tb_buf_fini(&canonical);
    if (request->call.fingerprint.ptr == NULL)
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
    return request->call.fingerprint.ptr != NULL;
}

/* Those without a token share one actor, so one's key says nothing about another's: what it stands
 * for is a part of it. */
static bool make_stranger_key(struct tb_request *request)
{
    struct tb_call *call = &request->call;
    char *key = tb_arena_printf(request->arena, "%.*s:%.*s", TB_STR_ARG(call->key),
                                TB_STR_ARG(call->fingerprint));
    if (key == NULL) {
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
        return false;
    }
    call->key = tb_str_of(key);
    return true;
}

static bool make_key(struct tb_request *request)
{
    return request->call.key.ptr == NULL ||
           (tb_request_fingerprint(request) && (request->has_actor || make_stranger_key(request)));
}

bool tb_request_parse(struct tb_request *request)
{
    parse_prefer(request);
    if (!tb_request_parse_parameters(request))
        return false;
    request->call.is_dry = is_dry(request);
    return parse_key(request) && parse_if_match(request) &&
           (request->operation->file_types != NULL || (parse_body(request) && make_key(request)));
}
