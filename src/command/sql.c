/*
 * timebankd sql OPERATION…: the statements of operations as they are sent, for EXPLAIN and for
 * bench/. `engine` names those that the engine adds. One JSON array; needs no database.
 */
#include "command/command.h"

#include "timebank/json.h"
#include "timebank/program.h"

#include <stdio.h>

/* What a statement's $n stands for, as an SQL file names it. */
static json_t *binding_name(const struct tb_operation *operation, const struct tb_binding *binding)
{
    static const char *const names[] = {
        [TB_SOURCE_DISTRICT] = "district",
        [TB_SOURCE_SCOPE_LOW] = "scope_low",
        [TB_SOURCE_SCOPE_HIGH] = "scope_high",
        [TB_SOURCE_SELF_PERSON] = "self_person",
        [TB_SOURCE_OWN_TEAM] = "own_team",
        [TB_SOURCE_ACTOR_ROLE] = "actor_role",
        [TB_SOURCE_ACTOR_PERSON] = "actor_person",
        [TB_SOURCE_ACTOR_USER] = "actor_user",
        [TB_SOURCE_LIMIT] = "limit",
        [TB_SOURCE_CURSOR] = "cursor",
        [TB_SOURCE_BATCH] = "batch",
        [TB_SOURCE_REQUESTS] = "requests",
        [TB_SOURCE_OPERATION] = "operation",
        [TB_SOURCE_EVENT] = "event",
        [TB_SOURCE_CONTRACT_VERSION] = "contract_version",
    };
    bool is_parameter =
        binding->source == TB_SOURCE_PARAMETER || binding->source == TB_SOURCE_PARAMETER_LOOKUP;
    struct tb_str name = is_parameter ? operation->parameters[binding->index].name : binding->name;
    if (name.ptr == NULL)
        name = tb_str_of(names[binding->source]);
    return json_stringn(name.ptr, name.len);
}

static void print_step(const struct tb_program *program, const struct tb_program_step *step,
                       bool answers, void *context)
{
    json_t *parameters = json_array();
    (void)answers;
    for (int i = 0; i < step->statement.params_count; i++)
        json_array_append_new(parameters, binding_name(program->operation, &step->bindings[i]));
    json_array_append_new(context, json_pack("{s:s, s:s, s:o}", "name", step->statement.name, "sql",
                                             step->statement.sql, "parameters", parameters));
}

static void print_engine(json_t *statements)
{
    const struct tb_db_statement *engine[] = {&tb_engine.claim_keys, &tb_engine.find_key,
                                              &tb_engine.find_token};
    for (size_t i = 0; i < sizeof(engine) / sizeof(engine[0]); i++)
        json_array_append_new(
            statements, json_pack("{s:s, s:s}", "name", engine[i]->name, "sql", engine[i]->sql));
}

static bool print_operation(const struct tb_contract *contract, const char *id, json_t *statements)
{
    if (strcmp(id, "engine") == 0) {
        print_engine(statements);
        return true;
    }
    for (size_t i = 0; i < contract->operations_count; i++) {
        const struct tb_operation *operation = &contract->operations[i];
        if (strcmp(operation->id, id) != 0 || operation->program == NULL)
            continue;
        tb_program_each(operation->program, print_step, statements);
        return true;
    }
    fprintf(stderr, "timebankd sql: no operation %s with SQL\n", id);
    return false;
}

int tb_command_sql(int argc, char **argv)
{
    struct tb_contract *contract = NULL;
    if (argc == 0 || !tb_options_known(argc, argv, (const char *const[]){NULL})) {
        fprintf(stderr, "timebankd sql: OPERATION… or engine\n");
        return 2;
    }
    if (tb_environment_contract(&contract) != TB_OK)
        return 1;
    json_t *statements = json_array();
    bool found = true;
    for (int i = 0; i < argc; i++)
        found = print_operation(contract, argv[i], statements) && found;
    if (found) {
        json_dumpf(statements, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(statements);
    tb_contract_free(contract);
    return found ? 0 : 1;
}
