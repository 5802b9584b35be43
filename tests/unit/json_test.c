/* The strict reading of JSON: every refusal with its code and place, every limit at its edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timebank/json.h"

#include <stdio.h>
#include <stdlib.h>

static int setup(void **state)
{
    *state = tb_arena_new(1 << 20);
    return *state == NULL;
}

static int teardown(void **state)
{
    tb_arena_free(*state);
    return 0;
}

static json_t *accept(void **state, struct tb_str text)
{
    json_t *value = NULL;
    struct tb_json_error error;
    const struct tb_json_limits limits = {.allow_scalar = true};
    assert_int_equal(tb_json_parse(text, &limits, *state, &value, &error), TB_OK);
    assert_non_null(value);
    return value;
}

static struct tb_json_error refuse(void **state, struct tb_str text, const char *code)
{
    json_t *value = NULL;
    struct tb_json_error error = {0};
    assert_int_not_equal(tb_json_parse(text, NULL, *state, &value, &error), TB_OK);
    assert_null(value);
    assert_string_equal(tb_json_code_name(error.code), code);
    assert_true(error.text[0] != '\0');
    return error;
}

static void assert_str(struct tb_str actual, const char *expected)
{
    assert_non_null(actual.ptr);
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.ptr, expected, actual.len);
}

static void assert_canonical(void **state, const char *text, const char *expected)
{
    struct tb_buf out;
    tb_buf_init(&out, 4096);
    tb_json_canonical(accept(state, tb_str_of(text)), &out);
    assert_false(out.overflow);
    assert_str(tb_buf_str(&out), expected);
    tb_buf_fini(&out);
}

static void malformed_text_is_refused(void **state)
{
    static const char *const texts[] = {
        "{",        "[1,]",      "{\"a\":1,}", "[01]",           "[1.]",          "[.5]",
        "[+1]",     "[NaN]",     "{a:1}",      "['a']",          "[1] x",         "[1][2]",
        "[\"\t\"]", "[\"\\x\"]", "// a\n[]",   "\xef\xbb\xbf[]", "[\"\\ud800\"]", "[\"\\udc00a\"]",
        "[\"a",     "]",         "{\"a\" 1}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        (void)refuse(state, tb_str_of(texts[i]), "json_malformed");
}

static void malformed_text_is_placed(void **state)
{
    struct tb_json_error error = refuse(state, TB_STR("{\"a\": 1,\n \"b\" 2}"), "json_malformed");
    assert_int_equal(error.line, 2);
    assert_int_equal(error.position, 15);
    assert_int_equal(error.column, 7);
    assert_null(error.pointer.ptr);
}

static void nothing_is_not_a_value(void **state)
{
    (void)refuse(state, TB_STR_NULL, "json_empty");
    (void)refuse(state, TB_STR(""), "json_empty");
    (void)refuse(state, TB_STR(" \r\n\t"), "json_empty");
}

static void scalars_need_the_option(void **state)
{
    (void)refuse(state, TB_STR("1"), "json_scalar");
    (void)refuse(state, TB_STR("null"), "json_scalar");
    (void)refuse(state, TB_STR("\"a\""), "json_scalar");
    assert_true(json_is_null(accept(state, TB_STR("null"))));
    assert_int_equal(json_integer_value(accept(state, TB_STR(" 7 "))), 7);
}

static void duplicate_keys_are_named(void **state)
{
    struct tb_json_error error =
        refuse(state, TB_STR("{\"a\":[{},{\"x/y~\\u0041\":1,\"b\":{\"c\":1},\"x\\/y~A\":2}]}"),
               "json_duplicate_key");
    assert_str(error.name, "x/y~A");
    assert_str(error.pointer, "/a/1/x~1y~0A");
    error = refuse(state, TB_STR("{\"\":1,\"\":1}"), "json_duplicate_key");
    assert_str(error.name, "");
    assert_str(error.pointer, "/");
    (void)accept(state, TB_STR("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"));
}

static void long_names_are_not_repeated(void **state)
{
    char text[8192] = "";
    (void)snprintf(text, sizeof(text), "{\"%02000d\":1,\"%02000d\":1}", 0, 0);
    struct tb_json_error error = refuse(state, tb_str_of(text), "json_duplicate_key");
    assert_null(error.name.ptr);
    assert_null(error.pointer.ptr);
}

static void invalid_utf8_is_refused(void **state)
{
    static const char *const texts[] = {
        "[\"\xff\"]",     "[\"\xc0\x80\"]",         "[\"\xed\xa0\x80\"]",
        "[\"\xe2\x82\"]", "[\"\xf4\x90\x80\x80\"]", "{\"\x80\":1}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        (void)refuse(state, tb_str_of(texts[i]), "json_not_utf8");
    (void)accept(state, TB_STR("[\"\xf0\x9f\x98\x80\", \"\\ud83d\\ude00\", \"\xe6\x97\xb6\"]"));
}

static void nul_is_refused(void **state)
{
    struct tb_json_error error =
        refuse(state, TB_STR("{\"a\":[1,\"x\\u0000y\"]}"), "json_nul_character");
    assert_str(error.pointer, "/a/1");
    (void)refuse(state, TB_STR("{\"a\\u0000\":1}"), "json_nul_character");
    (void)refuse(state, TB_STR("[\"a\0b\"]"), "json_malformed");
    (void)refuse(state, TB_STR("[1]\0"), "json_malformed");
}

static void integers_keep_all_64_bits(void **state)
{
    assert_int_equal(json_integer_value(accept(state, TB_STR("9223372036854775807"))), INT64_MAX);
    assert_true(json_integer_value(accept(state, TB_STR("-9223372036854775808"))) == INT64_MIN);
    assert_true(json_integer_value(accept(state, TB_STR("9007199254740993"))) == 9007199254740993);
}

static void numbers_out_of_range_are_refused(void **state)
{
    struct tb_json_error error =
        refuse(state, TB_STR("{\"a\":{\"b\":[0,9223372036854775808]}}"), "json_number_range");
    assert_str(error.pointer, "/a/b/1");
    (void)refuse(state, TB_STR("[-9223372036854775809]"), "json_number_range");
    (void)refuse(state, TB_STR("[1e400]"), "json_number_range");
    (void)refuse(state, TB_STR("[-1e400]"), "json_number_range");
    assert_true(json_is_real(accept(state, TB_STR("1e308"))));
}

/* `depth` arrays within each other; free() it. */
static char *nested(size_t depth)
{
    char *text = malloc(2 * depth + 1);
    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
    return text;
}

static enum tb_err parse_nested(void **state, size_t depth, unsigned max_depth)
{
    char *text = nested(depth);
    json_t *value;
    struct tb_json_error error = {.code = TB_JSON_MALFORMED};
    const struct tb_json_limits limits = {.max_depth = max_depth};
    enum tb_err err = tb_json_parse(tb_str_of(text), &limits, *state, &value, &error);
    if (err != TB_OK) {
        assert_int_equal(error.code, TB_JSON_TOO_DEEP);
        assert_int_equal(error.position, max_depth == 0 ? TB_JSON_DEPTH_DEFAULT : max_depth);
    }
    free(text);
    return err;
}

static void depth_is_limited(void **state)
{
    assert_int_equal(parse_nested(state, 32, 0), TB_OK);
    assert_int_equal(parse_nested(state, 33, 0), TB_ERR_LIMIT);
    assert_int_equal(parse_nested(state, 1, 1), TB_OK);
    assert_int_equal(parse_nested(state, 2, 1), TB_ERR_LIMIT);
    assert_int_equal(parse_nested(state, TB_JSON_DEPTH_MAX, TB_JSON_DEPTH_MAX), TB_OK);
    assert_int_equal(parse_nested(state, 1000000, TB_JSON_DEPTH_MAX), TB_ERR_LIMIT);
}

static void brackets_in_strings_do_not_nest(void **state)
{
    const struct tb_json_limits limits = {.max_depth = 1, .max_values = 3};
    json_t *value;
    struct tb_json_error error;
    struct tb_str text = TB_STR("[\"[[{{,,,\\\"[[\\\\\", \"]]\"]");
    assert_int_equal(tb_json_parse(text, &limits, *state, &value, &error), TB_OK);
    text = TB_STR("[\"a\\\\\",[1]]");
    assert_int_equal(tb_json_parse(text, &limits, *state, &value, &error), TB_ERR_LIMIT);
}

static void number_of_values_is_limited(void **state)
{
    const struct tb_json_limits limits = {.max_values = 4};
    json_t *value;
    struct tb_json_error error;
    assert_int_equal(tb_json_parse(TB_STR("[1,2,3]"), &limits, *state, &value, &error), TB_OK);
    assert_int_equal(tb_json_parse(TB_STR("[1,2,3,4]"), &limits, *state, &value, &error),
                     TB_ERR_LIMIT);
    assert_int_equal(error.code, TB_JSON_TOO_MANY_VALUES);
    assert_int_equal(error.position, 6);
}

static void full_arena_fails_cleanly(void **state)
{
    (void)state;
    struct tb_arena *arena = tb_arena_new(1);
    json_t *value = NULL;
    struct tb_json_error error;
    assert_int_equal(tb_json_parse(TB_STR("[]"), NULL, arena, &value, &error), TB_ERR_NO_MEMORY);
    assert_int_equal(error.code, TB_JSON_NO_MEMORY);
    assert_null(value);
    tb_arena_free(arena);
}

static void canonical_bytes(void **state)
{
    assert_canonical(state, " { \"b\" : [ 1 , true, null ], \"a\" : { } , \"B\":false} ",
                     "{\"B\":false,\"a\":{},\"b\":[1,true,null]}");
    assert_canonical(state, "\"\\u0041\\n\\u0001\\\"\\\\\\/\xc3\xa9\"",
                     "\"A\\n\\u0001\\\"\\\\/\xc3\xa9\"");
    assert_canonical(state, "[-9223372036854775808,9007199254740993]",
                     "[-9223372036854775808,9007199254740993]");
    assert_canonical(state, "[0.1,1.50,1e-7,1.7976931348623157e308,5e-324]",
                     "[0.1,1.5,1e-07,1.7976931348623157e+308,4.94065645841247e-324]");
    assert_canonical(state, "[1.0,1e3,-0.0,-2.0]", "[1,1000,0,-2]");
    assert_canonical(state, "[0.30000000000000004,0.3]", "[0.30000000000000004,0.3]");
    assert_canonical(state, "[1e19,-9223372036854775808.0]", "[1e+19,-9223372036854775808]");
}

static void canonical_overflow_shows(void **state)
{
    struct tb_buf out;
    tb_buf_init(&out, 4);
    tb_json_canonical(accept(state, TB_STR("[1,2,3]")), &out);
    assert_true(out.overflow);
    tb_buf_fini(&out);
}

static bool equal(void **state, const char *a, const char *b)
{
    bool result = tb_json_equal(accept(state, tb_str_of(a)), accept(state, tb_str_of(b)));
    assert_true(result == tb_json_equal(accept(state, tb_str_of(b)), accept(state, tb_str_of(a))));
    return result;
}

static void equality_is_that_of_values(void **state)
{
    assert_true(equal(state, "1", "1.0"));
    assert_true(equal(state, "{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1}"));
    assert_false(equal(state, "{\"a\":1}", "{\"b\":1}"));
    assert_false(equal(state, "{\"a\":1}", "{\"a\":1,\"b\":1}"));
    assert_false(equal(state, "[1,2]", "[2,1]"));
    assert_false(equal(state, "[1]", "[1,1]"));
    assert_false(equal(state, "0", "false"));
    assert_false(equal(state, "\"a\"", "\"ab\""));
    assert_false(equal(state, "9007199254740993", "9007199254740992.0"));
    assert_false(equal(state, "9223372036854775807", "9223372036854775808.0"));
    assert_true(equal(state, "-9223372036854775808", "-9223372036854775808.0"));
}

static int compare(void **state, const char *a, const char *b)
{
    return tb_json_compare_numbers(accept(state, tb_str_of(a)), accept(state, tb_str_of(b)));
}

static void numbers_compare_exactly(void **state)
{
    assert_true(compare(state, "9007199254740993", "9007199254740992.0") > 0);
    assert_true(compare(state, "9007199254740992.0", "9007199254740993") < 0);
    assert_true(compare(state, "9223372036854775807", "1e19") < 0);
    assert_true(compare(state, "-9223372036854775808", "-1e19") > 0);
    assert_true(compare(state, "1", "1.5") < 0);
    assert_true(compare(state, "-1", "-1.5") > 0);
    assert_true(compare(state, "2.5", "2") > 0);
    assert_int_equal(compare(state, "2.0", "2"), 0);
    assert_true(compare(state, "1.25", "1.5") < 0);
}

static void integers_of_reals(void **state)
{
    int64_t value = 0;
    assert_true(tb_json_to_int64(accept(state, TB_STR("3.0")), &value));
    assert_int_equal(value, 3);
    assert_true(tb_json_to_int64(accept(state, TB_STR("-9007199254740992.0")), &value));
    assert_true(value == -9007199254740992);
    value = 5;
    assert_false(tb_json_to_int64(accept(state, TB_STR("9007199254740994.0")), &value));
    assert_false(tb_json_to_int64(accept(state, TB_STR("3.5")), &value));
    assert_false(tb_json_to_int64(accept(state, TB_STR("\"3\"")), &value));
    assert_int_equal(value, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(malformed_text_is_refused),
        TEST(malformed_text_is_placed),
        TEST(nothing_is_not_a_value),
        TEST(scalars_need_the_option),
        TEST(duplicate_keys_are_named),
        TEST(long_names_are_not_repeated),
        TEST(invalid_utf8_is_refused),
        TEST(nul_is_refused),
        TEST(integers_keep_all_64_bits),
        TEST(numbers_out_of_range_are_refused),
        TEST(depth_is_limited),
        TEST(brackets_in_strings_do_not_nest),
        TEST(number_of_values_is_limited),
        TEST(full_arena_fails_cleanly),
        TEST(canonical_bytes),
        TEST(canonical_overflow_shows),
        TEST(equality_is_that_of_values),
        TEST(numbers_compare_exactly),
        TEST(integers_of_reals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
