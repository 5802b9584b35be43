/* Problems: RFC 9457 bodies from a code of openapi/problems/, in the caller's language. */
#include "http/request.h"

#include "timebank/json.h"
#include "timebank/limits.h"
#include "timebank/log.h"

#include <stdlib.h>

#define PROBLEM_MAX_BYTES (256 * 1024)

static void add_arg(struct tb_buf *out, const json_t *args, struct tb_str name)
{
    const json_t *value = json_object_getn(args, name.ptr, name.len);
    if (value == NULL) {
        tb_buf_add_char(out, '-');
        return;
    }
    if (json_is_string(value)) {
        tb_buf_add_str(out, tb_json_str(value));
        return;
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    tb_buf_add_text(out, text != NULL ? text : "");
    free(text);
}

/* "{name}" becomes the argument of that name. */
static void add_filled(struct tb_buf *out, struct tb_str text, const json_t *args)
{
    for (size_t i = 0; i < text.len; i++) {
        const char *close = text.ptr[i] == '{' ? memchr(text.ptr + i, '}', text.len - i) : NULL;
        if (close == NULL) {
            tb_buf_add_char(out, text.ptr[i]);
            continue;
        }
        size_t end = (size_t)(close - text.ptr);
        add_arg(out, args, (struct tb_str){text.ptr + i + 1, end - i - 1});
        i = end;
    }
}

/* Text that came with the request need not be UTF-8: bytes of what is not become "?". */
static void add_foreign(struct tb_buf *out, struct tb_str value)
{
    json_t *probe = json_stringn(value.ptr, value.len);
    if (probe != NULL) {
        tb_buf_add_json_string(out, value);
        json_decref(probe);
        return;
    }
    struct tb_buf clean;
    tb_buf_init(&clean, value.len);
    for (size_t i = 0; i < value.len; i++)
        tb_buf_add_char(&clean, (unsigned char)value.ptr[i] < 0x80 ? value.ptr[i] : '?');
    tb_buf_add_json_string(out, tb_buf_str(&clean));
    tb_buf_fini(&clean);
}

static void add_member(struct tb_buf *out, const char *name, struct tb_str value)
{
    tb_buf_printf(out, ",\"%s\":", name);
    add_foreign(out, value);
}

/* Only what the problem's texts speak of. */
static void add_args(struct tb_buf *out, const struct tb_problem_kind *kind, const json_t *args)
{
    json_t *shown = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)args, name, value)
    {
        if (tb_problem_kind_shows(kind, tb_str_of(name)))
            json_object_set(shown, name, value);
    }
    char *text = json_object_size(shown) > 0 ? json_dumps(shown, JSON_COMPACT) : NULL;
    if (text != NULL)
        tb_buf_printf(out, ",\"args\":%s", text);
    free(text);
    json_decref(shown);
}

/* Faults of parameters end a request before its body is read. */
static void add_errors(struct tb_buf *out, const struct tb_request *request)
{
    const struct tb_schema_errors *errors = &request->errors;
    bool in_body = request->call.body != NULL;
    tb_buf_add_text(out, ",\"errors\":[");
    for (size_t i = 0; i < errors->count; i++) {
        const struct tb_schema_error *error = &errors->items[i];
        struct tb_buf text;
        tb_buf_init(&text, 4096);
        if (in_body)
            tb_buf_add_char(&text, '#');
        tb_buf_add_str(&text, error->pointer);
        tb_buf_printf(out, "%s{\"%s\":", i > 0 ? "," : "", in_body ? "pointer" : "parameter");
        add_foreign(out, tb_buf_str(&text));
        tb_buf_fini(&text);
        add_member(out, "code", tb_str_of(tb_schema_code_name(error->code)));
        tb_buf_init(&text, 4096);
        tb_schema_error_describe(error, request->language, &text);
        add_member(out, "detail", tb_buf_str(&text));
        tb_buf_fini(&text);
        tb_buf_add_char(out, '}');
    }
    tb_buf_add_char(out, ']');
}

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

static void add_retry(struct tb_buf *out, unsigned seconds)
{
    tb_buf_printf(out, ",\"retryable\":%s,\"retry_after_s\":", seconds > 0 ? "true" : "false");
    if (seconds > 0)
        tb_buf_printf(out, "%u", seconds);
    else
        tb_buf_add_text(out, "null");
}

static void add_problem(struct tb_buf *out, const struct tb_request *request,
                        const struct tb_problem_kind *kind, const json_t *args)
{
    struct tb_buf detail;
    tb_buf_init(&detail, 4096);
    add_filled(&detail, kind->detail[request->language], args);
    tb_buf_printf(out, "{\"type\":\"/problems/%.*s\"", TB_STR_ARG(kind->code));
    add_member(out, "title", kind->title[request->language]);
    tb_buf_printf(out, ",\"status\":%d", kind->status);
    add_member(out, "detail", tb_buf_str(&detail));
    add_member(out, "instance", request->path);
    add_member(out, "code", kind->code);
    add_errors(out, request);
    add_args(out, kind, args);
    add_member(out, "request_id", request->id);
    add_retry(out, request->retry_after_s);
    tb_buf_add_char(out, '}');
    tb_buf_fini(&detail);
}

void tb_respond_problem(struct tb_request *request, struct tb_str code, json_t *args)
{
    const struct tb_contract *contract = request->worker->app->settings.contract;
    const struct tb_problem_kind *kind = tb_contract_problem(contract, code);
    if (kind == NULL) {
        char *unknown = tb_arena_copy(request->arena, code.ptr, code.len);
        tb_log(TB_LOG_ERROR, "problem_unknown", "scode", unknown, "soperation",
               request->operation != NULL ? request->operation->id : NULL, NULL);
        kind = tb_contract_problem(contract, TB_STR("internal_error"));
        TB_BUG_IF(kind == NULL);
    }
    struct tb_buf body;
    tb_buf_init(&body, PROBLEM_MAX_BYTES);
    request->retry_after_s = retry_after_s(request, kind, args);
    add_problem(&body, request, kind, args);
    json_decref(args);
    tb_respond_json(request, kind->status, "application/problem+json", &body);
}
