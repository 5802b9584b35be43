#include "db/segment.h"

static const struct tb_db_statement *statements[TB_DB_STATEMENTS_MAX];
static unsigned statements_count;

void tb_db_statement_register(struct tb_db_statement *statement)
{
    TB_BUG_IF(statements_count == TB_DB_STATEMENTS_MAX);
    TB_BUG_IF(statement->name[0] == '\0' || strlen(statement->name) > 63);
    TB_BUG_IF(statement->params_count < 0 || statement->params_count > UINT16_MAX);
    for (unsigned i = 0; i < statements_count; i++)
        TB_BUG_IF(strcmp(statements[i]->name, statement->name) == 0);
    statement->id = statements_count;
    statements[statements_count++] = statement;
}

unsigned tb_db_statements_count(void)
{
    return statements_count;
}
