#include "operation/program.h"

#include "timebank/json.h"

static bool is_one_of(struct tb_str type, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (tb_str_is(type, names[i]))
            return true;
    return false;
}

/* Region codes are strings of digits in JSON and bigint in SQL. */
static bool is_digits(const struct tb_schema *schema)
{
    struct tb_str pattern = tb_json_str(tb_schema_keyword(schema, "pattern"));
    return pattern.ptr != NULL && tb_str_starts_with(pattern, TB_STR("^[0-9]"));
}

static bool string_fits(const struct tb_schema *schema, struct tb_str type)
{
    struct tb_str format = tb_schema_format(schema);
    if (tb_str_is(type, "text"))
        return true;
    if (tb_str_is(type, "uuid"))
        return tb_str_is(format, "uuid");
    if (tb_str_is(type, "date"))
        return tb_str_is(format, "date");
    if (tb_str_is(type, "timestamptz"))
        return tb_str_is(format, "date-time");
    return tb_str_is(type, "bigint") && is_digits(schema);
}

bool tb_program_type_fits(const struct tb_schema *schema, struct tb_str type)
{
    static const char *const numbers[] = {"int", "integer", "bigint", "smallint", "numeric", NULL};
    static const char *const booleans[] = {"boolean", "bool", NULL};
    static const char *const wholes[] = {"jsonb", "json", "text[]", "uuid[]", "text", NULL};
    unsigned types = tb_schema_types(schema) & ~TB_SCHEMA_TYPE_NULL;
    if (types == TB_SCHEMA_TYPE_STRING)
        return string_fits(schema, type);
    if ((types & ~(TB_SCHEMA_TYPE_INTEGER | TB_SCHEMA_TYPE_NUMBER)) == 0)
        return is_one_of(type, numbers);
    if (types == TB_SCHEMA_TYPE_BOOLEAN)
        return is_one_of(type, booleans);
    return is_one_of(type, wholes);
}
