#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "message/credentials.h"

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

static void assert_token(void **state, const char *header, const char *wanted)
{
    assert_true(tb_str_is(tb_credentials_token(tb_str_of(header), true, *state), wanted));
}

static void a_bearer_token_follows_its_scheme(void **state)
{
    assert_token(state, "Bearer tb_1", "tb_1");
    assert_token(state, "bEARER   tb_1", "tb_1");
}

static void a_basic_password_is_the_token_whoever_the_user_is(void **state)
{
    assert_token(state, "Basic dTpw", "p");
    assert_token(state, "basic Onc6eA==", "w:x");
    assert_token(state, "Basic dTo=", "");
}

static void basic_is_for_the_operations_that_take_it(void **state)
{
    assert_null(tb_credentials_token(TB_STR("Basic dTpw"), false, *state).ptr);
}

static void what_is_neither_has_no_token(void **state)
{
    const char *const headers[] = {
        "",      "Bearer",     "Bearertb_1", "tb_1",        "Digest tb_1",
        "Basic", "Basic dQ==", "Basic !!!!", "Basic dTpw=", "Basic dTp"};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        assert_null(tb_credentials_token(tb_str_of(headers[i]), true, *state).ptr);
}

static void a_basic_header_of_any_length_stays_within_its_buffer(void **state)
{
    char header[4096] = "Basic ";
    for (size_t i = strlen(header); i < sizeof(header); i++)
        header[i] = 'A';
    for (size_t len = 600; len < sizeof(header); len += 4)
        assert_null(tb_credentials_token((struct tb_str){header, len}, true, *state).ptr);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bearer_token_follows_its_scheme),
        TEST(a_basic_password_is_the_token_whoever_the_user_is),
        TEST(basic_is_for_the_operations_that_take_it),
        TEST(what_is_neither_has_no_token),
        TEST(a_basic_header_of_any_length_stays_within_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
