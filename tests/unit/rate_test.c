#include "http/rate.h"

#include "timebank/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS 1000000

static struct tb_rate_key key_of(uint32_t number)
{
    struct tb_rate_key key = {{0}};
    memcpy(key.bytes, &number, sizeof(number));
    memcpy(key.bytes + TB_RATE_KEY_BYTES - sizeof(number), &number, sizeof(number));
    return key;
}

static void a_quota_can_be_spent_at_once_and_comes_back_steadily(void **state)
{
    (void)state;
    struct tb_rate *rate = tb_rate_new((struct tb_rate_policy){.quota = 4, .window_s = 60});
    struct tb_rate_key key = key_of(1);
    struct tb_msec now = {NOW_MS};
    for (unsigned i = 0; i < 4; i++) {
        struct tb_rate_state said = tb_rate_take(rate, &key, now);
        assert_true(said.allowed);
        assert_int_equal(said.remaining, 3 - i);
        assert_int_equal(said.reset_s, 15 * (i + 1));
        assert_int_equal(said.retry_s, 0);
    }
    struct tb_rate_state refused = tb_rate_take(rate, &key, now);
    assert_false(refused.allowed);
    assert_int_equal(refused.remaining, 0);
    assert_int_equal(refused.retry_s, 15);
    assert_false(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS + 14999}).allowed);
    assert_true(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS + 15000}).allowed);
    assert_false(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS + 15000}).allowed);
    assert_int_equal(tb_rate_look(rate, &key, (struct tb_msec){NOW_MS + 75000}).remaining, 4);
    tb_rate_free(rate);
}

static void a_refused_request_costs_nothing(void **state)
{
    (void)state;
    struct tb_rate *rate = tb_rate_new((struct tb_rate_policy){.quota = 1, .window_s = 10});
    struct tb_rate_key key = key_of(1);
    assert_true(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS}).allowed);
    for (int i = 0; i < 100; i++)
        assert_false(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS + 5000}).allowed);
    assert_true(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS + 10000}).allowed);
    tb_rate_free(rate);
}

static void looking_does_not_count(void **state)
{
    (void)state;
    struct tb_rate *rate = tb_rate_new((struct tb_rate_policy){.quota = 2, .window_s = 10});
    struct tb_rate_key key = key_of(7);
    for (int i = 0; i < 10; i++)
        assert_int_equal(tb_rate_look(rate, &key, (struct tb_msec){NOW_MS}).remaining, 2);
    tb_rate_free(rate);
}

static void keys_do_not_pay_for_each_other(void **state)
{
    (void)state;
    struct tb_rate *rate = tb_rate_new((struct tb_rate_policy){.quota = 1, .window_s = 60});
    for (uint32_t i = 0; i < 1000; i++) {
        struct tb_rate_key key = key_of(i);
        assert_true(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS}).allowed);
        assert_false(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS}).allowed);
    }
    tb_rate_free(rate);
}

static void a_full_table_forgets_in_favour_of_the_client(void **state)
{
    (void)state;
    struct tb_rate *rate = tb_rate_new((struct tb_rate_policy){.quota = 1, .window_s = 60});
    for (uint32_t i = 0; i < 20; i++) { /* all in one place */
        struct tb_rate_key key = key_of(i * TB_LIMIT_RATE_KEYS);
        assert_true(tb_rate_take(rate, &key, (struct tb_msec){NOW_MS + i}).allowed);
    }
    struct tb_rate_key first = key_of(0);
    struct tb_rate_key last = key_of(19 * TB_LIMIT_RATE_KEYS);
    assert_false(tb_rate_look(rate, &last, (struct tb_msec){NOW_MS + 20}).allowed);
    assert_true(tb_rate_look(rate, &first, (struct tb_msec){NOW_MS + 20}).allowed);
    tb_rate_free(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quota_can_be_spent_at_once_and_comes_back_steadily),
        cmocka_unit_test(a_refused_request_costs_nothing),
        cmocka_unit_test(looking_does_not_count),
        cmocka_unit_test(keys_do_not_pay_for_each_other),
        cmocka_unit_test(a_full_table_forgets_in_favour_of_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
