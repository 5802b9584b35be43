#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden/csv.h"

#include "timebank/due.h"

static struct tb_holiday rows_2014[64];
static struct tb_holidays holidays_2014 = {rows_2014, 0};
static const struct tb_holidays no_holidays = {NULL, 0};
static const struct tb_clock_rules no_rules = {{NULL, 0}, NULL, 0};

static int load_2014(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "holidays.csv");
    while (csv_next(&csv)) {
        struct tb_holiday *row = &rows_2014[holidays_2014.count++];
        row->date = csv_date(&csv, 0);
        assert_int_equal(tb_holiday_kind_parse(tb_str_of(csv.fields[1]), &row->kind), TB_OK);
    }
    csv_close(&csv, 30);
    return 0;
}

static struct tb_date date_of(const char *text)
{
    struct tb_date date = {0};
    assert_int_equal(tb_date_parse(tb_str_of(text), &date), TB_OK);
    return date;
}

static void assert_date(struct tb_date date, const char *expected)
{
    char text[TB_DATE_TEXT_BYTES];
    tb_date_format(date, text);
    assert_string_equal(text, expected);
}

static bool works(const char *text)
{
    return tb_workday_is(date_of(text), &holidays_2014);
}

static void test_national_day_2014(void **state)
{
    (void)state;
    assert_true(works("2014-09-28")); /* a Sunday worked in exchange */
    assert_true(works("2014-09-30"));
    assert_false(works("2014-10-01"));
    assert_false(works("2014-10-04"));
    assert_false(works("2014-10-07"));
    assert_true(works("2014-10-08"));
    assert_true(works("2014-10-11")); /* a Saturday worked in exchange */
    assert_false(works("2014-10-12"));
    assert_false(works("2014-10-18"));
    struct tb_period week = tb_period_containing(TB_GRAIN_WEEK, date_of("2014-09-28"));
    assert_date(tb_week_due_date(week, &(struct tb_clock_rules){holidays_2014, NULL, 0}),
                "2014-10-08");
    assert_date(tb_week_due_date(week, &no_rules), "2014-10-01");
}

static void test_without_rows_the_weekday_decides(void **state)
{
    (void)state;
    assert_true(tb_workday_is(date_of("2014-10-03"), &no_holidays));
    assert_false(tb_workday_is(date_of("2014-10-04"), &no_holidays));
    assert_false(tb_workday_is(date_of("2014-10-05"), &no_holidays));
    assert_true(tb_workday_is(date_of("2014-10-06"), &no_holidays));
}

static void test_next_is_the_date_itself_when_it_works(void **state)
{
    (void)state;
    assert_date(tb_workday_next(date_of("2014-10-08"), &holidays_2014), "2014-10-08");
    assert_date(tb_workday_next(date_of("2014-10-11"), &holidays_2014), "2014-10-11");
    assert_date(tb_workday_next(date_of("2014-10-12"), &holidays_2014), "2014-10-13");
    assert_date(tb_workday_next(date_of("2014-09-06"), &holidays_2014), "2014-09-09");
    assert_date(tb_workday_next(date_of("2014-01-31"), &holidays_2014), "2014-02-07");
    assert_date(tb_workday_next(date_of("2014-10-04"), &no_holidays), "2014-10-06");
}

/* Holidays from Wednesday to Friday: the make-up Saturday is the next working day. */
static void test_a_due_date_may_fall_on_a_make_up_saturday(void **state)
{
    (void)state;
    const struct tb_holiday rows[] = {
        {date_of("2014-07-09"), TB_HOLIDAY},
        {date_of("2014-07-10"), TB_HOLIDAY},
        {date_of("2014-07-11"), TB_HOLIDAY},
        {date_of("2014-07-12"), TB_WORKING_DAY},
    };
    struct tb_period week = tb_period_containing(TB_GRAIN_WEEK, date_of("2014-06-30"));
    assert_date(tb_week_due_date(week, &(struct tb_clock_rules){{rows, 4}, NULL, 0}), "2014-07-12");
    assert_date(tb_week_due_date(week, &(struct tb_clock_rules){{rows, 3}, NULL, 0}), "2014-07-14");
}

static void test_rows_must_be_sorted_and_single(void **state)
{
    (void)state;
    struct tb_date day = date_of("2014-10-01");
    struct tb_date later = date_of("2014-10-02");
    const struct tb_holiday twice[] = {{day, TB_HOLIDAY}, {day, TB_WORKING_DAY}};
    const struct tb_holiday backward[] = {{later, TB_HOLIDAY}, {day, TB_HOLIDAY}};
    const struct tb_holiday far_away[] = {{{INT32_MAX}, TB_HOLIDAY}};
    assert_int_equal(tb_holidays_check(&(struct tb_holidays){twice, 2}), TB_ERR_INVALID);
    assert_int_equal(tb_holidays_check(&(struct tb_holidays){backward, 2}), TB_ERR_INVALID);
    assert_int_equal(tb_holidays_check(&(struct tb_holidays){far_away, 1}), TB_ERR_INVALID);
    assert_int_equal(tb_holidays_check(&holidays_2014), TB_OK);
    assert_int_equal(tb_holidays_check(&no_holidays), TB_OK);
}

static void test_kind_names_come_back(void **state)
{
    (void)state;
    enum tb_holiday_kind kind = TB_HOLIDAY;
    assert_int_equal(tb_holiday_kind_parse(TB_STR("working_day"), &kind), TB_OK);
    assert_int_equal(kind, TB_WORKING_DAY);
    assert_string_equal(tb_holiday_kind_name(kind), "working_day");
    assert_int_equal(tb_holiday_kind_parse(TB_STR("holidays"), &kind), TB_ERR_INVALID);
    assert_int_equal(kind, TB_WORKING_DAY);
    assert_int_equal(tb_holiday_kind_parse(TB_STR("holiday"), &kind), TB_OK);
    assert_int_equal(kind, TB_HOLIDAY);
    assert_string_equal(tb_holiday_kind_name(kind), "holiday");
}

static void test_clocks_match_the_oracle(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "clocks.csv");
    while (csv_next(&csv)) {
        struct tb_zone *zone = NULL;
        enum tb_grain grain = TB_GRAIN_WEEK;
        assert_int_equal(tb_zone_open(csv.fields[0], &zone), TB_OK);
        assert_int_equal(tb_grain_parse(tb_str_of(csv.fields[1]), &grain), TB_OK);
        struct tb_period period = tb_period_containing(grain, csv_date(&csv, 2));
        struct tb_clock_rules rules = {holidays_2014, NULL, 0};
        struct tb_period_clocks clocks = tb_period_clocks(period, zone, &rules);
        assert_int_equal(clocks.freezes_at.ms, csv_int64(&csv, 3));
        assert_int_equal(clocks.due_at.ms, csv_int64(&csv, 4));
        tb_zone_close(zone);
    }
    csv_close(&csv, 80);
}

static void test_cutoffs_match_the_oracle(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "cutoffs.csv");
    while (csv_next(&csv)) {
        struct tb_zone *zone = NULL;
        assert_int_equal(tb_zone_open(csv.fields[0], &zone), TB_OK);
        struct tb_cutoff cutoff = {(int)csv_int64(&csv, 2), (int)csv_int64(&csv, 3)};
        struct tb_cutoff_change change = {date_of("2000-01-01"), cutoff};
        struct tb_clock_rules rules = {holidays_2014, &change, 1};
        assert_int_equal(tb_cutoffs_check(&rules), TB_OK);
        struct tb_period week = tb_period_containing(TB_GRAIN_WEEK, csv_date(&csv, 1));
        struct tb_period_clocks clocks = tb_period_clocks(week, zone, &rules);
        assert_int_equal(clocks.due_at.ms, csv_int64(&csv, 4));
        assert_int_equal(clocks.freezes_at.ms, tb_zone_begin_of(zone, week.end).ms);
        assert_true(clocks.freezes_at.ms < clocks.due_at.ms);
        tb_zone_close(zone);
    }
    csv_close(&csv, 56);
}

/* A change holds for the weeks that begin on its day or later; a month goes by its last week. */
static void test_a_cutoff_holds_from_the_first_monday_on(void **state)
{
    (void)state;
    const struct tb_cutoff_change changes[] = {{date_of("2014-05-13"), {1, 0}},
                                               {date_of("2014-05-26"), {4, 12}}};
    const struct tb_clock_rules rules = {{NULL, 0}, changes, 2};
    static const char *const expected[][2] = {
        {"2014-05-12", "2014-05-21"}, /* the default */
        {"2014-05-19", "2014-05-26"},
        {"2014-05-26", "2014-06-06"},
        {"2014-06-02", "2014-06-13"},
    };
    struct tb_zone *zone = NULL;
    assert_int_equal(tb_zone_open("Asia/Shanghai", &zone), TB_OK);
    for (size_t i = 0; i < 4; i++) {
        struct tb_period week = tb_period_containing(TB_GRAIN_WEEK, date_of(expected[i][0]));
        assert_date(tb_week_due_date(week, &rules), expected[i][1]);
    }
    struct tb_period may = tb_period_containing(TB_GRAIN_MONTH, date_of("2014-05-31"));
    struct tb_period_clocks clocks = tb_period_clocks(may, zone, &rules);
    assert_int_equal(clocks.due_at.ms, tb_zone_hour_of(zone, date_of("2014-06-06"), 12).ms);
    assert_int_equal(clocks.freezes_at.ms, clocks.due_at.ms);
    tb_zone_close(zone);
}

static void assert_cutoffs(enum tb_err expected, const struct tb_cutoff_change *changes,
                           size_t count)
{
    assert_int_equal(tb_cutoffs_check(&(struct tb_clock_rules){{NULL, 0}, changes, count}),
                     expected);
}

static void test_cutoffs_are_checked_at_their_edges(void **state)
{
    (void)state;
    struct tb_date day = date_of("2014-05-12");
    struct tb_date later = date_of("2014-05-13");
    const struct tb_cutoff_change good[] = {{day, {0, 1}}, {later, {6, 23}}};
    const struct tb_cutoff bad[] = {{0, 0}, {7, 0}, {-1, 1}, {1, -1}, {0, 24}};
    assert_cutoffs(TB_OK, NULL, 0);
    assert_cutoffs(TB_OK, good, 2);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_cutoffs(TB_ERR_INVALID, &(struct tb_cutoff_change){day, bad[i]}, 1);
    const struct tb_cutoff_change twice[] = {{day, {3, 0}}, {day, {2, 0}}};
    const struct tb_cutoff_change backward[] = {{later, {3, 0}}, {day, {2, 0}}};
    assert_cutoffs(TB_ERR_INVALID, twice, 2);
    assert_cutoffs(TB_ERR_INVALID, backward, 2);
    assert_cutoffs(TB_ERR_INVALID, &(struct tb_cutoff_change){{INT32_MAX}, {3, 0}}, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_national_day_2014),
        cmocka_unit_test(test_without_rows_the_weekday_decides),
        cmocka_unit_test(test_next_is_the_date_itself_when_it_works),
        cmocka_unit_test(test_a_due_date_may_fall_on_a_make_up_saturday),
        cmocka_unit_test(test_rows_must_be_sorted_and_single),
        cmocka_unit_test(test_kind_names_come_back),
        cmocka_unit_test(test_clocks_match_the_oracle),
        cmocka_unit_test(test_cutoffs_match_the_oracle),
        cmocka_unit_test(test_a_cutoff_holds_from_the_first_monday_on),
        cmocka_unit_test(test_cutoffs_are_checked_at_their_edges),
    };
    return cmocka_run_group_tests_name("workday", tests, load_2014, NULL);
}
