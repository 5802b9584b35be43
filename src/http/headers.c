/* The headers of an answer. What matters among them stands in the body too: not every client sees
 * headers. */
#include "http/request.h"

#include "message/query.h"

#include "timebank/limits.h"

void tb_headers_add(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL)
        (void)MHD_add_response_header(response, name, value);
}

/* RFC 6750, 3: what is asked for, and what was wrong with what came. Basic comes first, because a
 * spreadsheet looks at one challenge only. */
static void add_challenge(struct tb_request *request, struct MHD_Response *response)
{
    bool presented = tb_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION).ptr != NULL;
    if (request->operation != NULL && request->operation->accepts_basic)
        tb_headers_add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                       "Basic realm=\"timebank\", charset=\"UTF-8\"");
    tb_headers_add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                   presented ? "Bearer realm=\"timebank\", error=\"invalid_token\""
                             : "Bearer realm=\"timebank\"");
}

/* RFC 6750, 3.1: the token is good, and may not do this. */
static void add_scope_wanted(struct tb_request *request, struct MHD_Response *response)
{
    if (request->scope_wanted != NULL)
        tb_headers_add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                       tb_arena_printf(request->arena,
                                       "Bearer realm=\"timebank\", error=\"insufficient_scope\", "
                                       "scope=\"%s\"",
                                       request->scope_wanted));
}

/* The problem's retry_after_s as a header. */
static void add_retry_after(struct tb_request *request, struct MHD_Response *response)
{
    if (request->retry_after_s > 0)
        tb_headers_add(response, MHD_HTTP_HEADER_RETRY_AFTER,
                       tb_arena_printf(request->arena, "%u", request->retry_after_s));
}

static void add_rate(struct tb_request *request, struct MHD_Response *response)
{
    const struct tb_rate_state *rate = &request->rate;
    if (!request->is_rated)
        return;
    tb_headers_add(
        response, "RateLimit",
        tb_arena_printf(request->arena, "\"default\";r=%u;t=%u", rate->remaining, rate->reset_s));
    tb_headers_add(response, "RateLimit-Policy", request->worker->app->rate_policy_field);
}

/* How long the request waited for the database and how long it took in all (W3C Server Timing). */
static void add_timing(struct tb_request *request, struct MHD_Response *response)
{
    unsigned long total = (unsigned long)(tb_clock_monotonic_us() - request->started_us);
    unsigned long waited = (unsigned long)request->waited_us;
    tb_headers_add(response, "Server-Timing",
                   tb_arena_printf(request->arena, "db;dur=%lu.%03lu, total;dur=%lu.%03lu",
                                   waited / 1000, waited % 1000, total / 1000, total % 1000));
}

/* Texts are in the caller's language: in a problem always, elsewhere where there are any. */
static void add_language(struct tb_request *request, struct MHD_Response *response)
{
    bool by_origin = request->worker->app->settings.cors_origins_count > 0;
    if (request->status >= 400)
        tb_headers_add(response, MHD_HTTP_HEADER_CONTENT_LANGUAGE,
                       tb_language_tag(request->language));
    tb_headers_add(response, MHD_HTTP_HEADER_VARY,
                   by_origin ? "Accept-Language, Origin" : "Accept-Language");
}

/* Personal data is never stored on the way; what is public and the same for all may be. */
static void add_caching(struct tb_request *request, struct MHD_Response *response)
{
    const struct tb_operation *operation = request->operation;
    bool good = request->status < 400 && operation != NULL && operation->cache_s > 0;
    tb_headers_add(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                   good ? tb_arena_printf(request->arena, "public, max-age=%u", operation->cache_s)
                        : "no-store");
    if (request->status < 400)
        tb_headers_add(response, MHD_HTTP_HEADER_ETAG, request->etag);
}

/* Pages carry their own style and show images of this server; nothing runs in them. */
#define TB_HTML_POLICY                                                                             \
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'"

void tb_headers_add_common(struct tb_request *request, struct MHD_Response *response,
                           const char *content_type)
{
    tb_headers_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    tb_headers_add(response, "X-Content-Type-Options", "nosniff");
    if (content_type != NULL && strncmp(content_type, "text/html", 9) == 0)
        tb_headers_add(response, "Content-Security-Policy", TB_HTML_POLICY);
    tb_headers_add(response, "X-Request-Id",
                   tb_arena_copy(request->arena, request->id.ptr, request->id.len));
    add_caching(request, response);
    tb_headers_add(response, MHD_HTTP_HEADER_ALLOW, request->allow);
    tb_headers_add(response, MHD_HTTP_HEADER_ACCEPT, request->accept);
    if (request->status == MHD_HTTP_UNAUTHORIZED)
        add_challenge(request, response);
    add_scope_wanted(request, response);
    if (request->status >= 400)
        add_retry_after(request, response);
    add_rate(request, response);
    add_timing(request, response);
    add_language(request, response);
    tb_cors_add(request, response);
    /* Where chunks end, servers disagree: nothing behind them is taken for another request. */
    if (request->worker->draining || request->is_chunked)
        tb_headers_add(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* ------------------------------------------------------------------ of a success */

/* The same list behind the cursor: the query as it came, with another cursor. */
static char *next_link(const struct tb_request *request, struct tb_str cursor)
{
    struct tb_buf link;
    tb_buf_init(&link, 3 * TB_LIMIT_TARGET_BYTES + TB_LIMIT_CURSOR_BYTES + 64);
    tb_buf_printf(&link, "<%.*s?", TB_STR_ARG(request->path));
    tb_query_with_cursor(request->query, cursor, request->arena, &link);
    tb_buf_add_text(&link, ">; rel=\"next\"");
    char *text = link.overflow ? NULL : tb_arena_copy(request->arena, link.data, link.len);
    tb_buf_fini(&link);
    return text;
}

void tb_headers_add_call(struct tb_request *request, struct MHD_Response *response)
{
    const struct tb_call *call = &request->call;
    if (call->replayed)
        tb_headers_add(response, "Idempotent-Replayed", "true");
    if (request->status != MHD_HTTP_NOT_MODIFIED &&
        (request->status < 200 || request->status > 299))
        return;
    if (request->prefers_minimal)
        tb_headers_add(response, MHD_HTTP_HEADER_PREFERENCE_APPLIED, "return=minimal");
    if (request->status == MHD_HTTP_CREATED || request->status == MHD_HTTP_ACCEPTED) {
        struct tb_str subject = tb_answer_subject(call);
        tb_headers_add(response, MHD_HTTP_HEADER_LOCATION,
                       tb_arena_printf(request->arena, "%.*s/%.*s", TB_STR_ARG(request->path),
                                       TB_STR_ARG(subject)));
    }
    if (call->operation->is_list) {
        struct tb_str cursor = tb_answer_next_cursor(call);
        if (cursor.ptr != NULL)
            tb_headers_add(response, MHD_HTTP_HEADER_LINK, next_link(request, cursor));
    }
}
