/* Answers on the wire: what is said, and the hand-over to libmicrohttpd. */
#include "http/request.h"

#include "message/entity_tag.h"
#include "timebank/limits.h"

#include <stdlib.h>

/* For the drain: it runs no more, and is being sent until its end. */
static void count_answer(struct tb_request *request)
{
    request->answered = true;
    request->worker->sending++;
    if (request->is_busy)
        request->worker->busy--;
    request->is_busy = false;
}

static void queue(struct tb_request *request, struct MHD_Response *response)
{
    /* It fails only for a connection that is being closed; its completion callback still comes. */
    (void)MHD_queue_response(request->connection, (unsigned)request->status, response);
    MHD_destroy_response(response);
    if (!request->answered && request->head_seen)
        count_answer(request);
    if (!request->suspended)
        return;
    request->suspended = false;
    request->worker->suspended--;
    MHD_resume_connection(request->connection);
    tb_server_kick(request->worker);
}

/* Takes the bytes of body. */
void tb_respond_json(struct tb_request *request, int status, const char *content_type,
                     struct tb_buf *body)
{
    size_t len;
    bool overflow = body->overflow;
    char *data = tb_buf_take(body, &len);
    request->status = overflow ? 500 : status;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        overflow ? 0 : len, data, data != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    TB_BUG_IF(response == NULL);
    tb_headers_add_common(request, response, content_type);
    if (request->call.operation != NULL && (request->call.result != NULL || request->call.replayed))
        tb_headers_add_call(request, response);
    queue(request, response);
}

void tb_respond_options(struct tb_request *request, const char *allow)
{
    request->status = MHD_HTTP_NO_CONTENT;
    request->allow = allow;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    TB_BUG_IF(response == NULL);
    tb_headers_add_common(request, response, NULL);
    tb_cors_add_preflight(request, response, allow);
    queue(request, response);
}

/* The version, which If-Match is compared with, and a hash of the whole answer, because some of its
 * members (a balance, a count) move without the version (docs/adr/0005). */
static const char *make_etag(struct tb_request *request, struct tb_str body)
{
    int64_t version = tb_answer_version(&request->call);
    if (version < 0)
        return NULL;
    struct tb_token_hash hash = tb_token_hash(body);
    return tb_arena_printf(request->arena, "\"v%lld.%02x%02x%02x%02x\"", (long long)version,
                           hash.bytes[0], hash.bytes[1], hash.bytes[2], hash.bytes[3]);
}

static bool is_not_modified(const struct tb_request *request)
{
    struct tb_str seen = tb_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    if (seen.ptr == NULL || request->etag == NULL || request->operation->method != TB_GET)
        return false;
    return tb_if_none_match_names(seen, tb_str_of(request->etag));
}

void tb_respond_call(struct tb_request *request)
{
    struct tb_call *call = &request->call;
    struct tb_buf body;
    if (call->status == TB_CALL_REFUSED) {
        tb_respond_problem(request, call->code, json_incref(call->args));
        return;
    }
    tb_buf_init(&body, TB_LIMIT_ANSWER_BYTES);
    enum tb_err err = tb_answer_write(call, request->worker->app->settings.seal, &body);
    if (err == TB_OK)
        request->etag = make_etag(request, tb_buf_str(&body));
    if (err == TB_OK && is_not_modified(request)) {
        tb_buf_fini(&body);
        tb_respond_json(request, MHD_HTTP_NOT_MODIFIED, NULL, &body);
        return;
    }
    if (err == TB_OK && request->prefers_minimal) {
        tb_buf_fini(&body);
        bool created = call->operation->success_status == MHD_HTTP_CREATED;
        tb_respond_json(request, created ? MHD_HTTP_CREATED : MHD_HTTP_NO_CONTENT, NULL, &body);
        return;
    }
    if (err == TB_OK) {
        tb_respond_json(request, call->operation->success_status,
                        call->operation->answer != NULL ? "application/json" : NULL, &body);
        return;
    }
    tb_buf_fini(&body);
    tb_respond_problem(
        request, err == TB_ERR_NOT_FOUND ? TB_STR("not_found") : TB_STR("request_memory"), NULL);
}
