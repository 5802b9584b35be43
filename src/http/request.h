/*
 * A request: one HTTP message from its first byte to its answer, run as named steps.
 *
 *   head → body → route → who → parse → run → answer
 *
 * It lives in its arena; libmicrohttpd's completion callback ends it. While a step waits for the
 * database the connection is suspended; libmicrohttpd then neither times out nor notices a client
 * that left, so the deadline is ours.
 */
#ifndef TB_HTTP_REQUEST_H
#define TB_HTTP_REQUEST_H

#include "http/connection.h"

#include "timebank/buf.h"

/* A body that is a file (files.c): may it come? */
enum tb_upload { TB_UPLOAD_NONE, TB_UPLOAD_ASKING, TB_UPLOAD_TAKEN, TB_UPLOAD_REFUSED };

struct tb_request {
    struct tb_worker *worker;
    struct MHD_Connection *connection;
    struct tb_arena *arena;
    int64_t started_us;
    struct tb_msec deadline;

    struct tb_str target; /* as it came: path and query, not decoded */
    struct tb_str path;
    struct tb_str query;
    const char *method;
    enum tb_language language;
    struct tb_str id;
    const char *trace; /* traceparent; NULL: none */

    struct tb_buf body;
    size_t body_bytes; /* received, kept or not */
    bool body_too_large;
    enum tb_upload upload;
    struct tb_str refusal_code; /* of a file refused, told when its body has gone by */
    json_t *refusal_args;
    bool heads_again; /* libmicrohttpd tells of the head anew once the connection is resumed */
    bool has_room;    /* counted in the app's scans_coming */
    bool is_going;    /* counted in the app's scans_going */
    const char *file_type;
    const char *file_name; /* Content-Disposition of a file that is the answer */
    bool is_chunked;       /* the connection ends with its answer */
    bool head_seen;
    bool running;
    bool suspended;
    bool is_busy;  /* counted in the worker's busy */
    bool answered; /* counted in the worker's sending */

    const struct tb_operation *operation;
    struct tb_match match;
    struct tb_actor actor;
    bool has_actor;
    struct tb_call call;
    struct tb_schema_errors errors;
    bool prefers_minimal;      /* Prefer: return=minimal, where it can be honoured */
    struct tb_rate_state rate; /* of the token; is_rated: it was counted */
    bool is_rated;
    int64_t waits_since_us;
    int64_t waited_us;        /* for the database, in sum */
    const char *allow;        /* of a 405 */
    const char *accept;       /* of a 415 */
    const char *scope_wanted; /* of a 403 for want of a token's scope */
    const char *etag;         /* of a success */
    unsigned retry_after_s;   /* of the problem being answered; 0: it is not retryable */
    int status;               /* answered with */
};

/* request.c: libmicrohttpd's callbacks. */
void *tb_request_begin(void *worker, const char *target, struct MHD_Connection *connection);
enum MHD_Result tb_request_access(void *worker, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_bytes, void **context);
void tb_request_end(void *worker, struct MHD_Connection *connection, void **context,
                    enum MHD_RequestTerminationCode code);
/* libmicrohttpd forgets a request that it refuses while reading its target; what is left of it ends
 * with its connection. */
void tb_request_free(struct tb_request *request);

/* framing.c: why two servers in a row might not agree where this request ends; NULL if they must.
 */
struct tb_head {
    const char *method; /* libmicrohttpd's own texts, where it cut the head into them */
    const char *target; /* without its query */
    const char *version;
};
const char *tb_framing_fault(const struct tb_request *request, const struct tb_head *head);
/* False: with this libmicrohttpd the ends of lines are not looked at. */
bool tb_framing_is_complete(void);

/* A header's value without the blanks around it; the values of one that was given several times are
 * joined by commas (RFC 9110, 5.3). ptr NULL when absent. */
struct tb_str tb_request_header(const struct tb_request *request, const char *name);

/* parse.c: fills request->call from path, query, headers and body; false: it has answered. */
bool tb_request_parse(struct tb_request *request);
/* The same for a request that has its idempotency key and all that this stands for. */
bool tb_request_fingerprint(struct tb_request *request);
/* parameters.c: its part of that. */
bool tb_request_parse_parameters(struct tb_request *request);

/* authenticate.c: true: request->actor is known (or not needed); false: it has answered, or the
 * database is being asked and tb_request_continue will be called. */
bool tb_request_authenticate(struct tb_request *request);

/* authenticate.c: may the actor do this? False: it has answered. */
bool tb_request_authorize(struct tb_request *request);

/* request.c: the steps after authentication. */
void tb_request_continue(struct tb_request *request);

/* files.c: after the head; when the caller is known; in place of a problem meanwhile; after the
 * body; a file that the call's row names; and at the end of the request. */
void tb_upload_begin(struct tb_request *request);
void tb_upload_admit(struct tb_request *request);
void tb_upload_refuse(struct tb_request *request, struct tb_str code, json_t *args);
void tb_upload_run(struct tb_request *request);
void tb_file_send(struct tb_request *request);
void tb_files_release(struct tb_request *request);

/* Hands the connection over to a database step; and the step has ended. */
void tb_request_suspend(struct tb_request *request);
void tb_request_wake(struct tb_request *request);

/* headers.c: those of every answer, and those of a success. */
void tb_headers_add_common(struct tb_request *request, struct MHD_Response *response,
                           const char *content_type);
void tb_headers_add_call(struct tb_request *request, struct MHD_Response *response);
void tb_headers_add(struct MHD_Response *response, const char *name, const char *value);

/* cors.c: the headers by which a browser lets a page of another origin read the answer. */
void tb_cors_add(struct tb_request *request, struct MHD_Response *response);
void tb_cors_add_preflight(struct tb_request *request, struct MHD_Response *response,
                           const char *methods);

/* response.c */
void tb_respond_json(struct tb_request *request, int status, const char *content_type,
                     struct tb_buf *body);
/* A success with its tag (version -1: it has none), unless the client has it already or wants no
 * body. Takes the bytes of body. */
void tb_respond_success(struct tb_request *request, int64_t version, const char *content_type,
                        struct tb_buf *body);
void tb_respond_call(struct tb_request *request);
/* Takes fd. */
void tb_respond_file(struct tb_request *request, int fd, uint64_t bytes);
/* Does the client say that it has the answer with request->etag? */
bool tb_request_is_known(const struct tb_request *request);
void tb_respond_options(struct tb_request *request, const char *allow);

/* problem.c: answers with a problem; args may be NULL and is released. */
void tb_respond_problem(struct tb_request *request, struct tb_str code, json_t *args);

/* handlers.c: NULL when there is no handler of that name. */
typedef void tb_handler(struct tb_request *request);
tb_handler *tb_handler_find(const char *name);

#endif
