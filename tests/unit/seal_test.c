#include "timebank/seal.h"
#include "timebank/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct tb_seal *seal;
    struct tb_arena *arena;
};

static struct tb_seal *open_with(const char *hex, enum tb_err expected)
{
    char path[] = "/tmp/timebank-key-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, hex, strlen(hex)), strlen(hex));
    close(fd);
    struct tb_seal *seal = NULL;
    struct tb_error_text error;
    assert_int_equal(tb_seal_open(path, &seal, &error), expected);
    unlink(path);
    return seal;
}

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture.seal = open_with(KEY_A "\n", TB_OK);
    fixture.arena = tb_arena_new(1024 * 1024);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    tb_seal_free(fixture->seal);
    tb_arena_free(fixture->arena);
    return 0;
}

static void a_key_file_holds_64_hexadecimal_digits_or_is_refused(void **state)
{
    (void)state;
    assert_null(open_with("", TB_ERR_CONFIG));
    assert_null(open_with("00", TB_ERR_CONFIG));
    assert_null(open_with("zz" KEY_A, TB_ERR_CONFIG));
    assert_null(open_with(KEY_A "0", TB_ERR_CONFIG));
}

static void what_was_sealed_can_be_revealed(void **state)
{
    struct fixture *f = *state;
    struct tb_str sealed = tb_seal_value(f->seal, TB_STR("phone"), TB_STR("13812345678"), f->arena);
    struct tb_str value;
    assert_int_equal(tb_seal_reveal(f->seal, TB_STR("phone"), sealed, f->arena, &value), TB_OK);
    assert_true(tb_str_is(value, "13812345678"));
}

static void equal_values_have_different_ciphertext_and_equal_lookups(void **state)
{
    struct fixture *f = *state;
    struct tb_str kind = TB_STR("phone");
    struct tb_str value = TB_STR("13812345678");
    assert_false(tb_str_eq(tb_seal_value(f->seal, kind, value, f->arena),
                           tb_seal_value(f->seal, kind, value, f->arena)));
    struct tb_str lookup = tb_seal_lookup(f->seal, kind, TB_STR("371402"), value, f->arena);
    assert_true(
        tb_str_eq(lookup, tb_seal_lookup(f->seal, kind, TB_STR("371402"), value, f->arena)));
    assert_false(
        tb_str_eq(lookup, tb_seal_lookup(f->seal, kind, TB_STR("371403"), value, f->arena)));
    assert_false(tb_str_eq(
        lookup, tb_seal_lookup(f->seal, TB_STR("id_number"), TB_STR("371402"), value, f->arena)));
    /* Not the same bytes cut elsewhere. */
    assert_false(tb_str_eq(tb_seal_lookup(f->seal, kind, TB_STR("ab"), TB_STR("c"), f->arena),
                           tb_seal_lookup(f->seal, kind, TB_STR("a"), TB_STR("bc"), f->arena)));
}

static void another_key_kind_or_a_changed_byte_reveals_nothing(void **state)
{
    struct fixture *f = *state;
    struct tb_str sealed = tb_seal_value(f->seal, TB_STR("phone"), TB_STR("13812345678"), f->arena);
    struct tb_str value;
    struct tb_seal *other = open_with(KEY_B, TB_OK);
    assert_int_equal(tb_seal_reveal(other, TB_STR("phone"), sealed, f->arena, &value),
                     TB_ERR_INVALID);
    tb_seal_free(other);
    assert_int_equal(tb_seal_reveal(f->seal, TB_STR("message"), sealed, f->arena, &value),
                     TB_ERR_INVALID);
    char *changed = tb_arena_copy(f->arena, sealed.ptr, sealed.len);
    changed[sealed.len - 1] = changed[sealed.len - 1] == '0' ? '1' : '0';
    assert_int_equal(tb_seal_reveal(f->seal, TB_STR("phone"), (struct tb_str){changed, sealed.len},
                                    f->arena, &value),
                     TB_ERR_INVALID);
    assert_int_equal(tb_seal_reveal(f->seal, TB_STR("phone"), TB_STR("\\x01"), f->arena, &value),
                     TB_ERR_INVALID);
}

static void a_token_names_its_district_and_is_never_made_twice(void **state)
{
    struct fixture *f = *state;
    struct tb_str token = tb_token_make(371402, f->arena);
    int district;
    assert_int_equal(tb_token_parse(token, &district), TB_OK);
    assert_int_equal(district, 371402);
    assert_false(tb_str_eq(token, tb_token_make(371402, f->arena)));
    assert_int_equal(tb_token_parse((struct tb_str){token.ptr, token.len - 1}, &district),
                     TB_ERR_INVALID);
    assert_int_equal(
        tb_token_parse(TB_STR("tb_099999_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &district),
        TB_ERR_INVALID);
    assert_int_equal(tb_token_parse(TB_STR(""), &district), TB_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_file_holds_64_hexadecimal_digits_or_is_refused),
        cmocka_unit_test_setup_teardown(what_was_sealed_can_be_revealed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(equal_values_have_different_ciphertext_and_equal_lookups,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_key_kind_or_a_changed_byte_reveals_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_token_names_its_district_and_is_never_made_twice, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
