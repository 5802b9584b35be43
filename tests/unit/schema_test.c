/* Checking values and text where the public suite does not look: edges, exactness, bounds. */
#include "schema_fixture.h"

#include <time.h>

static void numeric_limits_at_their_edges(void **state)
{
    const char *schema = "{\"minimum\":1,\"maximum\":480}";
    check(state, schema, "1", "");
    check(state, schema, "480", "");
    check(state, schema, "0", " minimum 1");
    check(state, schema, "481", " maximum 480");
    check(state, schema, "480.5", " maximum 480");
    schema = "{\"exclusiveMinimum\":1,\"exclusiveMaximum\":480}";
    check(state, schema, "1", " exclusive_minimum 1");
    check(state, schema, "1.0", " exclusive_minimum 1");
    check(state, schema, "2", "");
    check(state, schema, "479", "");
    check(state, schema, "480", " exclusive_maximum 480");
}

static void integers_beyond_doubles_stay_exact(void **state)
{
    const char *schema = "{\"type\":\"integer\",\"maximum\":9007199254740992}";
    check(state, schema, "9007199254740992", "");
    check(state, schema, "9007199254740993", " maximum 9007199254740992");
    schema = "{\"const\":9007199254740993}";
    check(state, schema, "9007199254740993", "");
    check(state, schema, "9007199254740992", " const 9007199254740993");
    check(state, "{\"multipleOf\":2}", "9007199254740993", " multiple_of 2");
    check(state, "{\"multipleOf\":2}", "9007199254740992", "");
    check(state, "{\"multipleOf\":3}", "-9223372036854775808", " multiple_of 3");
    check(state, "{\"multipleOf\":2}", "-9223372036854775808", "");
    check(state, "{\"maximum\":9223372036854775807}", "1e19", " maximum 9223372036854775807");
}

static void integers_are_values_not_spellings(void **state)
{
    check(state, "{\"type\":\"integer\"}", "1.0", "");
    check(state, "{\"type\":\"integer\"}", "1.5", " type integer");
    check(state, "{\"type\":\"integer\"}", "9007199254740992.0", "");
    check(state, "{\"type\":\"integer\"}", "9007199254740994.0", " type integer");
    check(state, "{\"type\":\"integer\"}", "1e300", " type integer");
    check(state, "{\"type\":\"number\"}", "1", "");
    check(state, "{\"enum\":[1]}", "1.0", "");
}

static void decimals_divide_as_written(void **state)
{
    check(state, "{\"multipleOf\":0.01}", "0.07", "");
    check(state, "{\"multipleOf\":0.01}", "19.99", "");
    check(state, "{\"multipleOf\":0.01}", "19.999", " multiple_of 0.01");
    check(state, "{\"multipleOf\":0.1}", "1e300", "");
    check(state, "{\"multipleOf\":1e300}", "5", " multiple_of 1e+300");
    check(state, "{\"multipleOf\":7}", "1e20", " multiple_of 7");
    check(state, "{\"multipleOf\":1e-300}", "3", "");
    check(state, "{\"multipleOf\":0.5}", "-1.5", "");
    check(state, "{\"multipleOf\":0.5}", "0.0", "");
}

static void lengths_count_characters(void **state)
{
    const char *schema = "{\"minLength\":2,\"maxLength\":3}";
    check(state, schema, "\"\xe6\x97\xb6\"", " min_length 2");
    check(state, schema, "\"\xe6\x97\xb6\xf0\x9f\x98\x80\"", "");
    check(state, schema, "\"\xe6\x97\xb6\xe6\x97\xb6\xe6\x97\xb6\"", "");
    check(state, schema, "\"abcd\"", " max_length 3");
    check(state, "{\"maxLength\":0}", "\"\"", "");
}

static void item_and_member_counts_at_their_edges(void **state)
{
    const char *schema = "{\"minItems\":1,\"maxItems\":2}";
    check(state, schema, "[]", " min_items 1");
    check(state, schema, "[1]", "");
    check(state, schema, "[1,2]", "");
    check(state, schema, "[1,2,3]", " max_items 2");
    schema = "{\"minProperties\":1,\"maxProperties\":2}";
    check(state, schema, "{}", " min_properties 1");
    check(state, schema, "{\"a\":1,\"b\":2}", "");
    check(state, schema, "{\"a\":1,\"b\":2,\"c\":3}", " max_properties 2");
}

static void all_errors_come_at_once(void **state)
{
    check(state,
          "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"name\",\"hours\"],"
          "\"properties\":{\"name\":{\"type\":\"string\"},\"hours\":{\"type\":\"integer\","
          "\"minimum\":1},\"lines\":{\"type\":\"array\",\"uniqueItems\":true,\"items\":{"
          "\"type\":[\"string\",\"null\"],\"enum\":[\"a\",\"b\",null],\"maxLength\":1}}}}",
          "{\"hours\":0,\"lines\":[\"a\",7,\"ccc\",\"a\"],\"extra\":1,\"more\":{}}",
          "/name required\n/hours minimum 1\n/lines unique_items\n/lines/1 type null or string\n"
          "/lines/2 enum \"a\", \"b\", null\n/lines/2 max_length 1\n/extra unknown_field\n"
          "/more unknown_field");
}

static void pointers_are_escaped(void **state)
{
    check(state,
          "{\"properties\":{\"a/b\":{\"properties\":{\"~x\":{\"items\":{\"type\":"
          "\"null\"}}}}},\"required\":[\"~/\"]}",
          "{\"a/b\":{\"~x\":[null,1]}}", "/~0~1 required\n/a~1b/~0x/1 type null");
}

static void same_fault_is_told_once(void **state)
{
    const char *schema = "{\"$defs\":{\"n\":{\"type\":\"integer\"}},\"allOf\":[{\"$ref\":"
                         "\"#/$defs/n\"},{\"$ref\":\"#/$defs/n\"}],\"type\":\"integer\"}";
    check(state, schema, "\"x\"", " type integer");
    /* Known already, a fault must still make the next value invalid. */
    const struct tb_schema *compiled = compile(state, schema);
    struct tb_schema_errors errors = {.count = 0};
    assert_true(tb_schema_validate(compiled, parse(state, "true"), *state, &errors) > 0);
    assert_true(tb_schema_validate(compiled, parse(state, "null"), *state, &errors) > 0);
    assert_int_equal(errors.count, 1);
}

static size_t validate_items(void **state, size_t count, struct tb_schema_errors *errors)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        assert_int_equal(json_array_append_new(array, json_true()), 0);
    const struct tb_schema *schema = compile(state, "{\"items\":{\"type\":\"null\"}}");
    size_t found = tb_schema_validate(schema, array, *state, errors);
    json_decref(array);
    return found;
}

static void errors_are_capped(void **state)
{
    struct tb_schema_errors errors = {.count = 0};
    assert_int_equal(validate_items(state, TB_SCHEMA_ERRORS_MAX, &errors), TB_SCHEMA_ERRORS_MAX);
    assert_int_equal(errors.count, TB_SCHEMA_ERRORS_MAX);
    assert_false(errors.truncated);
    errors = (struct tb_schema_errors){.count = 0};
    assert_int_equal(validate_items(state, TB_SCHEMA_ERRORS_MAX + 1, &errors),
                     TB_SCHEMA_ERRORS_MAX + 1);
    assert_true(errors.truncated);
    /* It stops at the first that finds no room, and full errors make no later value valid. */
    assert_int_equal(validate_items(state, 5000, &errors), TB_SCHEMA_ERRORS_MAX + 1);
    assert_int_equal(validate_items(state, 0, &errors), 0);
    assert_true(errors.truncated);
    assert_int_equal(errors.count, TB_SCHEMA_ERRORS_MAX);
}

static void full_errors_do_not_pass_text(void **state)
{
    struct tb_schema_errors errors = {.count = 0};
    (void)validate_items(state, TB_SCHEMA_ERRORS_MAX + 1, &errors);
    const struct tb_schema *list =
        compile(state, "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}");
    json_t *value = NULL;
    assert_true(tb_schema_validate_text(list, TB_STR("1,x"), TB_STR("p"), *state, &errors, &value) >
                0);
    assert_null(value);
    assert_int_equal(
        tb_schema_validate_text(list, TB_STR("1,2"), TB_STR("p"), *state, &errors, &value), 0);
    assert_int_equal(json_array_size(value), 2);
}

static void full_arena_never_makes_valid(void **state)
{
    const struct tb_schema *schema = compile(state, "{\"required\":[\"a\",\"b\"]}");
    struct tb_arena *tiny = tb_arena_new(1);
    struct tb_schema_errors errors = {.count = 0};
    assert_int_equal(tb_schema_validate(schema, parse(state, "{}"), tiny, &errors), 2);
    assert_true(tb_arena_overflowed(tiny));
    tb_arena_free(tiny);
}

static void long_names_are_not_repeated(void **state)
{
    char value[4096] = "";
    (void)snprintf(value, sizeof(value), "{\"a\":{\"%02000d\":1}}", 0);
    check(state, "{\"properties\":{\"a\":{\"additionalProperties\":false}}}", value,
          "/a unknown_field");
}

static void deep_values_are_checked_to_the_end(void **state)
{
    char value[512] = "";
    size_t len = 0;
    for (size_t i = 0; i < 60; i++, len += 5)
        memcpy(value + len, "{\"a\":", sizeof("{\"a\":") - 1);
    value[len++] = '1';
    memset(value + len, '}', 60);
    const struct tb_schema *schema =
        compile(state, "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}}}");
    struct tb_schema_errors errors = {.count = 0};
    assert_int_equal(tb_schema_validate(schema, parse(state, value), *state, &errors), 1);
    assert_int_equal(errors.items[0].pointer.len, 120);
    assert_int_equal(errors.items[0].code, TB_SCHEMA_TYPE);
}

/* How long one match takes, in milliseconds of this process. */
static long match_ms(void **state, const char *pattern, const char *value)
{
    json_t *raw = json_pack("{s:s}", "pattern", pattern);
    assert_int_equal(tb_json_defer(*state, raw), TB_OK);
    const struct tb_schema *schema = NULL;
    struct tb_error_text error;
    assert_int_equal(tb_schema_compile(raw, raw, *state, &schema, &error), TB_OK);
    json_t *text = json_string(value);
    struct tb_schema_errors errors = {.count = 0};
    clock_t start = clock();
    size_t found = tb_schema_validate(schema, text, *state, &errors);
    clock_t end = clock();
    json_decref(text);
    assert_int_equal(found, 1);
    assert_int_equal(errors.items[0].code, TB_SCHEMA_PATTERN);
    return (long)((end - start) * 1000 / CLOCKS_PER_SEC);
}

static void evil_patterns_stop(void **state)
{
    static const char *const patterns[] = {"^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "(x+x+)+y",
                                           "^(([a-z])+.)+[A-Z]([a-z])+$"};
    char value[20001];
    memset(value, 'a', sizeof(value) - 1);
    value[sizeof(value) - 2] = '!';
    value[sizeof(value) - 1] = '\0';
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        assert_in_range(match_ms(state, patterns[i], value), 0, 1000);
}

static void patterns_follow_ecma(void **state)
{
    check(state, "{\"pattern\":\"^a$\"}", "\"a\\n\"", " pattern ^a$");
    check(state, "{\"pattern\":\"^\\\\d+$\"}", "\"\xd9\xa1\"", " pattern ^\\d+$");
    check(state, "{\"pattern\":\"^.$\"}", "\"\xf0\x9f\x98\x80\"", "");
    check(state, "{\"pattern\":\"^\\\\u00e9$\"}", "\"\xc3\xa9\"", "");
    check(state, "{\"pattern\":\"b\"}", "\"abc\"", "");
    check(state, "{\"pattern\":\"b\"}", "7", "");
    check(state, "{\"maxLength\":2,\"pattern\":\"b\"}", "\"aaa\"", " max_length 2");
}

static void long_text_that_matches_is_accepted(void **state)
{
    char value[6003] = "\"";
    memset(value + 1, 'a', 6000);
    value[6001] = '"';
    check(state, "{\"pattern\":\"^[a-z ]{0,8000}$\"}", value, "");
    check(state, "{\"pattern\":\"^(a|b)*$\"}", value, "");
}

static void formats_are_asserted(void **state)
{
    static const char *const good[][2] = {
        {"date", "2024-02-29"},
        {"date", "2000-02-29"},
        {"date", "9999-12-31"},
        {"date-time", "2025-01-01T00:00:00Z"},
        {"date-time", "2025-01-01t23:59:59.123456789+08:00"},
        {"date-time", "2016-12-31T23:59:60Z"},
        {"date-time", "2017-01-01T07:59:60+08:00"},
        {"time", "00:00:00-23:59"},
        {"uuid", "01890a5d-ac96-774b-bcce-b302099a8057"},
        {"uuid", "01890A5D-AC96-774B-BCCE-B302099A8057"},
        {"email", "not asserted"},
        {"int64", "not asserted"},
    };
    static const char *const bad[][2] = {
        {"date", "2025-02-29"},
        {"date", "1900-02-29"},
        {"date", "2025-04-31"},
        {"date", "2025-13-01"},
        {"date", "2025-00-01"},
        {"date", "2025-01-00"},
        {"date", "0000-01-01"},
        {"date", "2025-1-01"},
        {"date", "2025-01-01 "},
        {"date", "-025-01-01"},
        {"date", ""},
        {"date-time", "2025-01-01T00:00:00"},
        {"date-time", "2025-01-01 00:00:00Z"},
        {"date-time", "2025-01-01T24:00:00Z"},
        {"date-time", "2025-01-01T00:60:00Z"},
        {"date-time", "2025-01-01T00:00:60Z"},
        {"date-time", "2016-12-31T23:59:61Z"},
        {"date-time", "2025-01-01T00:00:00.Z"},
        {"date-time", "2025-01-01T00:00:00+24:00"},
        {"date-time", "2025-01-01T00:00:00+0800"},
        {"date-time", "2025-01-01T00:00:00+08:60"},
        {"time", "12:00:00"},
        {"time", "12:00Z"},
        {"uuid", "01890a5dac96774bbcceb302099a8057"},
        {"uuid", "01890a5d-ac96-774b-bcce-b302099a805"},
        {"uuid", "01890a5d-ac96-774b-bcce-b302099a805g"},
    };
    char schema[64];
    char value[64];
    char expected[64];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(schema, sizeof(schema), "{\"format\":\"%s\"}", good[i][0]);
        (void)snprintf(value, sizeof(value), "\"%s\"", good[i][1]);
        check(state, schema, value, "");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(schema, sizeof(schema), "{\"format\":\"%s\"}", bad[i][0]);
        (void)snprintf(value, sizeof(value), "\"%s\"", bad[i][1]);
        (void)snprintf(expected, sizeof(expected), " format %s", bad[i][0]);
        check(state, schema, value, expected);
    }
}

static void false_schemas_and_names(void **state)
{
    check(state, "{\"properties\":{\"a\":false}}", "{\"a\":1}", "/a not_allowed");
    check(state, "{\"prefixItems\":[true],\"items\":false}", "[1,2]", "/1 not_allowed");
    check(state, "{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1,\"bb\":2}",
          "/bb property_name");
    check(state, "{\"additionalProperties\":{\"type\":\"integer\"}}", "{\"a\":1,\"b\":\"x\"}",
          "/b type integer");
}

static void unique_items_of_many_is_fast(void **state)
{
    json_t *array = json_array();
    for (int i = 0; i < 60000; i++)
        assert_int_equal(json_array_append_new(array, json_integer(i)), 0);
    const struct tb_schema *schema = compile(state, "{\"uniqueItems\":true}");
    struct tb_schema_errors errors = {.count = 0};
    clock_t start = clock();
    assert_int_equal(tb_schema_validate(schema, array, *state, &errors), 0);
    assert_int_equal(json_array_append_new(array, json_real(59999.0)), 0);
    assert_int_equal(tb_schema_validate(schema, array, *state, &errors), 1);
    assert_in_range((clock() - start) * 1000 / CLOCKS_PER_SEC, 0, 3000);
    json_decref(array);
}

/* The JSON that the text was read as, or the errors. */
static void check_text(void **state, const char *schema, struct tb_str text, const char *expected)
{
    struct tb_schema_errors errors = {.count = 0};
    json_t *value = NULL;
    struct tb_buf out;
    tb_buf_init(&out, 4096);
    size_t found = tb_schema_validate_text(compile(state, schema), text, TB_STR("limit"), *state,
                                           &errors, &value);
    assert_int_equal(found == 0, value != NULL);
    if (found == 0) {
        tb_json_canonical(value, &out);
        tb_buf_add_char(&out, '\0');
    } else {
        print_errors(&errors, &out);
    }
    assert_string_equal(out.data, expected);
    tb_buf_fini(&out);
}

static void text_is_read_by_type(void **state)
{
    const char *integer = "{\"type\":\"integer\",\"maximum\":200}";
    check_text(state, integer, TB_STR("200"), "200");
    check_text(state, integer, TB_STR("1.0"), "1");
    check_text(state, integer, TB_STR("201"), "limit maximum 200");
    static const char *const bad[] = {"",    " 1",  "1 ",  "+1", "01", "1.5",
                                      "0x1", "1,2", "abc", "-",  "1e", "true"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_text(state, integer, tb_str_of(bad[i]), "limit type integer");
    check_text(state, integer, TB_STR("9223372036854775808"), "limit number_range");
    check_text(state, "{\"type\":\"number\"}", TB_STR("-1.5e1"), "-15");
    check_text(state, "{\"type\":\"number\"}", TB_STR("1e400"), "limit number_range");
    check_text(state, "{\"type\":\"boolean\"}", TB_STR("true"), "true");
    check_text(state, "{\"type\":\"boolean\"}", TB_STR("false"), "false");
    check_text(state, "{\"type\":\"boolean\"}", TB_STR("1"), "limit type boolean");
    check_text(state, "{\"type\":[\"integer\",\"string\"]}", TB_STR("x1"), "\"x1\"");
    check_text(state, "{\"enum\":[\"1\"]}", TB_STR("1"), "\"1\"");
    check_text(state, "{\"type\":\"object\"}", TB_STR("{}"), "limit type object");
}

static void text_of_strings(void **state)
{
    const char *schema = "{\"$ref\":\"#/$defs/s\",\"$defs\":{\"s\":{\"type\":\"string\","
                         "\"maxLength\":3}}}";
    check_text(state, schema, TB_STR(""), "\"\"");
    check_text(state, schema, TB_STR_NULL, "\"\"");
    check_text(state, schema, TB_STR("1,2"), "\"1,2\"");
    check_text(state, schema, TB_STR("abcd"), "limit max_length 3");
    check_text(state, schema, TB_STR("\xff"), "limit invalid_text");
    check_text(state, schema, TB_STR("a\0b"), "limit invalid_text");
}

static void text_of_arrays(void **state)
{
    const char *schema = "{\"type\":\"array\",\"maxItems\":3,\"items\":{\"type\":\"integer\"}}";
    check_text(state, schema, TB_STR("1,2,3"), "[1,2,3]");
    check_text(state, schema, TB_STR(""), "[]");
    check_text(state, schema, TB_STR("1,2,3,4"), "limit max_items 3");
    check_text(state, schema, TB_STR("1,,x"), "limit/1 type integer\nlimit/2 type integer");
    check_text(state, schema, TB_STR("1,"), "limit/1 type integer");
    check_text(state, "{\"type\":\"array\"}", TB_STR(",a"), "[\"\",\"a\"]");
}

static void errors_read_as_sentences(void **state)
{
    static const char *const cases[][4] = {
        {"{\"minimum\":1}", "0", "不得小于 1", "must be at least 1"},
        {"{\"maxLength\":1}", "\"ab\"", "至多 1 个字符", "must have at most 1 characters"},
        {"{\"format\":\"date\"}", "\"\"", "不是有效的 date", "must be a valid date"},
        {"{\"enum\":[\"a\",2]}", "1", "须为以下之一:\"a\", 2", "must be one of \"a\", 2"},
        {"{\"type\":[\"number\",\"null\"]}", "true", "类型须为 null or number",
         "must be of type null or number"},
        {"{\"required\":[\"a\"]}", "{}", "缺少必填项", "is required"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tb_schema_errors errors = {.count = 0};
        const struct tb_schema *schema = compile(state, cases[i][0]);
        assert_int_equal(tb_schema_validate(schema, parse(state, cases[i][1]), *state, &errors), 1);
        for (int language = 0; language < TB_LANGUAGE_COUNT; language++) {
            struct tb_buf out;
            tb_buf_init(&out, 512);
            tb_schema_error_describe(&errors.items[0], (enum tb_language)language, &out);
            tb_buf_add_char(&out, '\0');
            assert_string_equal(out.data, cases[i][2 + language]);
            tb_buf_fini(&out);
        }
    }
}

static void codes_have_distinct_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_SCHEMA_CODE_COUNT; i++) {
        const char *name = tb_schema_code_name((enum tb_schema_code)i);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(name, tb_schema_code_name((enum tb_schema_code)j));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(numeric_limits_at_their_edges),
        TEST(integers_beyond_doubles_stay_exact),
        TEST(integers_are_values_not_spellings),
        TEST(decimals_divide_as_written),
        TEST(lengths_count_characters),
        TEST(item_and_member_counts_at_their_edges),
        TEST(all_errors_come_at_once),
        TEST(pointers_are_escaped),
        TEST(same_fault_is_told_once),
        TEST(errors_are_capped),
        TEST(full_errors_do_not_pass_text),
        TEST(full_arena_never_makes_valid),
        TEST(long_names_are_not_repeated),
        TEST(deep_values_are_checked_to_the_end),
        TEST(evil_patterns_stop),
        TEST(patterns_follow_ecma),
        TEST(long_text_that_matches_is_accepted),
        TEST(formats_are_asserted),
        TEST(false_schemas_and_names),
        TEST(unique_items_of_many_is_fast),
        TEST(text_is_read_by_type),
        TEST(text_of_strings),
        TEST(text_of_arrays),
        TEST(errors_read_as_sentences),
        TEST(codes_have_distinct_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
