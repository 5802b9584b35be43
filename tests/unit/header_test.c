#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "message/header.h"
#include "timebank/limits.h"

static int make_arena(void **state)
{
    *state = tb_arena_new(65536);
    return *state == NULL;
}

static int free_arena(void **state)
{
    tb_arena_free(*state);
    return 0;
}

/* ------------------------------------------------------------------ Idempotency-Key */

static void assert_key(void **state, const char *value, const char *wanted)
{
    struct tb_str key;
    assert_int_equal(tb_header_key(tb_str_of(value), *state, &key), TB_OK);
    assert_true(tb_str_is(key, wanted));
}

static void assert_no_key(void **state, struct tb_str value)
{
    struct tb_str key;
    assert_int_equal(tb_header_key(value, *state, &key), TB_ERR_INVALID);
}

static void a_key_is_the_same_quoted_or_not(void **state)
{
    assert_key(state, "a-1", "a-1");
    assert_key(state, "\"a-1\"", "a-1");
    assert_key(state, "a\"b\\c", "a\"b\\c");
    assert_key(state, "\"a\\\"b\\\\c\"", "a\"b\\c");
    assert_key(state, "!~", "!~");
}

static void a_key_that_is_no_string_is_refused(void **state)
{
    const char *const values[] = {"",        "\"",       "\"\"",      "\"a",          "\"a\"b",
                                  "\"a\\\"", "\"a\\b\"", "a b",       "\"a b\"",      "a, b",
                                  "\x7f",    "é",        "\"a\";p=1", "\"a\", \"a\"", "\t"};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        assert_no_key(state, tb_str_of(values[i]));
    assert_no_key(state, TB_STR("a\0b"));
}

static void a_key_has_at_most_255_characters_without_its_quotes_and_escapes(void **state)
{
    char value[2 * TB_LIMIT_IDEMPOTENCY_KEY_BYTES + 4];
    size_t len = 0;
    struct tb_str key;
    memset(value, 'k', sizeof(value));
    assert_int_equal(
        tb_header_key((struct tb_str){value, TB_LIMIT_IDEMPOTENCY_KEY_BYTES}, *state, &key), TB_OK);
    assert_no_key(state, (struct tb_str){value, TB_LIMIT_IDEMPOTENCY_KEY_BYTES + 1});
    value[len++] = '"';
    for (size_t i = 0; i < TB_LIMIT_IDEMPOTENCY_KEY_BYTES; i++) {
        value[len++] = '\\';
        value[len++] = '"';
    }
    value[len++] = '"';
    assert_int_equal(tb_header_key((struct tb_str){value, len}, *state, &key), TB_OK);
    assert_int_equal(key.len, TB_LIMIT_IDEMPOTENCY_KEY_BYTES);
    value[len - 1] = 'k';
    value[len++] = '"';
    assert_no_key(state, (struct tb_str){value, len});
}

/* ------------------------------------------------------------------ Content-Type */

static void json_may_have_parameters_but_no_other_charset(void **state)
{
    const char *const good[] = {"application/json",
                                "APPLICATION/Json",
                                "application/merge-patch+json",
                                "application/json;charset=utf-8",
                                "application/json ; charset=UTF-8",
                                "application/json; a=b;charset=\"utf-8\"",
                                "application/json;",
                                "application/json; ;a=\"\\\";\""};
    const char *const bad[] = {"",
                               "json",
                               "application/",
                               "/json",
                               "text/json",
                               "application/json5",
                               "application/json charset=utf-8",
                               "application/json; charset=gbk",
                               "application/json; charset=",
                               "application/json; charset=\"utf-8",
                               "application/json;charset=utf-8;charset=utf-16",
                               "application/json; charset = utf-8",
                               "application/json, text/plain",
                               "application /json",
                               "application/json; a",
                               "application/json;a=\"\\"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(tb_header_is_json(tb_str_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(tb_header_is_json(tb_str_of(bad[i])));
}

/* ------------------------------------------------------------------ X-Request-Id */

static void a_request_id_is_a_plain_word(void **state)
{
    char text[TB_LIMIT_REQUEST_ID_BYTES + 1];
    (void)state;
    memset(text, 'a', sizeof(text));
    assert_true(tb_header_is_request_id(TB_STR("aZ09-_.")));
    assert_true(tb_header_is_request_id((struct tb_str){text, TB_LIMIT_REQUEST_ID_BYTES}));
    assert_false(tb_header_is_request_id((struct tb_str){text, TB_LIMIT_REQUEST_ID_BYTES + 1}));
    assert_false(tb_header_is_request_id(TB_STR("")));
    assert_false(tb_header_is_request_id(TB_STR_NULL));
    assert_false(tb_header_is_request_id(TB_STR("a b")));
    assert_false(tb_header_is_request_id(TB_STR("a, a")));
    assert_false(tb_header_is_request_id(TB_STR("é")));
}

/* ------------------------------------------------------------------ Accept-Language */

static void the_language_that_is_wanted_more_is_spoken(void **state)
{
    const char *const english[] = {"en",           "EN-gb",       "en-GB,en",
                                   "fr, en;q=0.5", "zh;q=0.8,en", "zh;q=0.3 , en ; q=0.301",
                                   "en,zh",        "zh;q=0,*",    "en;q=1.000,zh;q=0.9",
                                   "zh;q=oops,en", "xx;q=2,,en"};
    const char *const chinese[] = {"",
                                   "zh",
                                   "zh-CN,zh;q=0.9,en;q=0.8",
                                   "de",
                                   "*",
                                   "de,*;q=0.1",
                                   "en;q=0.1, zh;q=0.9",
                                   "en;q=0",
                                   "en;q=0,*",
                                   "zh,en",
                                   "english",
                                   "zh;q=0,en;q=0",
                                   "en;q=1.001,zh;q=0.1",
                                   "en;q=1.1",
                                   "en;q=0.1234",
                                   "en;level=1",
                                   "en zh",
                                   "*, en",
                                   "x-en"};
    (void)state;
    for (size_t i = 0; i < sizeof(english) / sizeof(english[0]); i++)
        assert_int_equal(tb_header_language(tb_str_of(english[i])), TB_LANGUAGE_EN);
    for (size_t i = 0; i < sizeof(chinese) / sizeof(chinese[0]); i++)
        assert_int_equal(tb_header_language(tb_str_of(chinese[i])), TB_LANGUAGE_ZH);
    assert_int_equal(tb_header_language(TB_STR_NULL), TB_LANGUAGE_ZH);
}

/* ------------------------------------------------------------------ traceparent, Prefer */

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void a_trace_has_its_form_and_is_not_nothing(void **state)
{
    const char *const good[] = {"00-" TRACE "-" PARENT "-01", "cc-" TRACE "-" PARENT "-00"};
    const char *const bad[] = {"",
                               "00",
                               "ff-" TRACE "-" PARENT "-01",
                               "00-" TRACE "-" PARENT "-01-x",
                               "00-" TRACE "-" PARENT "-0",
                               "00-" TRACE "_" PARENT "-01",
                               "00-4BF92f3577b34da6a3ce929d0e0e4736-" PARENT "-01",
                               "00-00000000000000000000000000000000-" PARENT "-01",
                               "00-" TRACE "-0000000000000000-01"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(tb_header_is_traceparent(tb_str_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(tb_header_is_traceparent(tb_str_of(bad[i])));
    assert_false(tb_header_is_traceparent(TB_STR_NULL));
}

/* A value is as long as it says; nothing behind it is read. */
static void a_trace_need_not_be_terminated(void **state)
{
    const struct tb_str trace = TB_STR("00-" TRACE "-" PARENT "-01");
    (void)state;
    char *copy = malloc(trace.len);
    memcpy(copy, trace.ptr, trace.len);
    assert_true(tb_header_is_traceparent((struct tb_str){copy, trace.len}));
    free(copy);
}

static void a_minimal_answer_is_preferred_by_its_own_name_only(void **state)
{
    const char *const yes[] = {"return=minimal", "Return = \"minimal\"",
                               "respond-async, return=minimal; foo=\"a,b\"",
                               "return=minimal;x, return=representation", ",, return=MINIMAL"};
    const char *const no[] = {"",
                              "return",
                              "return=representation",
                              "minimal",
                              "return=minimally",
                              "wait=10;return=minimal",
                              "x-return=minimal",
                              "=minimal"};
    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        assert_true(tb_header_prefers_minimal(tb_str_of(yes[i])));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        assert_false(tb_header_prefers_minimal(tb_str_of(no[i])));
    assert_false(tb_header_prefers_minimal(TB_STR_NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_the_same_quoted_or_not),
        TEST(a_key_that_is_no_string_is_refused),
        TEST(a_key_has_at_most_255_characters_without_its_quotes_and_escapes),
        TEST(json_may_have_parameters_but_no_other_charset),
        TEST(a_request_id_is_a_plain_word),
        TEST(the_language_that_is_wanted_more_is_spoken),
        TEST(a_trace_has_its_form_and_is_not_nothing),
        TEST(a_trace_need_not_be_terminated),
        TEST(a_minimal_answer_is_preferred_by_its_own_name_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
