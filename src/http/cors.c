/*
 * Cross-origin requests: pages of the origins that the administrator lists may call the API from a
 * browser. On every answer, errors too: a page that may not read an error cannot show it.
 * No cookies are used, so credentials are never allowed.
 * Source: the Fetch standard, 3.2 (CORS protocol).
 */
#include "http/request.h"

#define EXPOSED                                                                                    \
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, "        \
    "Preference-Applied, X-Request-Id, Server-Timing, Content-Disposition"
#define REQUEST_HEADERS                                                                            \
    "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match, If-None-Match, "     \
    "Prefer, X-HTTP-Method-Override, X-Request-Id, traceparent"
#define MAX_AGE_S "7200"

/* The value of Access-Control-Allow-Origin for this request, or NULL. */
static const char *allowed_origin(const struct tb_request *request)
{
    const struct tb_serve_settings *settings = &request->worker->app->settings;
    struct tb_str origin = tb_request_header(request, MHD_HTTP_HEADER_ORIGIN);
    for (size_t i = 0; origin.ptr != NULL && i < settings->cors_origins_count; i++) {
        if (strcmp(settings->cors_origins[i], "*") == 0)
            return "*";
        if (tb_str_is(origin, settings->cors_origins[i]))
            return settings->cors_origins[i];
    }
    return NULL;
}

void tb_cors_add(struct tb_request *request, struct MHD_Response *response)
{
    const char *origin = allowed_origin(request);
    if (origin == NULL)
        return;
    tb_headers_add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    tb_headers_add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

void tb_cors_add_preflight(struct tb_request *request, struct MHD_Response *response,
                           const char *methods)
{
    bool asked =
        tb_request_header(request, MHD_HTTP_HEADER_ACCESS_CONTROL_REQUEST_METHOD).ptr != NULL;
    if (!asked || allowed_origin(request) == NULL)
        return;
    tb_headers_add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS, methods);
    tb_headers_add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    tb_headers_add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
}
