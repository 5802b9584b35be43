/* Path and query: their texts against the operation's parameters, and those of every list. */
#include "http/request.h"

#include "message/query.h"
#include "timebank/limits.h"

/* A limit as text. */
#define TB_TEXT_OF(value) #value
#define TB_TEXT(value) TB_TEXT_OF(value)

static void add_error(struct tb_request *request, struct tb_str parameter, enum tb_schema_code code,
                      const char *expected)
{
    struct tb_schema_errors *errors = &request->errors;
    if (parameter.len > TB_SCHEMA_POINTER_BYTES_MAX)
        parameter = TB_STR("query"); /* a made-up name is not given back at any length */
    if (errors->count == TB_SCHEMA_ERRORS_MAX) {
        errors->truncated = true;
        return;
    }
    errors->items[errors->count++] = (struct tb_schema_error){
        .pointer = parameter, .code = code, .expected = tb_str_of(expected)};
}

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

/* A text that is not well encoded is a fault of the parameter that it belongs to. */
static bool decode(struct tb_request *request, struct tb_str parameter, struct tb_str text,
                   enum tb_plus plus, struct tb_str *ret_decoded)
{
    if (tb_percent_decode(text, plus, request->arena, ret_decoded) == TB_OK)
        return true;
    add_error(request, parameter, TB_SCHEMA_FORMAT, "percent-encoding");
    return false;
}

static void parse_path(struct tb_request *request)
{
    struct tb_str value;
    for (size_t i = 0; i < request->match.values_count; i++)
        if (decode(request, request->operation->parameters[i].name, request->match.values[i],
                   TB_PLUS_IS_PLUS, &value))
            take_parameter(request, i, value);
}

static void parse_query(struct tb_request *request, struct list_query *list)
{
    struct tb_str rest = request->query;
    struct tb_query_pair pair;
    for (unsigned i = 0; tb_query_next(&rest, &pair); i++) {
        struct tb_str name;
        struct tb_str value;
        if (i == TB_LIMIT_QUERY_PARAMETERS) {
            add_error(request, TB_STR("query"), TB_SCHEMA_MAX_PROPERTIES,
                      TB_TEXT(TB_LIMIT_QUERY_PARAMETERS));
            return;
        }
        if (decode(request, pair.name, pair.name, TB_PLUS_IS_BLANK, &name) &&
            decode(request, name, pair.value, TB_PLUS_IS_BLANK, &value))
            take_query(request, name, value, list);
    }
}

static bool is_faulty(const struct tb_request *request, struct tb_str parameter)
{
    for (size_t i = 0; i < request->errors.count; i++)
        if (tb_str_eq(request->errors.items[i].pointer, parameter))
            return true;
    return false;
}

static void demand_required(struct tb_request *request)
{
    const struct tb_operation *operation = request->operation;
    for (size_t i = request->match.values_count; i < operation->parameters_count; i++) {
        const struct tb_parameter *parameter = &operation->parameters[i];
        if (parameter->required && request->call.parameters[i].ptr == NULL &&
            !is_faulty(request, parameter->name))
            add_error(request, parameter->name, TB_SCHEMA_REQUIRED, NULL);
    }
}

bool tb_request_parse_parameters(struct tb_request *request)
{
    struct tb_call *call = &request->call;
    struct list_query list = {0};
    call->limit = TB_LIMIT_PAGE_DEFAULT;
    call->parameters = tb_arena_alloc(request->arena, (request->operation->parameters_count + 1) *
                                                          sizeof(struct tb_str));
    if (call->parameters != NULL) {
        parse_path(request);
        parse_query(request, &list);
        demand_required(request);
    }
    if (tb_arena_overflowed(request->arena)) {
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
        return false;
    }
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
