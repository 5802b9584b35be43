/* The weeks of the demo: what the service rules would refuse must not be planned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "demo/plan.h"

static struct tb_demo_record records[TB_DEMO_WEEK_RECORDS_MAX];

static struct tb_date last_day(void)
{
    return tb_date_add_days(tb_demo_week_begin(TB_DEMO_WEEKS - 1), 2);
}

static void assert_duties(const struct tb_demo_plan *plan, const struct tb_demo_record *record)
{
    unsigned server = plan->volunteers[record->volunteer].person;
    const unsigned others[] = {record->attester, record->registrar};
    for (size_t i = 0; i < 2; i++)
        assert_int_not_equal(plan->persons[others[i]].household, plan->persons[server].household);
    assert_int_not_equal(record->attester, record->registrar);
    assert_int_not_equal(plan->communities[record->community].clerk, server);
}

static void assert_times(const struct tb_demo_plan *plan, const struct tb_demo_record *record,
                         struct tb_date monday)
{
    assert_in_range(record->day.days, monday.days, monday.days + 6);
    assert_true(record->day.days <= last_day().days);
    assert_true(record->day.days >= plan->volunteers[record->volunteer].joined.days);
    assert_true(record->minutes > 0 && record->starts_at + record->minutes < 1440);
    assert_in_range(record->registered_day.days, record->day.days, monday.days + 6);
    if (record->registered_day.days == record->day.days)
        assert_true(record->registered_at >= record->starts_at + record->minutes);
    assert_true(record->registered_at < 1440);
}

static void assert_no_overlap(const struct tb_demo_record *record, unsigned before)
{
    for (unsigned i = 0; i < before; i++)
        assert_false(records[i].volunteer == record->volunteer &&
                     records[i].day.days == record->day.days);
}

static void assert_week(struct tb_demo_plan *plan, unsigned week, int64_t *minutes,
                        int64_t *withdrawn)
{
    bool served[TB_DEMO_COMMUNITIES] = {false};
    unsigned count = tb_demo_week_plan(plan, week, last_day(), records);
    for (unsigned i = 0; i < count; i++) {
        assert_duties(plan, &records[i]);
        assert_times(plan, &records[i], tb_demo_week_begin(week));
        assert_no_overlap(&records[i], i);
        assert_false(plan->volunteers[records[i].volunteer].is_reserved);
        served[records[i].community] = true;
        *minutes += records[i].minutes;
        if (records[i].payer != TB_DEMO_NONE)
            *withdrawn += records[i].minutes;
    }
    for (unsigned c = 0; c < TB_DEMO_COMMUNITIES; c++)
        assert_true(served[c]);
}

static void assert_seed(uint64_t seed)
{
    struct tb_arena *arena = tb_arena_new(64u << 20);
    struct tb_demo_plan *plan = NULL;
    int64_t minutes = 0;
    int64_t withdrawn = 0;
    assert_int_equal(tb_demo_plan_make(seed, arena, &plan), TB_OK);
    for (unsigned week = 0; week < TB_DEMO_WEEKS; week++)
        assert_week(plan, week, &minutes, &withdrawn);
    assert_true(minutes > 20000 * 60);
    assert_true(withdrawn > 500 * 60);
    for (unsigned i = 0; i < plan->volunteers_count; i++)
        assert_true(plan->volunteers[i].spendable >= 0);
    tb_arena_free(arena);
}

static void test_every_week_of_the_demo(void **state)
{
    (void)state;
    assert_seed(TB_DEMO_SEED);
}

static void test_other_seeds(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++)
        assert_seed(seed);
}

/* Its first three numbers from state 0, as published. */
static void test_splitmix64(void **state)
{
    (void)state;
    struct tb_demo_chance chance = {0};
    assert_true(tb_demo_chance_next(&chance) == 0xe220a8397b1dcdafu);
    assert_true(tb_demo_chance_next(&chance) == 0x6e789e6aa1b965f4u);
    assert_true(tb_demo_chance_next(&chance) == 0x06c45d188009454fu);
}

static void test_holidays_are_in_order(void **state)
{
    (void)state;
    int32_t before = 0;
    for (const struct tb_demo_holiday *h = tb_demo_holidays; h->first != NULL; h++) {
        struct tb_date first;
        struct tb_date last;
        assert_int_equal(tb_date_parse(tb_str_of(h->first), &first), TB_OK);
        assert_int_equal(tb_date_parse(tb_str_of(h->last), &last), TB_OK);
        assert_true(before < first.days && first.days <= last.days);
        before = last.days;
        for (struct tb_date day = first; day.days <= last.days; day.days++)
            if (h->is_working_day) /* only a day of the weekend is worked in exchange */
                assert_true(tb_date_weekday(day) >= TB_SATURDAY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_week_of_the_demo),
        cmocka_unit_test(test_other_seeds),
        cmocka_unit_test(test_splitmix64),
        cmocka_unit_test(test_holidays_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
