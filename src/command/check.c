/*
 * timebankd check: what cannot be known without the database. Every statement is PREPAREd; the
 * columns that answer are compared with the contract's properties, by name and by type.
 */
#include "command/command.h"

#include "timebank/program.h"

#include <stdarg.h>

#include <stdio.h>

struct check {
    struct tb_db_session *session;
    unsigned statements;
    unsigned findings;
};

__attribute__((format(printf, 3, 4))) static void
finding(struct check *check, const struct tb_program_step *step, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s: ", step->statement.name);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    check->findings++;
}

/* Types by their names in pg_type, told by their oids, which never change for built-in ones. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_JSON = 114,
    OID_DATE = 1082,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
    OID_BYTEA = 17,
    OID_UUID = 2950,
    OID_JSONB = 3802,
    OID_FLOAT8 = 701
};

static bool type_fits(enum tb_field_kind kind, Oid type)
{
    switch (kind) {
    case TB_FIELD_STRING:
        return type != OID_BOOL && type != OID_TIMESTAMPTZ && type != OID_JSON &&
               type != OID_JSONB && type != OID_BYTEA;
    case TB_FIELD_LITERAL:
        return type == OID_INT2 || type == OID_INT4 || type == OID_INT8 || type == OID_NUMERIC ||
               type == OID_FLOAT8;
    case TB_FIELD_BOOLEAN:
        return type == OID_BOOL;
    case TB_FIELD_TIME:
        return type == OID_TIMESTAMPTZ;
    case TB_FIELD_JSON:
        return type == OID_JSON || type == OID_JSONB;
    case TB_FIELD_SEALED:
        return type == OID_BYTEA;
    case TB_FIELD_GENERATED:
        return true;
    }
    return false;
}

static void check_field(struct check *check, const struct tb_program_step *step,
                        const struct tb_field *field, const PGresult *described)
{
    int column = PQfnumber(described, field->name.ptr);
    if (field->kind == TB_FIELD_GENERATED)
        return;
    if (column < 0)
        finding(check, step, "the answer's %.*s is no column", TB_STR_ARG(field->name));
    else if (!type_fits(field->kind, PQftype(described, column)))
        finding(check, step, "column %.*s has type oid %u, which the contract does not allow",
                TB_STR_ARG(field->name), PQftype(described, column));
}

static const char *type_name(Oid type)
{
    static const struct {
        Oid oid;
        const char *name;
    } names[] = {{OID_BOOL, "boolean"},    {OID_INT8, "bigint"},
                 {OID_INT2, "smallint"},   {OID_INT4, "integer"},
                 {OID_TEXT, "text"},       {OID_JSON, "json"},
                 {OID_DATE, "date"},       {OID_TIMESTAMPTZ, "timestamptz"},
                 {OID_NUMERIC, "numeric"}, {OID_UUID, "uuid"},
                 {OID_JSONB, "jsonb"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].oid == type)
            return names[i].name;
    return "of another type";
}

static void check_parameters(struct check *check, const struct tb_program *program,
                             const struct tb_program_step *step, const PGresult *described)
{
    if (step == program->batch)
        return; /* its arrays are of text; the step for one request has told */
    for (int i = 0; i < PQnparams(described) && i < step->statement.params_count; i++) {
        if (step->bindings[i].source != TB_SOURCE_PARAMETER)
            continue;
        const struct tb_parameter *parameter =
            &program->operation->parameters[step->bindings[i].index];
        const char *type = type_name(PQparamtype(described, i));
        if (!tb_program_type_fits(parameter->schema, tb_str_of(type)))
            finding(check, step, "the parameter %.*s is %s, which does not fit the contract",
                    TB_STR_ARG(parameter->name), type);
    }
}

static void check_columns(struct check *check, const struct tb_program *program,
                          const struct tb_program_step *step, const PGresult *described)
{
    static const char *const outcome[] = {"ordinal", "code", "args", "subject_id", "region_code"};
    static const char *const file[] = {"sha256", "bytes", "media_type"};
    const struct tb_operation *operation = program->operation;
    for (size_t i = 0; i < operation->fields_count; i++)
        check_field(check, step, &operation->fields[i], described);
    for (size_t i = 0; operation->answers_file && i < 3; i++)
        if (PQfnumber(described, file[i]) < 0)
            finding(check, step, "a file needs the column %s", file[i]);
    if (operation->answers_page && PQfnumber(described, "page") < 0)
        finding(check, step, "a page needs the column page");
    for (size_t i = 0; operation->lane == TB_LANE_WRITE && i < 5; i++)
        if (PQfnumber(described, outcome[i]) < 0)
            finding(check, step, "outcome lacks the column %s", outcome[i]);
}

static void check_step(const struct tb_program *program, const struct tb_program_step *step,
                       bool answers, void *context)
{
    struct check *check = context;
    PGconn *connection = tb_db_session_connection(check->session);
    PGresult *result = PQprepare(connection, "", step->statement.sql, 0, NULL);
    check->statements++;
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        finding(check, step, "%s", PQresultErrorMessage(result));
        PQclear(result);
        return;
    }
    PQclear(result);
    result = PQdescribePrepared(connection, "");
    if (PQnparams(result) != step->statement.params_count)
        finding(check, step, "it takes %d parameters, not %d", PQnparams(result),
                step->statement.params_count);
    check_parameters(check, program, step, result);
    if (answers)
        check_columns(check, program, step, result);
    PQclear(result);
}

int tb_command_check(int argc, char **argv)
{
    struct tb_contract *contract = NULL;
    struct check check = {0};
    if (!tb_options_known(argc, argv, (const char *const[]){NULL}))
        return 2;
    if (tb_environment_contract(&contract) != TB_OK)
        return 1;
    if (tb_environment_session(&check.session) != TB_OK) {
        tb_contract_free(contract);
        return 1;
    }
    for (size_t i = 0; i < contract->operations_count; i++)
        if (contract->operations[i].program != NULL)
            tb_program_each(contract->operations[i].program, check_step, &check);
    printf("%zu operations, %u statements, %u findings\n", contract->operations_count,
           check.statements, check.findings);
    tb_db_session_close(check.session);
    tb_contract_free(contract);
    return check.findings == 0 ? 0 : 1;
}
