/* Answers on the wire: what is said, and the hand-over to libmicrohttpd. */
#include "http/request.h"

#include "message/entity_tag.h"
#include "timebank/limits.h"

#include <sodium.h>
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
    tb_connection_enter(tb_connection_of(request->connection), TB_PHASE_SENDING);
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

void tb_respond_file(struct tb_request *request, int fd, uint64_t bytes)
{
    request->status = MHD_HTTP_OK;
    struct MHD_Response *response = MHD_create_response_from_fd64(bytes, fd);
    TB_BUG_IF(response == NULL);
    tb_headers_add_common(request, response, request->file_type);
    tb_headers_add(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, request->file_name);
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

/* A version, which If-Match is compared with, and a hash of the whole answer, because some of its
 * members (a balance, a count) move without the version; what has no version has the hash alone
 * (docs/adr/0005). The key is no secret: every daemon must make the same tag of the same answer. */
static const char *make_etag(struct tb_request *request, int64_t version, struct tb_str body)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES] = "timebank's tags";
    uint64_t hash;
    _Static_assert(sizeof(hash) == crypto_shorthash_BYTES, "a tag's hash is a number");
    (void)crypto_shorthash((unsigned char *)&hash, (const unsigned char *)body.ptr, body.len, key);
    if (version < 0)
        return tb_arena_printf(request->arena, "\"%016llx\"", (unsigned long long)hash);
    return tb_arena_printf(request->arena, "\"v%lld.%08x\"", (long long)version, (uint32_t)hash);
}

bool tb_request_is_known(const struct tb_request *request)
{
    struct tb_str seen = tb_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    if (seen.ptr == NULL || request->etag == NULL || request->operation->method != TB_GET)
        return false;
    return tb_if_none_match_names(seen, tb_str_of(request->etag));
}

/* An answer without its body: it is known already, or not wanted. */
static void respond_short(struct tb_request *request, int status, struct tb_buf *body)
{
    tb_buf_fini(body);
    tb_respond_json(request, status, NULL, body);
}

void tb_respond_success(struct tb_request *request, int64_t version, const char *content_type,
                        struct tb_buf *body)
{
    const struct tb_operation *operation = request->operation;
    int status = request->call.is_dry ? MHD_HTTP_OK : operation->success_status;
    bool is_located = status == MHD_HTTP_CREATED || status == MHD_HTTP_ACCEPTED;
    if (operation->method == TB_GET || version >= 0)
        request->etag = make_etag(request, version, tb_buf_str(body));
    if (tb_request_is_known(request))
        respond_short(request, MHD_HTTP_NOT_MODIFIED, body);
    else if (request->prefers_minimal)
        respond_short(request, is_located ? status : MHD_HTTP_NO_CONTENT, body);
    else
        tb_respond_json(request, status, content_type, body);
}

void tb_respond_call(struct tb_request *request)
{
    struct tb_call *call = &request->call;
    struct tb_buf body;
    if (call->status == TB_CALL_REFUSED) {
        tb_respond_problem(request, call->code, json_incref(call->args));
        return;
    }
    if (call->operation->answers_file) {
        tb_file_send(request);
        return;
    }
    tb_buf_init(&body, TB_LIMIT_ANSWER_BYTES);
    bool is_page = call->operation->answers_page;
    const struct tb_seal *seal = request->worker->app->settings.seal;
    enum tb_err err = is_page ? tb_answer_page(call, &body) : tb_answer_write(call, seal, &body);
    if (err == TB_OK) {
        tb_respond_success(request, is_page ? -1 : tb_answer_version(call),
                           is_page                           ? "text/html; charset=utf-8"
                           : call->operation->answer != NULL ? "application/json"
                                                             : NULL,
                           &body);
        return;
    }
    tb_buf_fini(&body);
    tb_respond_problem(
        request, err == TB_ERR_NOT_FOUND ? TB_STR("not_found") : TB_STR("request_memory"), NULL);
}
