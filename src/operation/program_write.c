#include "operation/program.h"
#include "operation/sql_text.h"

#include "timebank/assets.h"

#define ANSWER_LINE "SELECT * FROM outcome ORDER BY ordinal"

/* What a request carries besides the contract's own fields; see CONTRIBUTING.md. */
static const char *const context_fields[] = {
    "ordinal",          "at",          "new_id",     "new_id_2",       "actor_user",
    "actor_person",     "actor_role",  "actor_team", "scope_low",      "scope_high",
    "self_person",      "own_team",    "if_match",   "generated_hash", "generated_prefix",
    "generated_sealed", "file_sha256", "file_type",  "file_bytes",     "body",
    "request_id",       NULL,
};

/* Every statement of a write has the same five sources in the same places. */
static const struct tb_binding write_bindings[] = {
    {TB_SOURCE_DISTRICT, 0, {NULL, 0}}, {TB_SOURCE_BATCH, 0, {NULL, 0}},
    {TB_SOURCE_REQUESTS, 0, {NULL, 0}}, {TB_SOURCE_OPERATION, 0, {NULL, 0}},
    {TB_SOURCE_EVENT, 0, {NULL, 0}},
};

static void use_bindings(struct tb_program_writer *writer, size_t count)
{
    if (writer->bindings_count >= count)
        return;
    memcpy(writer->bindings, write_bindings, count * sizeof(write_bindings[0]));
    writer->bindings_count = count;
}

static enum tb_err replace_write(struct tb_str name, struct tb_buf *out, void *context)
{
    struct tb_program_writer *writer = context;
    if (tb_str_is(name, "district")) {
        use_bindings(writer, 1);
        tb_buf_add_text(out, "$1::integer");
        return TB_OK;
    }
    if (tb_str_is(name, "requests")) {
        use_bindings(writer, 3);
        tb_buf_add_text(out, "fresh_requests($1::integer, $2::uuid, $3::jsonb)");
        return TB_OK;
    }
    return tb_program_refuse(writer, ":%.*s: a write knows :district and :requests",
                             TB_STR_ARG(name));
}

/* The base of "<name>_sealed" or "<name>_lookup"; absent otherwise. */
static struct tb_str sealed_base(struct tb_str name)
{
    if (name.len > 7 && (memcmp(name.ptr + name.len - 7, "_sealed", 7) == 0 ||
                         memcmp(name.ptr + name.len - 7, "_lookup", 7) == 0))
        return (struct tb_str){name.ptr, name.len - 7};
    return TB_STR_NULL;
}

/* The schema of a parameter or member of the body as it is; NULL when there is none. */
static const struct tb_schema *field_schema(const struct tb_operation *operation,
                                            struct tb_str name)
{
    struct tb_schema_property property;
    for (size_t i = 0; i < operation->parameters_count; i++)
        if (tb_str_eq(operation->parameters[i].name, name))
            return operation->parameters[i].schema;
    if (operation->body != NULL && tb_schema_find_property(operation->body, name, &property))
        return property.schema;
    return NULL;
}

static bool is_contract_field(const struct tb_operation *operation, struct tb_str name)
{
    struct tb_schema_property property;
    if (field_schema(operation, name) != NULL)
        return true;
    if (operation->body == NULL)
        return false;
    struct tb_str base = sealed_base(name);
    return base.ptr != NULL && tb_schema_find_property(operation->body, base, &property) &&
           (tb_schema_keyword(property.schema, "x-sealed") != NULL ||
            tb_schema_keyword(property.schema, "x-lookup") != NULL);
}

static bool is_context_field(struct tb_str name)
{
    for (size_t i = 0; context_fields[i] != NULL; i++)
        if (tb_str_is(name, context_fields[i]))
            return true;
    return false;
}

struct field_check {
    struct tb_program_writer *writer;
    struct tb_program *program;
};

static enum tb_err check_field(struct tb_str name, struct tb_str type, void *context)
{
    struct field_check *check = context;
    if (tb_str_is(name, "body"))
        check->program->wants_body = true;
    const struct tb_schema *schema = field_schema(check->writer->operation, name);
    if (!is_context_field(name) && schema != NULL && !tb_program_type_fits(schema, type))
        return tb_program_refuse(check->writer,
                                 "request field %.*s: %.*s does not fit the contract",
                                 TB_STR_ARG(name), TB_STR_ARG(type));
    if (is_context_field(name) || is_contract_field(check->writer->operation, name))
        return TB_OK;
    return tb_program_refuse(check->writer, "request field %.*s is unknown", TB_STR_ARG(name));
}

/* A member of the body that bears the name of a context field would hide it. */
static enum tb_err check_body_names(struct tb_program_writer *writer)
{
    const struct tb_schema *body = writer->operation->body;
    size_t count = body != NULL ? tb_schema_property_count(body) : 0;
    for (size_t i = 0; i < count; i++) {
        struct tb_str name = tb_schema_property_at(body, i).name;
        if (is_context_field(name) || tb_str_is(name, "key") || tb_str_is(name, "actor") ||
            tb_str_is(name, "fingerprint"))
            return tb_program_refuse(writer, "the body may not have a member %.*s",
                                     TB_STR_ARG(name));
    }
    return TB_OK;
}

/* Without its comment, the engine's completion begins with a comma. */
static struct tb_str completion(void)
{
    struct tb_str text = tb_asset_find("sql/engine/conclude.sql");
    TB_BUG_IF(text.ptr == NULL);
    const char *comma = memmem(text.ptr, text.len, "\n,", 2);
    TB_BUG_IF(comma == NULL);
    return (struct tb_str){comma, text.len - (size_t)(comma - text.ptr)};
}

static enum tb_err write_step(struct tb_program_writer *writer, struct tb_str body, bool last,
                              struct tb_buf *sql)
{
    const struct tb_str answer = TB_STR(ANSWER_LINE);
    if (last) {
        if (body.len < answer.len ||
            memcmp(body.ptr + body.len - answer.len, answer.ptr, answer.len) != 0)
            return tb_program_refuse(writer, "the last step must end with: %s", ANSWER_LINE);
        body.len -= answer.len;
    }
    enum tb_err err = tb_sql_rewrite(body, sql, replace_write, writer);
    if (err != TB_OK || !last)
        return err;
    while (sql->len > 0 && (sql->data[sql->len - 1] == '\n' || sql->data[sql->len - 1] == ' '))
        sql->len--;
    use_bindings(writer, 5);
    tb_buf_add_str(sql, completion());
    return TB_OK;
}

static enum tb_err load_step(struct tb_program_writer *writer, struct tb_str name,
                             struct tb_str body, bool last, struct tb_program_step *ret_step)
{
    struct tb_buf sql;
    tb_buf_init(&sql, SQL_MAX_BYTES);
    const char *suffix = name.len > 0 ? tb_arena_copy(writer->arena, name.ptr, name.len) : "write";
    enum tb_err err = suffix == NULL ? TB_ERR_NO_MEMORY : write_step(writer, body, last, &sql);
    if (err == TB_OK)
        err = tb_program_finish(writer, &sql, suffix, ret_step);
    tb_buf_fini(&sql);
    return err;
}

enum tb_err tb_program_load_write(struct tb_program_writer *writer, struct tb_str text,
                                  struct tb_program *program)
{
    struct field_check check = {writer, program};
    enum tb_err err = tb_sql_each_request_field(text, check_field, &check);
    if (err == TB_OK)
        err = check_body_names(writer);
    program->steps = tb_arena_alloc(writer->arena, TB_WRITE_STEPS_MAX * sizeof(*program->steps));
    if (program->steps == NULL)
        return TB_ERR_NO_MEMORY;
    struct tb_str name;
    struct tb_str body;
    while (err == TB_OK && tb_sql_next_step(&text, &name, &body)) {
        if (program->steps_count == TB_WRITE_STEPS_MAX)
            return tb_program_refuse(writer, "more than %d steps", TB_WRITE_STEPS_MAX);
        err = load_step(writer, name, body, text.len == 0, &program->steps[program->steps_count++]);
    }
    return err;
}

void tb_program_bind_batch(const struct tb_program *program, const struct tb_batch_values *values,
                           bool has_keys, struct tb_batch_steps *ret_steps)
{
    const char *const all[5] = {values->district, values->batch_id, values->requests,
                                program->operation->id, program->operation->event};
    size_t count = 0;
    if (has_keys) {
        memcpy(ret_steps->values[0], all, sizeof(all));
        ret_steps->values[0][4] = values->contract_version;
        ret_steps->steps[count++] =
            (struct tb_db_step){&tb_engine.claim_keys, ret_steps->values[0]};
    }
    for (size_t i = 0; i < program->steps_count; i++, count++) {
        memcpy(ret_steps->values[count], all, sizeof(all));
        ret_steps->steps[count] =
            (struct tb_db_step){&program->steps[i].statement, ret_steps->values[count]};
    }
    ret_steps->count = count;
}
