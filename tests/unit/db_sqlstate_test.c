#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "timebank/db.h"

static void lost_races_and_outages_are_retryable(void **state)
{
    (void)state;
    static const char *const states[] = {"40001", "40P01", "55P03", "08000", "08006", "57P01",
                                         "57P02", "57P03", "53300", "53100", "25006"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        assert_true(tb_db_sqlstate_is_retryable(states[i]));
}

static void refusals_and_defects_are_not_retryable(void **state)
{
    (void)state;
    static const char *const states[] = {"",      "00000", "23505", "23P01", "42P01",
                                         "08P01", "57014", "57P04", "26000", "P0001"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        assert_false(tb_db_sqlstate_is_retryable(states[i]));
}

static void only_57014_is_canceled(void **state)
{
    (void)state;
    assert_true(tb_db_sqlstate_is_canceled("57014"));
    assert_false(tb_db_sqlstate_is_canceled("57P01"));
    assert_false(tb_db_sqlstate_is_canceled(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_races_and_outages_are_retryable),
        cmocka_unit_test(refusals_and_defects_are_not_retryable),
        cmocka_unit_test(only_57014_is_canceled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
