#include "message/problem.h"

#include "timebank/json.h"
#include "timebank/limits.h"

#include <stdlib.h>

#define DETAIL_BYTES_MAX 4096

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

/* A fault that the operation itself found: a place in the body and the code of a problem. */
static void add_fault(struct tb_buf *out, const struct tb_problem *problem, const json_t *fault)
{
    const struct tb_problem_kind *kind =
        tb_contract_problem(problem->contract, tb_json_str(json_object_get(fault, "code")));
    if (kind == NULL)
        return;
    struct tb_buf text;
    tb_buf_init(&text, TB_LIMIT_TARGET_BYTES);
    tb_buf_add_char(&text, '#');
    tb_buf_add_str(&text, tb_json_str(json_object_get(fault, "pointer")));
    tb_buf_add_text(out, out->data[out->len - 1] == '[' ? "{\"pointer\":" : ",{\"pointer\":");
    add_foreign(out, tb_buf_str(&text));
    tb_buf_fini(&text);
    add_member(out, "code", kind->code);
    tb_buf_init(&text, DETAIL_BYTES_MAX);
    add_filled(&text, kind->detail[problem->language], json_object_get(fault, "args"));
    add_member(out, "detail", tb_buf_str(&text));
    tb_buf_fini(&text);
    tb_buf_add_char(out, '}');
}

static void add_errors(struct tb_buf *out, const struct tb_problem *problem)
{
    const struct tb_schema_errors *errors = problem->errors;
    bool in_body = problem->errors_in_body;
    tb_buf_add_text(out, ",\"errors\":[");
    for (size_t i = 0; i < errors->count; i++) {
        const struct tb_schema_error *error = &errors->items[i];
        struct tb_buf text;
        tb_buf_init(&text, TB_LIMIT_TARGET_BYTES);
        if (in_body)
            tb_buf_add_char(&text, '#');
        tb_buf_add_str(&text, error->pointer);
        tb_buf_printf(out, "%s{\"%s\":", i > 0 ? "," : "", in_body ? "pointer" : "parameter");
        add_foreign(out, tb_buf_str(&text));
        tb_buf_fini(&text);
        add_member(out, "code", tb_str_of(tb_schema_code_name(error->code)));
        tb_buf_init(&text, DETAIL_BYTES_MAX);
        tb_schema_error_describe(error, problem->language, &text);
        add_member(out, "detail", tb_buf_str(&text));
        tb_buf_fini(&text);
        tb_buf_add_char(out, '}');
    }
    size_t place;
    json_t *fault;
    json_array_foreach(problem->contract != NULL ? json_object_get(problem->args, "errors") : NULL,
                       place, fault)
    {
        add_fault(out, problem, fault);
    }
    tb_buf_add_char(out, ']');
}

static void add_retry(struct tb_buf *out, unsigned seconds)
{
    tb_buf_printf(out, ",\"retryable\":%s,\"retry_after_s\":", seconds > 0 ? "true" : "false");
    if (seconds > 0)
        tb_buf_printf(out, "%u", seconds);
    else
        tb_buf_add_text(out, "null");
}

void tb_problem_write(const struct tb_problem *problem, struct tb_buf *out)
{
    const struct tb_problem_kind *kind = problem->kind;
    struct tb_buf detail;
    tb_buf_init(&detail, DETAIL_BYTES_MAX);
    add_filled(&detail, kind->detail[problem->language], problem->args);
    tb_buf_printf(out, "{\"type\":\"/problems/%.*s\"", TB_STR_ARG(kind->code));
    add_member(out, "title", kind->title[problem->language]);
    tb_buf_printf(out, ",\"status\":%d", kind->status);
    add_member(out, "detail", tb_buf_str(&detail));
    add_member(out, "instance", problem->path);
    add_member(out, "code", kind->code);
    add_errors(out, problem);
    add_args(out, kind, problem->args);
    add_member(out, "request_id", problem->request_id);
    add_retry(out, problem->retry_after_s);
    tb_buf_add_char(out, '}');
    tb_buf_fini(&detail);
}
