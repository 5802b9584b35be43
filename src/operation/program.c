#include "operation/program.h"

#include "timebank/assets.h"

#include <stdarg.h>
#include <stdio.h>

struct tb_engine_program tb_engine;

enum tb_err tb_program_refuse(struct tb_program_writer *writer, const char *format, ...)
{
    va_list args;
    char text[384];
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    tb_error_set(writer->error, "sql/%s/%s.sql: %s", writer->operation->area, writer->operation->id,
                 text);
    return TB_ERR_CONFIG;
}

enum tb_err tb_program_bind(struct tb_program_writer *writer, struct tb_binding binding,
                            struct tb_buf *out)
{
    size_t i = 0;
    for (; i < writer->bindings_count; i++) {
        const struct tb_binding *known = &writer->bindings[i];
        if (known->source == binding.source && known->index == binding.index &&
            tb_str_eq(known->name, binding.name))
            break;
    }
    if (i == TB_BINDINGS_MAX)
        return tb_program_refuse(writer, "more than %d parameters", TB_BINDINGS_MAX);
    if (i == writer->bindings_count)
        writer->bindings[writer->bindings_count++] = binding;
    tb_buf_printf(out, "$%zu", i + 1);
    return TB_OK;
}

enum tb_err tb_program_finish(struct tb_program_writer *writer, struct tb_buf *sql,
                              const char *suffix, struct tb_program_step *ret_step)
{
    struct tb_binding *bindings =
        tb_arena_alloc(writer->arena, (writer->bindings_count + 1) * sizeof(*bindings));
    char *text = sql->overflow ? NULL : tb_arena_copy(writer->arena, sql->data, sql->len);
    char *name = tb_arena_printf(writer->arena, "%s.%s", writer->operation->id, suffix);
    if (bindings == NULL || text == NULL || name == NULL)
        return TB_ERR_NO_MEMORY;
    if (strlen(name) > 63)
        return tb_program_refuse(writer, "%s is longer than a statement's name may be", name);
    memcpy(bindings, writer->bindings, writer->bindings_count * sizeof(*bindings));
    *ret_step = (struct tb_program_step){
        .statement = {.name = name, .sql = text, .params_count = (int)writer->bindings_count},
        .bindings = bindings,
    };
    tb_db_statement_register(&ret_step->statement);
    writer->bindings_count = 0;
    return TB_OK;
}

static enum tb_err load_program(struct tb_contract *contract, struct tb_operation *operation,
                                struct tb_error_text *reterr_text)
{
    struct tb_program_writer writer = {
        .operation = operation, .arena = contract->arena, .error = reterr_text};
    char path[256];
    (void)snprintf(path, sizeof(path), "sql/%s/%s.sql", operation->area, operation->id);
    struct tb_str text = tb_asset_find(path);
    if (text.ptr == NULL)
        return tb_program_refuse(&writer, "the file is missing");
    operation->program = tb_arena_alloc(contract->arena, sizeof(struct tb_program));
    if (operation->program == NULL)
        return TB_ERR_NO_MEMORY;
    operation->program->operation = operation;
    return operation->lane == TB_LANE_WRITE
               ? tb_program_load_write(&writer, text, operation->program)
               : tb_program_load_read(&writer, text, operation->program);
}

static enum tb_err load_engine_statement(struct tb_contract *contract, const char *path,
                                         const char *name, int params_count,
                                         struct tb_db_statement *ret_statement)
{
    struct tb_str text = tb_asset_find(path);
    TB_BUG_IF(text.ptr == NULL);
    char *sql = tb_arena_copy(contract->arena, text.ptr, text.len);
    if (sql == NULL)
        return TB_ERR_NO_MEMORY;
    *ret_statement =
        (struct tb_db_statement){.name = name, .sql = sql, .params_count = params_count};
    tb_db_statement_register(ret_statement);
    return TB_OK;
}

static enum tb_err load_engine(struct tb_contract *contract)
{
    enum tb_err err = load_engine_statement(contract, "sql/engine/claim_keys.sql",
                                            "engine.claim_keys", 5, &tb_engine.claim_keys);
    if (err == TB_OK)
        err = load_engine_statement(contract, "sql/engine/find_key.sql", "engine.find_key", 3,
                                    &tb_engine.find_key);
    if (err == TB_OK)
        err = load_engine_statement(contract, "sql/engine/find_token.sql", "engine.find_token", 2,
                                    &tb_engine.find_token);
    if (err == TB_OK)
        err = load_engine_statement(contract, "sql/engine/touch_tokens.sql", "engine.touch_tokens",
                                    3, &tb_engine.touch_tokens);
    return err;
}

enum tb_err tb_programs_load(struct tb_contract *contract, struct tb_error_text *reterr_text)
{
    enum tb_err err = load_engine(contract);
    for (size_t i = 0; err == TB_OK && i < contract->operations_count; i++)
        if (contract->operations[i].lane != TB_LANE_NONE)
            err = load_program(contract, &contract->operations[i], reterr_text);
    return err;
}

void tb_program_each(const struct tb_program *program,
                     void (*visit)(const struct tb_program *program,
                                   const struct tb_program_step *step, bool answers, void *context),
                     void *context)
{
    for (size_t i = 0; i < program->steps_count; i++)
        visit(program, &program->steps[i], i + 1 == program->steps_count, context);
    if (program->batch != NULL)
        visit(program, program->batch, true, context);
    for (size_t i = 0; program->lists != NULL && i < program->operation->sorts_count; i++) {
        visit(program, &program->lists[i].first, true, context);
        visit(program, &program->lists[i].after, true, context);
        visit(program, &program->lists[i].first_count, true, context);
        visit(program, &program->lists[i].after_count, true, context);
    }
}
