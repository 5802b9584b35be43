#include "http/request.h"

#include "message/header.h"
#include "message/scan.h"
#include "timebank/limits.h"
#include "timebank/log.h"
#include "timebank/uuid.h"

#include <stdlib.h>

/* So much of a body is kept; twice that is read. */
static int body_bytes_max(const struct tb_request *request)
{
    return request->upload == TB_UPLOAD_NONE ? TB_LIMIT_BODY_BYTES : TB_LIMIT_SCAN_BYTES;
}

/* ------------------------------------------------------------------ head */

/* The header that is looked for and its value so far. */
struct header {
    struct tb_str name;
    struct tb_str value;
    struct tb_arena *arena;
};

static struct tb_str trimmed(struct tb_str text)
{
    tb_scan_blanks(&text);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static enum MHD_Result join_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *text)
{
    struct header *header = context;
    struct tb_str value = text != NULL ? trimmed(tb_str_of(text)) : TB_STR("");
    (void)kind;
    if (!tb_str_eq_nocase(tb_str_of(name), header->name))
        return MHD_YES;
    if (header->value.ptr == NULL) {
        header->value = value;
        return MHD_YES;
    }
    char *both =
        tb_arena_printf(header->arena, "%.*s, %.*s", TB_STR_ARG(header->value), TB_STR_ARG(value));
    header->value = both != NULL ? tb_str_of(both) : TB_STR("");
    return MHD_YES;
}

struct tb_str tb_request_header(const struct tb_request *request, const char *name)
{
    struct header header = {.name = tb_str_of(name), .arena = request->arena};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, join_header, &header);
    return header.value;
}

/* A target in absolute form names its server too, which says nothing to us (RFC 9112, 3.2.2). */
static struct tb_str without_authority(struct tb_str target)
{
    static const struct tb_str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < 2; i++) {
        size_t skip = schemes[i].len;
        if (target.len < skip || !tb_str_eq_nocase((struct tb_str){target.ptr, skip}, schemes[i]))
            continue;
        while (skip < target.len && target.ptr[skip] != '/' && target.ptr[skip] != '?')
            skip++;
        return (struct tb_str){target.ptr + skip, target.len - skip};
    }
    return target;
}

static void split_target(struct tb_request *request)
{
    struct tb_str target = without_authority(request->target);
    const char *mark = memchr(target.ptr, '?', target.len);
    size_t path_len = mark != NULL ? (size_t)(mark - target.ptr) : target.len;
    request->path = path_len > 0 ? (struct tb_str){target.ptr, path_len} : TB_STR("/");
    request->query =
        mark != NULL ? (struct tb_str){mark + 1, target.len - path_len - 1} : TB_STR("");
}

void *tb_request_begin(void *worker_pointer, const char *target, struct MHD_Connection *connection)
{
    struct tb_worker *worker = worker_pointer;
    struct tb_arena *arena = tb_arena_new(TB_LIMIT_REQUEST_ARENA_BYTES);
    struct tb_request *request = arena != NULL ? tb_arena_alloc(arena, sizeof(*request)) : NULL;
    if (request == NULL) {
        tb_arena_free(arena);
        return NULL;
    }
    request->worker = worker;
    request->connection = connection;
    request->arena = arena;
    request->started_us = tb_clock_monotonic_us();
    request->deadline.ms = request->started_us / 1000 + TB_LIMIT_DEADLINE_MS;
    request->target = tb_arena_str(arena, tb_str_of(target));
    request->id = TB_STR("-");
    tb_buf_init(&request->body, TB_LIMIT_BODY_BYTES);
    split_target(request);
    tb_connection_of(connection)->request = request;
    return request;
}

static void choose_trace(struct tb_request *request)
{
    struct tb_str given = tb_request_header(request, "traceparent");
    if (tb_header_is_traceparent(given))
        request->trace = tb_arena_copy(request->arena, given.ptr, given.len);
}

static void choose_id(struct tb_request *request)
{
    struct tb_str given = tb_request_header(request, "X-Request-Id");
    char id[TB_UUID_TEXT_BYTES];
    if (!tb_header_is_request_id(given)) {
        tb_uuid_v7(id);
        given = tb_str_of(id);
    }
    struct tb_str copy = tb_arena_str(request->arena, given);
    if (copy.ptr != NULL)
        request->id = copy;
}

/* Answered in the first call, which closes the connection. */
static bool refuse_framing(struct tb_request *request, const struct tb_head *head)
{
    const char *reason = tb_framing_fault(request, head);
    if (reason == NULL)
        return false;
    tb_respond_problem(request, TB_STR("message_refused"), json_pack("{s:s}", "reason", reason));
    return true;
}

/* A body that says itself to be much too large is not read at all, nor one whose client asks
 * first. Not to read closes the connection, at which a client that still sends may never see the
 * answer. */
static bool refuse_length(struct tb_request *request)
{
    struct tb_str header = tb_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    bool asks = tb_request_header(request, MHD_HTTP_HEADER_EXPECT).ptr != NULL;
    int64_t length;
    if (header.ptr == NULL || !tb_str_to_int64(header, &length) ||
        length <= (asks ? 1 : 2) * body_bytes_max(request))
        return false;
    tb_respond_problem(request, TB_STR("body_too_large"),
                       json_pack("{s:i}", "max_bytes", body_bytes_max(request)));
    return true;
}

/* ------------------------------------------------------------------ steps */

static bool choose_method(struct tb_request *request, enum tb_method *ret_method)
{
    const char *method = request->method;
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    struct tb_str override = tb_request_header(request, "X-HTTP-Method-Override");
    if (override.ptr != NULL && strcmp(method, "POST") == 0)
        return tb_method_parse(override, ret_method);
    return tb_method_parse(tb_str_of(method), ret_method);
}

static char *allowed_methods(struct tb_request *request)
{
    struct tb_buf list;
    tb_buf_init(&list, 128);
    for (int method = 0; method < TB_METHOD_COUNT; method++) {
        if (request->match.operations[method] == NULL)
            continue;
        tb_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "",
                      tb_method_name((enum tb_method)method));
        if (method == TB_GET)
            tb_buf_add_text(&list, ", HEAD");
    }
    tb_buf_add_text(&list, ", OPTIONS");
    char *text = tb_arena_copy(request->arena, list.data, list.len);
    tb_buf_fini(&list);
    return text;
}

/* Operations of the area `test` exist on demo and test databases only. */
static bool is_hidden(const struct tb_request *request)
{
    if (!request->worker->app->settings.is_production)
        return false;
    for (int method = 0; method < TB_METHOD_COUNT; method++) {
        const struct tb_operation *operation = request->match.operations[method];
        if (operation != NULL && strcmp(operation->area, "test") != 0)
            return false;
    }
    return true;
}

/* The operation whose body is a file is known from its head on. */
static bool brings_file(struct tb_request *request)
{
    const struct tb_contract *contract = request->worker->app->settings.contract;
    enum tb_method method;
    if (!tb_contract_route(contract, request->path, &request->match) ||
        !choose_method(request, &method) || request->match.operations[method] == NULL ||
        request->match.operations[method]->file_types == NULL)
        return false;
    request->operation = request->match.operations[method];
    return true;
}

/* False: it has answered. */
static bool route(struct tb_request *request)
{
    const struct tb_contract *contract = request->worker->app->settings.contract;
    enum tb_method method;
    if (!tb_contract_route(contract, request->path, &request->match) || is_hidden(request)) {
        tb_respond_problem(request, TB_STR("route_unknown"), NULL);
        return false;
    }
    if (strcmp(request->method, "OPTIONS") == 0) {
        tb_respond_options(request, allowed_methods(request));
        return false;
    }
    if (choose_method(request, &method))
        request->operation = request->match.operations[method];
    if (request->operation != NULL)
        return true;
    const char *allow = allowed_methods(request);
    request->allow = allow;
    tb_respond_problem(request, TB_STR("method_not_allowed"),
                       json_pack("{s:s}", "allow", allow != NULL ? allow : ""));
    return false;
}

void tb_request_wake(struct tb_request *request)
{
    if (request->suspended)
        request->waited_us += tb_clock_monotonic_us() - request->waits_since_us;
}

static void on_call_done(struct tb_call *call)
{
    tb_request_wake(call->context);
    tb_respond_call(call->context);
}

/* The district of a request without a token: the first six digits of a parameter, whose schema says
 * that they are there. */
static int named_district(const struct tb_call *call)
{
    struct tb_str text = call->parameters[call->operation->district_parameter];
    int district = 0;
    for (size_t i = 0; i < 6 && i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        district = district * 10 + (text.ptr[i] - '0');
    return district;
}

static void run(struct tb_request *request)
{
    struct tb_worker *worker = request->worker;
    struct tb_call *call = &request->call;
    call->operation = request->operation;
    call->arena = request->arena;
    call->actor = request->has_actor ? &request->actor : NULL;
    call->district_id = request->has_actor ? request->actor.district_id : 0;
    call->request_id = request->id;
    call->deadline = request->deadline;
    call->done = on_call_done;
    call->context = request;
    if (!tb_request_parse(request))
        return;
    if (request->operation->file_types != NULL) {
        tb_upload_run(request);
        return;
    }
    if (request->operation->handler != NULL) {
        tb_handler_find(request->operation->handler)(request);
        return;
    }
    if (!request->has_actor)
        call->district_id = named_district(call);
    tb_request_suspend(request);
    if (request->operation->lane == TB_LANE_WRITE)
        tb_write_submit(worker->app->writes, call, &worker->inbox);
    else
        tb_read_submit(&worker->lanes, call);
}

void tb_request_continue(struct tb_request *request)
{
    if (request->upload == TB_UPLOAD_ASKING)
        tb_upload_admit(request);
    else if (tb_request_authorize(request))
        run(request);
}

static void start(struct tb_request *request)
{
    request->worker->busy++;
    request->is_busy = true;
    request->deadline.ms = tb_clock_monotonic().ms + TB_LIMIT_DEADLINE_MS;
    tb_connection_enter(tb_connection_of(request->connection), TB_PHASE_RUNNING);
    if (request->upload == TB_UPLOAD_REFUSED) {
        tb_respond_problem(request, request->refusal_code, json_incref(request->refusal_args));
        return;
    }
    if (request->worker->closing)
        tb_respond_problem(request, TB_STR("database_unavailable"), NULL);
    else if (request->upload == TB_UPLOAD_TAKEN)
        run(request);
    else if (route(request) && tb_request_authenticate(request))
        tb_request_continue(request);
}

void tb_request_suspend(struct tb_request *request)
{
    request->waits_since_us = tb_clock_monotonic_us();
    if (request->suspended)
        return;
    request->suspended = true;
    request->heads_again = request->upload == TB_UPLOAD_ASKING;
    request->worker->suspended++;
    MHD_suspend_connection(request->connection);
}

/* ------------------------------------------------------------------ libmicrohttpd's callbacks */

/* A little beyond the limit is read so that the answer arrives; false beyond that. */
static bool take_body(struct tb_request *request, const char *data, size_t bytes)
{
    request->body_bytes += bytes;
    size_t max = (size_t)body_bytes_max(request);
    request->body_too_large = request->body_bytes > max;
    if (!request->body_too_large && request->upload != TB_UPLOAD_REFUSED)
        tb_buf_add(&request->body, data, bytes);
    return request->body_bytes <= 2 * max;
}

static enum MHD_Result begin_head(struct tb_request *request, const struct tb_head *head)
{
    request->head_seen = true;
    request->method = tb_arena_copy(request->arena, head->method, strlen(head->method));
    tb_connection_enter(tb_connection_of(request->connection), TB_PHASE_BODY);
    choose_id(request);
    choose_trace(request);
    request->language =
        tb_header_language(tb_request_header(request, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
    request->is_chunked = tb_request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING).ptr != NULL;
    if (request->method == NULL)
        return MHD_NO;
    if (refuse_framing(request, head)) {
        request->running = true;
        return MHD_YES;
    }
    bool is_file = brings_file(request);
    if (is_file) {
        request->upload = TB_UPLOAD_REFUSED; /* until its sender is known */
        tb_buf_init(&request->body, TB_LIMIT_SCAN_BYTES);
    }
    request->running = refuse_length(request);
    if (is_file && !request->running)
        tb_upload_begin(request);
    return MHD_YES;
}

enum MHD_Result tb_request_access(void *worker, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_bytes, void **context)
{
    struct tb_request *request = *context;
    (void)worker;
    if (request == NULL)
        return MHD_NO; /* no memory at its begin */
    if (!request->head_seen)
        return begin_head(request, &(struct tb_head){method, url, version});
    if (*upload_bytes > 0) {
        bool more = take_body(request, upload_data, *upload_bytes);
        *upload_bytes = 0;
        tb_connection_of(connection)->has_moved = true;
        return more ? MHD_YES : MHD_NO;
    }
    if (request->heads_again) {
        request->heads_again = false;
        return MHD_YES;
    }
    if (!request->running) {
        request->running = true;
        start(request);
    }
    return MHD_YES;
}

static void log_request(const struct tb_request *request)
{
    const struct tb_operation *operation = request->operation;
    char *id = tb_arena_copy(request->arena, request->id.ptr, request->id.len);
    tb_log(TB_LOG_INFO, "request", "srequest_id", id, "smethod", request->method, "soperation",
           operation != NULL ? operation->id : NULL, "istatus", (int64_t)request->status, "strace",
           request->trace, "dms", (double)(tb_clock_monotonic_us() - request->started_us) / 1000.0,
           NULL);
}

void tb_request_free(struct tb_request *request)
{
    struct tb_worker *worker = request->worker;
    log_request(request);
    TB_BUG_IF(request->suspended);
    if (request->answered)
        worker->sending--;
    tb_connection_of(request->connection)->request = NULL;
    tb_files_release(request);
    tb_call_fini(&request->call);
    tb_buf_fini(&request->body);
    tb_arena_free(request->arena);
}

void tb_request_end(void *worker, struct MHD_Connection *connection, void **context,
                    enum MHD_RequestTerminationCode code)
{
    (void)worker;
    (void)code;
    if (*context != NULL)
        tb_request_free(*context);
    *context = NULL;
    tb_connection_enter(tb_connection_of(connection), TB_PHASE_HEAD);
}
