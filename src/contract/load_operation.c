#include "contract/load.h"

#include "timebank/json.h"
#include "timebank/limits.h"
#include "timebank/token.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 4))) static enum tb_err
refuse(struct tb_loader *loader, const struct tb_operation *operation, const char *format, ...)
{
    va_list args;
    char text[384];
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    tb_error_set(loader->error, "operation %s: %s", operation->id, text);
    return TB_ERR_CONFIG;
}

static enum tb_err load_roles(struct tb_loader *loader, const json_t *json,
                              struct tb_operation *operation)
{
    const json_t *roles = json_object_get(json, "x-roles");
    operation->is_public = roles == NULL;
    size_t i;
    json_t *name;
    json_array_foreach((json_t *)roles, i, name)
    {
        enum tb_role role;
        if (!json_is_string(name) || !tb_role_parse(tb_json_str(name), &role))
            return refuse(loader, operation, "x-roles has an unknown role");
        operation->roles |= 1u << role;
    }
    return TB_OK;
}

static enum tb_err load_parameter(struct tb_loader *loader, const json_t *json,
                                  struct tb_operation *operation, struct tb_parameter *ret)
{
    json = tb_load_resolve(loader, json);
    const char *name = tb_load_text(json, "name");
    const char *in = tb_load_text(json, "in");
    if (name == NULL || in == NULL || (strcmp(in, "path") != 0 && strcmp(in, "query") != 0))
        return refuse(loader, operation, "a parameter needs a name and `in: path` or `in: query`");
    *ret = (struct tb_parameter){
        .name = tb_str_of(name),
        .in_path = in[0] == 'p',
        .required = json_is_true(json_object_get(json, "required")),
    };
    return tb_schema_set_compile(loader->schemas, json_object_get(json, "schema"), &ret->schema,
                                 loader->error);
}

/* Path parameters in the order of the template, so that a match's values line up with them. */
static enum tb_err order_path_parameters(struct tb_loader *loader, struct tb_operation *operation,
                                         struct tb_parameter *parameters)
{
    size_t sorted = 0;
    for (const char *at = strchr(operation->path, '{'); at != NULL; at = strchr(at + 1, '{')) {
        struct tb_str name = {at + 1, strcspn(at + 1, "}")};
        size_t i = sorted;
        while (i < operation->parameters_count &&
               !(parameters[i].in_path && tb_str_eq(parameters[i].name, name)))
            i++;
        if (i == operation->parameters_count)
            return refuse(loader, operation, "{%.*s} is not among the parameters",
                          TB_STR_ARG(name));
        struct tb_parameter found = parameters[i];
        parameters[i] = parameters[sorted];
        parameters[sorted++] = found;
    }
    for (size_t i = sorted; i < operation->parameters_count; i++)
        if (parameters[i].in_path)
            return refuse(loader, operation, "path parameter %.*s is not in the path",
                          TB_STR_ARG(parameters[i].name));
    return sorted <= TB_PATH_PARAMETERS_MAX ? TB_OK
                                            : refuse(loader, operation, "too many path parameters");
}

static enum tb_err load_parameters(struct tb_loader *loader, const json_t *path_item,
                                   const json_t *json, struct tb_operation *operation)
{
    const json_t *lists[2] = {json_object_get(path_item, "parameters"),
                              json_object_get(json, "parameters")};
    size_t room = json_array_size(lists[0]) + json_array_size(lists[1]);
    struct tb_parameter *parameters =
        tb_arena_alloc(loader->arena, (room + 1) * sizeof(*parameters));
    if (parameters == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < json_array_size(lists[l]); i++) {
            const json_t *item = json_array_get(lists[l], i);
            if (json_object_get(item, "x-engine") != NULL)
                continue; /* the engine's own: limit, cursor, Idempotency-Key … */
            enum tb_err err =
                load_parameter(loader, item, operation, &parameters[operation->parameters_count++]);
            if (err != TB_OK)
                return err;
        }
    }
    operation->parameters = parameters;
    return order_path_parameters(loader, operation, parameters);
}

/* The media types of a file, which has no schema. NULL: one of them has one, or there is none. */
static const char *file_types(struct tb_loader *loader, const json_t *content)
{
    struct tb_buf list;
    bool good = json_object_size(content) > 0;
    const char *type;
    json_t *media;
    tb_buf_init(&list, 256);
    json_object_foreach((json_t *)content, type, media)
    {
        good = good && json_object_get(media, "schema") == NULL;
        tb_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", type);
    }
    const char *text =
        good && !list.overflow ? tb_arena_copy(loader->arena, list.data, list.len) : NULL;
    tb_buf_fini(&list);
    return text;
}

static enum tb_err load_body(struct tb_loader *loader, const json_t *json,
                             struct tb_operation *operation)
{
    const json_t *body = tb_load_resolve(loader, json_object_get(json, "requestBody"));
    if (body == NULL)
        return TB_OK;
    const json_t *content = json_object_get(body, "content");
    const json_t *media = json_object_get(content, "application/json");
    if (media == NULL)
        media = json_object_get(content, "application/merge-patch+json");
    const json_t *schema = json_object_get(media, "schema");
    operation->file_types = media == NULL ? file_types(loader, content) : NULL;
    if (operation->file_types != NULL)
        return TB_OK;
    if (schema == NULL)
        return refuse(loader, operation, "the requestBody needs JSON content with a schema");
    operation->body_required = json_is_true(json_object_get(body, "required"));
    return tb_schema_set_compile(loader->schemas, schema, &operation->body, loader->error);
}

static enum tb_lane lane_of(const json_t *json, const struct tb_operation *operation)
{
    const char *lane = tb_load_text(json, "x-lane");
    if (operation->handler != NULL)
        return TB_LANE_NONE;
    if (operation->is_list || (lane != NULL && strcmp(lane, "page") == 0))
        return TB_LANE_PAGE;
    return operation->method == TB_GET ? TB_LANE_READ : TB_LANE_WRITE;
}

static enum tb_err load_write(struct tb_loader *loader, const json_t *json,
                              struct tb_operation *operation)
{
    const char *idempotency = tb_load_text(json, "x-idempotency");
    const char *generate = tb_load_text(json, "x-generate");
    const json_t *batch = json_object_get(json, "x-batch");
    operation->event = tb_load_text(json, "x-event");
    operation->batch_max = batch != NULL ? (unsigned)json_integer_value(batch) : 1;
    operation->key_required = idempotency != NULL && strcmp(idempotency, "required") == 0;
    for (size_t i = 0; i < operation->parameters_count; i++)
        if (tb_str_is(operation->parameters[i].name, "dry_run"))
            operation->dry_run = (unsigned)i + 1;
    operation->if_match_required = json_object_get(json, "x-if-match") != NULL;
    if (generate != NULL && strcmp(generate, "token") == 0)
        operation->generate = TB_GENERATE_TOKEN;
    else if (generate != NULL && strcmp(generate, "one_time_code") == 0)
        operation->generate = TB_GENERATE_ONE_TIME_CODE;
    else if (generate != NULL)
        return refuse(loader, operation, "x-generate knows token and one_time_code");
    if (operation->batch_max < 1 || operation->batch_max > TB_LIMIT_BATCH)
        return refuse(loader, operation, "x-batch is 1 to %d", TB_LIMIT_BATCH);
    if (operation->lane == TB_LANE_WRITE && operation->event == NULL)
        return refuse(loader, operation, "a write needs x-event");
    return TB_OK;
}

/* Whose `security` names `basic` is read by spreadsheets: such a token may be for reports only. */
static void load_permits(const json_t *json, struct tb_operation *operation)
{
    size_t i;
    json_t *scheme;
    json_array_foreach(json_object_get(json, "security"), i, scheme)
    {
        if (json_object_get(scheme, "basic") != NULL)
            operation->accepts_basic = true;
    }
    operation->permits = operation->lane == TB_LANE_WRITE ? TB_PERMIT_WRITE : TB_PERMIT_READ;
    if (operation->accepts_basic)
        operation->permits |= TB_PERMIT_REPORTS;
}

static enum tb_err check_problems(struct tb_loader *loader, const json_t *json,
                                  const struct tb_operation *operation)
{
    size_t i;
    json_t *code;
    json_array_foreach(json_object_get(json, "x-problems"), i, code)
    {
        if (tb_contract_problem(loader->contract, tb_json_str(code)) == NULL)
            return refuse(loader, operation, "x-problems names %s, which openapi/problems/ lacks",
                          json_string_value(code));
    }
    return TB_OK;
}

/* A misspelt keyword would silently do nothing: `x-if-mach` would lose updates. */
static enum tb_err check_keywords(struct tb_loader *loader, const json_t *json,
                                  const struct tb_operation *operation)
{
    static const char *const known[] = {
        "x-area",        "x-roles",    "x-scope",         "x-sort",     "x-event",
        "x-idempotency", "x-batch",    "x-lane",          "x-if-match", "x-problems",
        "x-handler",     "x-generate", "x-cache-seconds", "x-district"};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        bool good = strncmp(key, "x-", 2) != 0;
        for (size_t i = 0; !good && i < sizeof(known) / sizeof(known[0]); i++)
            good = strcmp(key, known[i]) == 0;
        if (!good)
            return refuse(loader, operation, "%s is no keyword (CONTRIBUTING.md)", key);
    }
    return TB_OK;
}

/* Without a token a request says by a parameter which district it asks. */
static enum tb_err load_district(struct tb_loader *loader, const json_t *json,
                                 struct tb_operation *operation)
{
    const char *name = tb_load_text(json, "x-district");
    bool wanted = operation->is_public && operation->handler == NULL;
    if (wanted != (name != NULL))
        return refuse(loader, operation,
                      "x-district is for what is public and has SQL, and only that");
    for (size_t i = 0; name != NULL && i < operation->parameters_count; i++) {
        operation->district_parameter = i;
        if (tb_str_is(operation->parameters[i].name, name) && operation->parameters[i].required)
            return TB_OK;
    }
    return name == NULL ? TB_OK
                        : refuse(loader, operation, "x-district names no required parameter");
}

enum tb_err tb_load_operation(struct tb_loader *loader, const char *path, const json_t *path_item,
                              const json_t *json, struct tb_operation *operation)
{
    operation->id = tb_load_text(json, "operationId");
    operation->area = tb_load_text(json, "x-area");
    operation->path = path;
    operation->handler = tb_load_text(json, "x-handler") != NULL ? operation->id : NULL;
    if (operation->id == NULL || operation->area == NULL) {
        tb_error_set(loader->error, "%s: an operation needs an operationId and x-area", path);
        return TB_ERR_CONFIG;
    }
    enum tb_err err = check_keywords(loader, json, operation);
    if (err == TB_OK)
        err = load_roles(loader, json, operation);
    if (err == TB_OK)
        err = load_parameters(loader, path_item, json, operation);
    if (err == TB_OK)
        err = load_body(loader, json, operation);
    if (err == TB_OK)
        err = tb_load_answer(loader, json, operation);
    if (err != TB_OK)
        return err;
    operation->lane = lane_of(json, operation);
    load_permits(json, operation);
    operation->cache_s = (unsigned)json_integer_value(json_object_get(json, "x-cache-seconds"));
    if (operation->cache_s > 0 && !operation->is_public)
        return refuse(loader, operation, "x-cache-seconds is for what is public");
    err = load_write(loader, json, operation);
    if (err == TB_OK)
        err = check_problems(loader, json, operation);
    return err != TB_OK ? err : load_district(loader, json, operation);
}
