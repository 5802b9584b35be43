#include "operation/program.h"
#include "operation/sql_text.h"

#include <stdlib.h>

static const struct {
    const char *name;
    enum tb_source source;
    const char *type;
} context_names[] = {
    {"district", TB_SOURCE_DISTRICT, "integer"},
    {"scope_low", TB_SOURCE_SCOPE_LOW, "bigint"},
    {"scope_high", TB_SOURCE_SCOPE_HIGH, "bigint"},
    {"self_person", TB_SOURCE_SELF_PERSON, "uuid"},
    {"own_team", TB_SOURCE_OWN_TEAM, "uuid"},
    {"actor_role", TB_SOURCE_ACTOR_ROLE, "text"},
    {"actor_person", TB_SOURCE_ACTOR_PERSON, "uuid"},
    {"actor_user", TB_SOURCE_ACTOR_USER, "uuid"},
    {"actor_token", TB_SOURCE_ACTOR_TOKEN, "uuid"},
};

/* "phone_lookup" of a sealed "phone". */
static struct tb_str without_lookup(struct tb_str name)
{
    const struct tb_str suffix = TB_STR("_lookup");
    if (name.len > suffix.len &&
        memcmp(name.ptr + name.len - suffix.len, suffix.ptr, suffix.len) == 0)
        return (struct tb_str){name.ptr, name.len - suffix.len};
    return TB_STR_NULL;
}

static bool find_parameter(const struct tb_operation *operation, struct tb_str name,
                           size_t *ret_index)
{
    for (size_t i = 0; i < operation->parameters_count; i++) {
        if (tb_str_eq(operation->parameters[i].name, name)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool is_sealed(const struct tb_schema *schema)
{
    return tb_schema_keyword(schema, "x-sealed") != NULL;
}

/* A parameter or member of the body, or the look-up of a sealed one. */
static bool find_source(const struct tb_operation *operation, struct tb_str name,
                        struct tb_binding *ret_binding)
{
    struct tb_str base = without_lookup(name);
    struct tb_schema_property property;
    size_t index;
    if (find_parameter(operation, name, &index))
        *ret_binding = (struct tb_binding){TB_SOURCE_PARAMETER, index, TB_STR_NULL};
    else if (base.ptr != NULL && find_parameter(operation, base, &index) &&
             is_sealed(operation->parameters[index].schema))
        *ret_binding = (struct tb_binding){TB_SOURCE_PARAMETER_LOOKUP, index, TB_STR_NULL};
    else if (operation->body != NULL && tb_schema_find_property(operation->body, name, &property))
        *ret_binding = (struct tb_binding){TB_SOURCE_BODY, 0, property.name};
    else if (base.ptr != NULL && operation->body != NULL &&
             tb_schema_find_property(operation->body, base, &property) &&
             is_sealed(property.schema))
        *ret_binding = (struct tb_binding){TB_SOURCE_BODY_LOOKUP, 0, property.name};
    else
        return false;
    return true;
}

enum tb_err tb_program_replace_read(struct tb_str name, struct tb_buf *out, void *context)
{
    struct tb_program_writer *writer = context;
    for (size_t i = 0; i < sizeof(context_names) / sizeof(context_names[0]); i++) {
        if (!tb_str_is(name, context_names[i].name))
            continue;
        struct tb_binding binding = {context_names[i].source, 0, TB_STR_NULL};
        enum tb_err err = tb_program_bind(writer, binding, out);
        tb_buf_printf(out, "::%s", context_names[i].type);
        return err;
    }
    struct tb_binding binding;
    if (!find_source(writer->operation, name, &binding))
        return tb_program_refuse(writer, ":%.*s is neither of the contract nor of the context",
                                 TB_STR_ARG(name));
    return tb_program_bind(writer, binding, out);
}

/* a > $1 OR (a = $1 AND (b < $2 …)); a row comparison when all columns go one way, which an index
 * serves. */
static enum tb_err add_keyset(struct tb_program_writer *writer, const struct tb_sort *sort,
                              struct tb_buf *out)
{
    size_t depth = 0;
    for (size_t i = 0; i < sort->columns_count; i++) {
        const struct tb_sort_column *column = &sort->columns[i];
        struct tb_binding binding = {TB_SOURCE_CURSOR, i, TB_STR_NULL};
        bool last = i + 1 == sort->columns_count;
        tb_buf_printf(out, "(%.*s %s ", TB_STR_ARG(column->name), column->descending ? "<" : ">");
        enum tb_err err = tb_program_bind(writer, binding, out);
        if (err == TB_OK && !last) {
            tb_buf_printf(out, " OR (%.*s = ", TB_STR_ARG(column->name));
            err = tb_program_bind(writer, binding, out);
            tb_buf_add_text(out, " AND ");
            depth++;
        }
        if (err != TB_OK)
            return err;
        if (last)
            tb_buf_add_char(out, ')');
    }
    for (size_t i = 0; i < depth; i++)
        tb_buf_add_text(out, "))");
    return TB_OK;
}

static void add_order(const struct tb_sort *sort, struct tb_buf *out)
{
    for (size_t i = 0; i < sort->columns_count; i++)
        tb_buf_printf(out, "%s %.*s%s", i == 0 ? " ORDER BY" : ",",
                      TB_STR_ARG(sort->columns[i].name),
                      sort->columns[i].descending ? " DESC" : "");
}

struct list_variant {
    const struct tb_sort *sort;
    bool after;
    bool count;
};

/* A list's file: which rows, and what is told of them; answer.ptr is NULL when the one step does
 * both. */
struct list_text {
    struct tb_str page;
    struct tb_str answer;
};

/* The rows of one page: (SELECT * FROM (file) AS page WHERE keyset ORDER BY … LIMIT n). */
static enum tb_err add_page(struct tb_program_writer *writer, struct tb_str text,
                            struct list_variant variant, const char *columns, struct tb_buf *out)
{
    tb_buf_printf(out, "SELECT %s FROM (\n", columns);
    enum tb_err err = tb_sql_rewrite(text, out, tb_program_replace_read, writer);
    tb_buf_add_text(out, "\n) AS page");
    if (err == TB_OK && variant.after) {
        tb_buf_add_text(out, " WHERE ");
        err = add_keyset(writer, variant.sort, out);
    }
    add_order(variant.sort, out);
    tb_buf_add_text(out, " LIMIT ");
    struct tb_binding limit = {TB_SOURCE_LIMIT, 0, TB_STR_NULL};
    if (err == TB_OK)
        err = tb_program_bind(writer, limit, out);
    tb_buf_add_text(out, "::bigint");
    return err;
}

/* With an answer step, what is told is worked out only of the rows of the page. */
static enum tb_err add_rows(struct tb_program_writer *writer, const struct list_text *text,
                            struct list_variant variant, struct tb_buf *out)
{
    const char *columns = variant.count ? "true AS row_, page.*" : "*";
    if (text->answer.ptr == NULL)
        return add_page(writer, text->page, variant, columns, out);
    tb_buf_add_text(out, "WITH page AS MATERIALIZED (");
    enum tb_err err = add_page(writer, text->page, variant, "*", out);
    tb_buf_printf(out, ")\nSELECT %s FROM (\n", columns);
    if (err == TB_OK)
        err = tb_sql_rewrite(text->answer, out, tb_program_replace_read, writer);
    tb_buf_add_text(out, "\n) AS page");
    add_order(variant.sort, out);
    return err;
}

/* With a count the page is joined to it from the right, so that an empty page still has it. */
static enum tb_err add_list(struct tb_program_writer *writer, const struct list_text *text,
                            struct list_variant variant, struct tb_buf *out)
{
    if (!variant.count)
        return add_rows(writer, text, variant, out);
    tb_buf_add_text(out, "SELECT * FROM (SELECT count(*) AS total_count_ FROM (\n");
    enum tb_err err = tb_sql_rewrite(text->page, out, tb_program_replace_read, writer);
    tb_buf_add_text(out, "\n) AS counted) AS total LEFT JOIN LATERAL (");
    if (err == TB_OK)
        err = add_rows(writer, text, variant, out);
    tb_buf_add_text(out, ") AS page ON true");
    return err;
}

static enum tb_err load_variant(struct tb_program_writer *writer, const struct list_text *text,
                                struct list_variant variant, struct tb_program_step *ret_step)
{
    struct tb_buf sql;
    tb_buf_init(&sql, SQL_MAX_BYTES);
    char *suffix = tb_arena_printf(writer->arena, "%.*s%s%s", TB_STR_ARG(variant.sort->name),
                                   variant.after ? ".after" : "", variant.count ? ".count" : "");
    enum tb_err err = suffix == NULL ? TB_ERR_NO_MEMORY : add_list(writer, text, variant, &sql);
    if (err == TB_OK)
        err = tb_program_finish(writer, &sql, suffix, ret_step);
    tb_buf_fini(&sql);
    return err;
}

static enum tb_err load_list(struct tb_program_writer *writer, const struct list_text *text,
                             const struct tb_sort *sort, struct tb_program_list *ret_list)
{
    enum tb_err err =
        load_variant(writer, text, (struct list_variant){sort, false, false}, &ret_list->first);
    if (err == TB_OK)
        err =
            load_variant(writer, text, (struct list_variant){sort, true, false}, &ret_list->after);
    if (err == TB_OK)
        err = load_variant(writer, text, (struct list_variant){sort, false, true},
                           &ret_list->first_count);
    if (err == TB_OK)
        err = load_variant(writer, text, (struct list_variant){sort, true, true},
                           &ret_list->after_count);
    return err;
}

static enum tb_err load_single(struct tb_program_writer *writer, struct tb_str text,
                               struct tb_program *program)
{
    struct tb_buf sql;
    tb_buf_init(&sql, SQL_MAX_BYTES);
    program->steps = tb_arena_alloc(writer->arena, sizeof(*program->steps));
    enum tb_err err = program->steps == NULL
                          ? TB_ERR_NO_MEMORY
                          : tb_sql_rewrite(text, &sql, tb_program_replace_read, writer);
    if (err == TB_OK)
        err = tb_program_finish(writer, &sql, "read", &program->steps[0]);
    program->steps_count = 1;
    tb_buf_fini(&sql);
    return err;
}

/* A value of the district is one for the batch, any other is of the request's row. */
static enum tb_err replace_of_batch(struct tb_str name, struct tb_buf *out, void *context)
{
    struct tb_program_writer *writer = context;
    struct tb_buf alone; /* "$3::uuid" */
    tb_buf_init(&alone, 256);
    enum tb_err err = tb_program_replace_read(name, &alone, writer);
    tb_buf_add_char(&alone, '\0');
    if (err == TB_OK && !alone.overflow) {
        unsigned long n = strtoul(alone.data + 1, NULL, 10);
        bool shared = writer->bindings[n - 1].source == TB_SOURCE_DISTRICT;
        tb_buf_printf(out, "%s%s", shared ? "$" : "request.p", alone.data + 1);
    }
    tb_buf_fini(&alone);
    return err;
}

/* SELECT ordinal, the columns of the read FROM the requests, each of them by LATERAL. OFFSET 0
 * keeps the planner from mixing the two: a request is planned as if it were alone. */
static void add_batch(const struct tb_program_writer *writer, struct tb_str each,
                      struct tb_buf *out)
{
    struct tb_buf names;
    tb_buf_init(&names, 1024);
    tb_buf_add_text(out, "SELECT request.ordinal AS ordinal_, answer.* FROM unnest(");
    for (size_t i = 0; i < writer->bindings_count; i++) {
        if (writer->bindings[i].source == TB_SOURCE_DISTRICT)
            continue;
        tb_buf_printf(out, "%s$%zu::text[]", names.len > 0 ? ", " : "", i + 1);
        tb_buf_printf(&names, "p%zu, ", i + 1);
    }
    tb_buf_add_text(out, ") WITH ORDINALITY AS request (");
    tb_buf_add_str(out, tb_buf_str(&names));
    tb_buf_add_text(out, "ordinal) CROSS JOIN LATERAL (SELECT * FROM (\n");
    tb_buf_add_str(out, each);
    tb_buf_add_text(out, "\n) AS one OFFSET 0) AS answer");
    out->overflow = out->overflow || names.overflow;
    tb_buf_fini(&names);
}

static enum tb_err load_batch(struct tb_program_writer *writer, struct tb_str text,
                              struct tb_program *program)
{
    struct tb_buf each, sql;
    tb_buf_init(&each, SQL_MAX_BYTES);
    tb_buf_init(&sql, SQL_MAX_BYTES);
    program->batch = tb_arena_alloc(writer->arena, sizeof(*program->batch));
    enum tb_err err = program->batch == NULL
                          ? TB_ERR_NO_MEMORY
                          : tb_sql_rewrite(text, &each, replace_of_batch, writer);
    if (err == TB_OK) {
        add_batch(writer, tb_buf_str(&each), &sql);
        err = tb_program_finish(writer, &sql, "batch", program->batch);
    }
    tb_buf_fini(&sql);
    tb_buf_fini(&each);
    return err;
}

/* A filter that the SQL never looks at would silently filter nothing. */
static enum tb_err check_parameters_used(struct tb_program_writer *writer,
                                         const struct tb_program_step *step)
{
    const struct tb_operation *operation = writer->operation;
    for (size_t i = 0; i < operation->parameters_count; i++) {
        bool used = false;
        for (int b = 0; b < step->statement.params_count; b++)
            used = used || ((step->bindings[b].source == TB_SOURCE_PARAMETER ||
                             step->bindings[b].source == TB_SOURCE_PARAMETER_LOOKUP) &&
                            step->bindings[b].index == i);
        if (!used)
            return tb_program_refuse(writer, "the parameter %.*s is not used",
                                     TB_STR_ARG(operation->parameters[i].name));
    }
    return TB_OK;
}

static enum tb_err load_lists(struct tb_program_writer *writer, const struct list_text *text,
                              struct tb_program *program)
{
    const struct tb_operation *operation = writer->operation;
    program->lists =
        tb_arena_alloc(writer->arena, operation->sorts_count * sizeof(*program->lists));
    if (program->lists == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < operation->sorts_count; i++) {
        enum tb_err err = load_list(writer, text, &operation->sorts[i], &program->lists[i]);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

static enum tb_err load_read(struct tb_program_writer *writer, struct tb_str text,
                             struct tb_program *program)
{
    struct list_text list = {TB_STR_NULL, TB_STR_NULL};
    struct tb_str names[2] = {TB_STR_NULL, TB_STR_NULL};
    bool is_list = writer->operation->is_list;
    bool whole = tb_sql_next_step(&text, &names[0], &list.page);
    if (whole && text.len != 0 && is_list)
        whole = tb_sql_next_step(&text, &names[1], &list.answer) && tb_str_is(names[0], "page") &&
                tb_str_is(names[1], "answer");
    if (!whole || text.len != 0)
        return tb_program_refuse(writer, "a read is one statement; a list may have two steps, page "
                                         "and answer");
    if (is_list)
        return load_lists(writer, &list, program);
    enum tb_err err = load_single(writer, list.page, program);
    if (err == TB_OK && tb_str_is(names[0], "batch"))
        err = load_batch(writer, list.page, program);
    return err;
}

enum tb_err tb_program_load_read(struct tb_program_writer *writer, struct tb_str text,
                                 struct tb_program *program)
{
    enum tb_err err = load_read(writer, text, program);
    if (err != TB_OK)
        return err;
    return check_parameters_used(writer, program->lists != NULL ? &program->lists[0].first
                                                                : &program->steps[0]);
}
