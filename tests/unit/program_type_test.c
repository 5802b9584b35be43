#include "timebank/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool fits(const char *schema_text, const char *type)
{
    struct tb_arena *arena = tb_arena_new(1024 * 1024);
    json_t *raw = json_loads(schema_text, 0, NULL);
    const struct tb_schema *schema;
    struct tb_error_text error;
    assert_non_null(raw);
    assert_int_equal(tb_schema_compile(raw, raw, arena, &schema, &error), TB_OK);
    bool result = tb_program_type_fits(schema, tb_str_of(type));
    tb_arena_free(arena);
    json_decref(raw);
    return result;
}

static void a_string_is_text_or_what_its_format_says(void **state)
{
    (void)state;
    assert_true(fits("{\"type\":\"string\"}", "text"));
    assert_false(fits("{\"type\":\"string\"}", "int"));
    assert_false(fits("{\"type\":\"string\"}", "bigint"));
    assert_true(fits("{\"type\":[\"string\",\"null\"],\"format\":\"date\"}", "date"));
    assert_false(fits("{\"type\":\"string\",\"format\":\"date\"}", "timestamptz"));
    assert_true(fits("{\"type\":\"string\",\"format\":\"uuid\"}", "uuid"));
    assert_true(fits("{\"type\":\"string\",\"pattern\":\"^[0-9]{12}$\"}", "bigint"));
}

static void numbers_and_booleans_are_themselves(void **state)
{
    (void)state;
    assert_true(fits("{\"type\":\"integer\"}", "bigint"));
    assert_false(fits("{\"type\":\"integer\"}", "text"));
    assert_true(fits("{\"type\":\"boolean\"}", "boolean"));
    assert_false(fits("{\"type\":\"boolean\"}", "int"));
}

static void lists_and_objects_are_json(void **state)
{
    (void)state;
    assert_true(fits("{\"type\":\"array\"}", "jsonb"));
    assert_true(fits("{\"type\":\"array\"}", "text[]"));
    assert_false(fits("{\"type\":\"object\"}", "uuid"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_text_or_what_its_format_says),
        cmocka_unit_test(numbers_and_booleans_are_themselves),
        cmocka_unit_test(lists_and_objects_are_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
