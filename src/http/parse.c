/* From a request's texts to a call: path, query, headers, body. All errors of one kind at once. */
#include "http/request.h"

#include "timebank/json.h"
#include "timebank/limits.h"

/* A limit as text. */
#define TB_TEXT_OF(value) #value
#define TB_TEXT(value) TB_TEXT_OF(value)

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A bad escape stays as it is: the schema's check then refuses the value. */
struct tb_str tb_percent_decode(struct tb_str text, bool plus_is_space, struct tb_arena *arena)
{
    char *out = tb_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (out == NULL)
        return TB_STR_NULL;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int high = c == '%' && i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text.ptr[i + 2]) : -1;
        if (low >= 0) {
            out[len++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[len++] = c == '+' && plus_is_space ? ' ' : c;
        }
    }
    return (struct tb_str){out, len};
}

static void add_error(struct tb_request *request, struct tb_str parameter, enum tb_schema_code code,
                      const char *expected)
{
    struct tb_schema_errors *errors = &request->errors;
    if (errors->count == TB_SCHEMA_ERRORS_MAX) {
        errors->truncated = true;
        return;
    }
    errors->items[errors->count++] = (struct tb_schema_error){
        .pointer = parameter, .code = code, .expected = tb_str_of(expected)};
}

/* ------------------------------------------------------------------ parameters */

static void take_parameter(struct tb_request *request, size_t index, struct tb_str value)
{
    const struct tb_parameter *parameter = &request->operation->parameters[index];
    request->call.parameters[index] = value;
    tb_schema_validate_text(parameter->schema, value, parameter->name, request->arena,
                            &request->errors, NULL);
}

static bool parse_limit(struct tb_request *request, struct tb_str value)
{
    int64_t limit;
    if (!tb_str_to_int64(value, &limit) || limit < 1 || limit > TB_LIMIT_PAGE_MAX)
        return false;
    request->call.limit = limit;
    return true;
}

static bool parse_sort(struct tb_request *request, struct tb_str value)
{
    for (size_t i = 0; i < request->operation->sorts_count; i++) {
        if (tb_str_eq(request->operation->sorts[i].name, value)) {
            request->call.sort = i;
            return true;
        }
    }
    return false;
}

enum list_parameter { LIST_LIMIT, LIST_SORT, LIST_COUNT, LIST_CURSOR, LIST_PARAMETERS };

static const char *const list_parameter_names[LIST_PARAMETERS] = {"limit", "sort", "count",
                                                                  "cursor"};

/* What was said of the list itself. The cursor waits until the sort is known. */
struct list_query {
    struct tb_str values[LIST_PARAMETERS];
};

static bool parse_count(struct tb_request *request, struct tb_str value)
{
    request->call.count = tb_str_is(value, "true");
    return request->call.count || tb_str_is(value, "false");
}

static char *sort_names(const struct tb_request *request)
{
    struct tb_buf names;
    tb_buf_init(&names, 1024);
    for (size_t i = 0; i < request->operation->sorts_count; i++)
        tb_buf_printf(&names, "%s%.*s", i > 0 ? ", " : "",
                      TB_STR_ARG(request->operation->sorts[i].name));
    char *text = tb_arena_copy(request->arena, names.data, names.len);
    tb_buf_fini(&names);
    return text;
}

static void parse_list_parameter(struct tb_request *request, enum list_parameter which,
                                 struct tb_str value)
{
    struct tb_str name = tb_str_of(list_parameter_names[which]);
    if (which == LIST_LIMIT && !parse_limit(request, value))
        add_error(request, name, TB_SCHEMA_MAXIMUM, TB_TEXT(TB_LIMIT_PAGE_MAX));
    else if (which == LIST_SORT && !parse_sort(request, value))
        add_error(request, name, TB_SCHEMA_ENUM, sort_names(request));
    else if (which == LIST_COUNT && !parse_count(request, value))
        add_error(request, name, TB_SCHEMA_ENUM, "true, false");
}

/* limit, sort, count and cursor: every list has them, each once. */
static bool take_list_parameter(struct tb_request *request, struct tb_str name, struct tb_str value,
                                struct list_query *list)
{
    for (int which = 0; request->operation->is_list && which < LIST_PARAMETERS; which++) {
        if (!tb_str_is(name, list_parameter_names[which]))
            continue;
        if (list->values[which].ptr != NULL)
            add_error(request, name, TB_SCHEMA_UNIQUE_ITEMS, NULL);
        else
            parse_list_parameter(request, (enum list_parameter)which, value);
        list->values[which] = value;
        return true;
    }
    return false;
}

static void take_query(struct tb_request *request, struct tb_str name, struct tb_str value,
                       struct list_query *list)
{
    const struct tb_operation *operation = request->operation;
    for (size_t i = 0; i < operation->parameters_count; i++) {
        const struct tb_parameter *parameter = &operation->parameters[i];
        if (parameter->in_path || !tb_str_eq(parameter->name, name))
            continue;
        if (request->call.parameters[i].ptr != NULL)
            add_error(request, name, TB_SCHEMA_UNIQUE_ITEMS, NULL);
        else
            take_parameter(request, i, value);
        return;
    }
    if (!take_list_parameter(request, name, value, list))
        add_error(request, name, TB_SCHEMA_UNKNOWN_FIELD, NULL);
}

static void parse_query(struct tb_request *request, struct list_query *list)
{
    struct tb_str rest = request->query;
    for (unsigned i = 0; rest.len > 0 && i < TB_LIMIT_QUERY_PARAMETERS; i++) {
        const char *end = memchr(rest.ptr, '&', rest.len);
        struct tb_str pair = {rest.ptr, end != NULL ? (size_t)(end - rest.ptr) : rest.len};
        size_t skip = pair.len < rest.len ? pair.len + 1 : pair.len;
        rest = (struct tb_str){rest.ptr + skip, rest.len - skip};
        const char *equals = memchr(pair.ptr, '=', pair.len);
        size_t name_len = equals != NULL ? (size_t)(equals - pair.ptr) : pair.len;
        struct tb_str value =
            equals != NULL ? (struct tb_str){equals + 1, pair.len - name_len - 1} : TB_STR("");
        if (pair.len == 0)
            continue;
        take_query(request,
                   tb_percent_decode((struct tb_str){pair.ptr, name_len}, true, request->arena),
                   tb_percent_decode(value, true, request->arena), list);
    }
    if (rest.len > 0)
        add_error(request, TB_STR("query"), TB_SCHEMA_MAX_PROPERTIES,
                  TB_TEXT(TB_LIMIT_QUERY_PARAMETERS));
}

static bool parse_parameters(struct tb_request *request)
{
    const struct tb_operation *operation = request->operation;
    struct tb_call *call = &request->call;
    struct list_query list = {0};
    call->parameters =
        tb_arena_alloc(request->arena, (operation->parameters_count + 1) * sizeof(struct tb_str));
    if (call->parameters == NULL) {
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
        return false;
    }
    for (size_t i = 0; i < request->match.values_count; i++)
        take_parameter(request, i,
                       tb_percent_decode(request->match.values[i], false, request->arena));
    parse_query(request, &list);
    for (size_t i = request->match.values_count; i < operation->parameters_count; i++)
        if (operation->parameters[i].required && call->parameters[i].ptr == NULL)
            add_error(request, operation->parameters[i].name, TB_SCHEMA_REQUIRED, NULL);
    if (request->errors.count > 0) {
        tb_respond_problem(request, TB_STR("parameter_invalid"), NULL);
        return false;
    }
    struct tb_str cursor = list.values[LIST_CURSOR];
    if (cursor.ptr != NULL && tb_cursor_parse(call, cursor) != TB_OK) {
        tb_respond_problem(request, TB_STR("cursor_invalid"), NULL);
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ headers */

static struct tb_str unquote(struct tb_str text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return (struct tb_str){text.ptr + 1, text.len - 2};
    return text;
}

static bool parse_key(struct tb_request *request)
{
    struct tb_str header = tb_request_header(request, "Idempotency-Key");
    const struct tb_operation *operation = request->operation;
    if (operation->lane != TB_LANE_WRITE)
        return true;
    if (header.ptr == NULL) {
        if (operation->key_required)
            tb_respond_problem(request, TB_STR("idempotency_key_missing"), NULL);
        return !operation->key_required;
    }
    struct tb_str key = unquote(header);
    bool good = key.len >= 1 && key.len <= TB_LIMIT_IDEMPOTENCY_KEY_BYTES;
    for (size_t i = 0; i < key.len; i++)
        good = good && key.ptr[i] > ' ' && key.ptr[i] < 0x7f;
    if (!good)
        tb_respond_problem(request, TB_STR("idempotency_key_invalid"), NULL);
    request->call.key = tb_arena_str(request->arena, key);
    return good;
}

static bool parse_if_match(struct tb_request *request)
{
    struct tb_str header = tb_request_header(request, MHD_HTTP_HEADER_IF_MATCH);
    request->call.if_match = -1;
    if (header.ptr == NULL) {
        if (request->operation->if_match_required)
            tb_respond_problem(request, TB_STR("if_match_missing"), NULL);
        return !request->operation->if_match_required;
    }
    struct tb_str tag = unquote(header);
    if (tag.len > 1 && tag.ptr[0] == 'v')
        tag = (struct tb_str){tag.ptr + 1, tag.len - 1};
    const char *hash = memchr(tag.ptr, '.', tag.len); /* only the version part counts */
    if (hash != NULL)
        tag.len = (size_t)(hash - tag.ptr);
    bool good = tb_str_to_int64(tag, &request->call.if_match) && request->call.if_match >= 0;
    if (!good)
        tb_respond_problem(request, TB_STR("if_match_invalid"), NULL);
    return good;
}

/* RFC 7240: a write may be answered without its body, where that holds nothing to be seen once. */
static void parse_prefer(struct tb_request *request)
{
    struct tb_str rest = tb_request_header(request, MHD_HTTP_HEADER_PREFER);
    const struct tb_operation *operation = request->operation;
    if (operation->lane != TB_LANE_WRITE || operation->generate == TB_GENERATE_TOKEN)
        return;
    while (rest.len > 0) {
        size_t len = strcspn(rest.ptr, ",;");
        struct tb_str preference = tb_str_trim((struct tb_str){rest.ptr, len});
        if (tb_str_eq_nocase(preference, TB_STR("return=minimal")))
            request->prefers_minimal = true;
        len += len < rest.len ? 1 : 0;
        rest = (struct tb_str){rest.ptr + len, rest.len - len};
    }
}

/* ------------------------------------------------------------------ body */

static bool is_json_type(struct tb_str type)
{
    const char *semicolon = memchr(type.ptr, ';', type.len);
    if (semicolon != NULL)
        type.len = (size_t)(semicolon - type.ptr);
    while (type.len > 0 && type.ptr[type.len - 1] == ' ')
        type.len--;
    return tb_str_eq_nocase(type, TB_STR("application/json")) ||
           tb_str_eq_nocase(type, TB_STR("application/merge-patch+json"));
}

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
    if (type.ptr == NULL || !is_json_type(type)) {
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
static bool make_fingerprint(struct tb_request *request)
{
    struct tb_buf canonical;
    tb_buf_init(&canonical, 2 * TB_LIMIT_BODY_BYTES);
    tb_buf_printf(&canonical, "%s\n%.*s\n%lld\n", tb_method_name(request->operation->method),
                  TB_STR_ARG(request->target), (long long)request->call.if_match);
    if (request->call.body != NULL)
        tb_json_canonical(request->call.body, &canonical);
    if (!canonical.overflow)
        request->call.fingerprint =
            tb_seal_lookup(request->worker->app->settings.seal, TB_STR("fingerprint"), TB_STR(""),
                           tb_buf_str(&canonical), request->arena);
    tb_buf_fini(&canonical);
    if (request->call.fingerprint.ptr == NULL)
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
    return request->call.fingerprint.ptr != NULL;
}

bool tb_request_parse(struct tb_request *request)
{
    request->call.limit = TB_LIMIT_PAGE_DEFAULT;
    parse_prefer(request);
    return parse_parameters(request) && parse_key(request) && parse_if_match(request) &&
           parse_body(request) && (request->call.key.ptr == NULL || make_fingerprint(request));
}
