#include "contract/load.h"

#include "timebank/json.h"

static enum tb_err refuse(struct tb_loader *loader, const struct tb_operation *operation,
                          const char *what)
{
    tb_error_set(loader->error, "operation %s: %s", operation->id, what);
    return TB_ERR_CONFIG;
}

/* The first answer of 200 to 299, and its JSON schema if it has one. */
static const json_t *find_success(struct tb_loader *loader, const json_t *json, int *ret_status)
{
    const char *status;
    json_t *answer;
    json_object_foreach(json_object_get(json, "responses"), status, answer)
    {
        if (status[0] != '2')
            continue;
        *ret_status = (status[1] - '0') * 10 + (status[2] - '0') + 200;
        return tb_load_resolve(loader, answer);
    }
    return NULL;
}

static enum tb_field_kind field_kind(const struct tb_schema *schema)
{
    unsigned types = tb_schema_types(schema) & ~TB_SCHEMA_TYPE_NULL;
    if (tb_schema_keyword(schema, "x-generated") != NULL)
        return TB_FIELD_GENERATED;
    if (tb_schema_keyword(schema, "x-sealed") != NULL)
        return TB_FIELD_SEALED;
    if (types == TB_SCHEMA_TYPE_STRING)
        return tb_str_is(tb_schema_format(schema), "date-time") ? TB_FIELD_TIME : TB_FIELD_STRING;
    if (types == TB_SCHEMA_TYPE_BOOLEAN)
        return TB_FIELD_BOOLEAN;
    if ((types & ~(TB_SCHEMA_TYPE_INTEGER | TB_SCHEMA_TYPE_NUMBER)) == 0)
        return TB_FIELD_LITERAL;
    return TB_FIELD_JSON;
}

static struct tb_str make_label(struct tb_arena *arena, struct tb_str name)
{
    struct tb_buf label;
    tb_buf_init(&label, 6 * name.len + 3);
    tb_buf_add_json_string(&label, name);
    tb_buf_add_char(&label, ':');
    struct tb_str copy = label.overflow ? TB_STR_NULL : tb_arena_str(arena, tb_buf_str(&label));
    tb_buf_fini(&label);
    return copy;
}

static enum tb_err load_fields(struct tb_loader *loader, struct tb_operation *operation)
{
    size_t count = tb_schema_property_count(operation->answer);
    struct tb_field *fields = tb_arena_alloc(loader->arena, (count + 1) * sizeof(*fields));
    if (fields == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct tb_schema_property property = tb_schema_property_at(operation->answer, i);
        fields[i] = (struct tb_field){
            .name = property.name,
            .label = make_label(loader->arena, property.name),
            .kind = field_kind(property.schema),
            .required = property.required,
            .sealed_kind = tb_json_str(tb_schema_keyword(property.schema, "x-sealed")),
        };
        if (fields[i].label.ptr == NULL)
            return TB_ERR_NO_MEMORY;
    }
    operation->fields = fields;
    operation->fields_count = count;
    return TB_OK;
}

static enum tb_err load_sort(struct tb_loader *loader, const struct tb_operation *operation,
                             const char *name, const json_t *columns, struct tb_sort *ret_sort)
{
    *ret_sort = (struct tb_sort){.name = tb_str_of(name)};
    size_t i;
    json_t *column;
    json_array_foreach((json_t *)columns, i, column)
    {
        if (i == TB_SORT_COLUMNS_MAX || !json_is_string(column))
            return refuse(loader, operation, "x-sort has a bad list of columns");
        struct tb_str text = tb_json_str(column);
        bool descending = text.len > 0 && text.ptr[0] == '-';
        struct tb_sort_column *sort_column = &ret_sort->columns[ret_sort->columns_count++];
        sort_column->descending = descending;
        sort_column->name = descending ? (struct tb_str){text.ptr + 1, text.len - 1} : text;
        struct tb_schema_property property;
        if (!tb_schema_find_property(operation->answer, sort_column->name, &property))
            return refuse(loader, operation, "x-sort names a column that the answer lacks");
    }
    return ret_sort->columns_count > 0 ? TB_OK
                                       : refuse(loader, operation, "x-sort has an empty sort");
}

/* The default's sort comes first. */
static enum tb_err load_sorts(struct tb_loader *loader, const json_t *json,
                              struct tb_operation *operation)
{
    json_t *x_sort = json_object_get(json, "x-sort");
    const char *default_name = tb_load_text(x_sort, "default");
    struct tb_sort *sorts =
        tb_arena_alloc(loader->arena, (json_object_size(x_sort) + 1) * sizeof(*sorts));
    if (sorts == NULL)
        return TB_ERR_NO_MEMORY;
    if (default_name == NULL || !json_is_array(json_object_get(x_sort, default_name)))
        return refuse(loader, operation, "x-sort needs a default that it defines");
    enum tb_err err = load_sort(loader, operation, default_name,
                                json_object_get(x_sort, default_name), &sorts[0]);
    size_t count = 1;
    const char *name;
    json_t *columns;
    json_object_foreach(x_sort, name, columns)
    {
        if (err == TB_OK && json_is_array(columns) && strcmp(name, default_name) != 0)
            err = load_sort(loader, operation, name, columns, &sorts[count++]);
    }
    operation->sorts = sorts;
    operation->sorts_count = count;
    return err;
}

enum tb_err tb_load_answer(struct tb_loader *loader, const json_t *json,
                           struct tb_operation *operation)
{
    const json_t *success = find_success(loader, json, &operation->success_status);
    if (success == NULL)
        return refuse(loader, operation, "it has no 2xx response");
    const json_t *media = json_object_get(json_object_get(success, "content"), "application/json");
    const json_t *schema = json_object_get(media, "schema");
    operation->is_list = json_object_get(json, "x-sort") != NULL;
    const json_t *content = json_object_get(success, "content");
    bool has_sql = operation->handler == NULL;
    operation->answers_page = has_sql && json_object_get(content, "text/html") != NULL;
    operation->answers_file =
        has_sql && media == NULL && !operation->answers_page && json_object_size(content) > 0;
    if (schema == NULL || operation->handler != NULL)
        return operation->is_list ? refuse(loader, operation, "a list needs an answer") : TB_OK;
    const struct tb_schema *answer;
    enum tb_err err = tb_schema_set_compile(loader->schemas, schema, &answer, loader->error);
    if (err != TB_OK)
        return err;
    struct tb_schema_property data;
    if (operation->is_list && !tb_schema_find_property(answer, TB_STR("data"), &data))
        return refuse(loader, operation, "a list's answer has the member data");
    operation->answer = operation->is_list ? tb_schema_items(data.schema) : answer;
    if (operation->answer == NULL)
        return refuse(loader, operation, "data has no items");
    err = load_fields(loader, operation);
    return err != TB_OK || !operation->is_list ? err : load_sorts(loader, json, operation);
}
