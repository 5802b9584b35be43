#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden/csv.h"

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

static void assert_label(struct tb_period period, const char *expected)
{
    char label[TB_PERIOD_LABEL_BYTES];
    tb_period_label(period, label);
    assert_string_equal(label, expected);
}

static void test_dates_and_periods_match_the_oracle(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "dates.csv");
    while (csv_next(&csv)) {
        struct tb_date date = csv_date(&csv, 0);
        assert_int_equal(date.days, csv_int64(&csv, 1));
        assert_int_equal(tb_date_weekday(date), csv_int64(&csv, 2));
        assert_date(date, csv.fields[0]);
        struct tb_period week = tb_period_containing(TB_GRAIN_WEEK, date);
        assert_label(week, csv.fields[3]);
        assert_date(week.begin, csv.fields[4]);
        assert_int_equal(week.end.days - week.begin.days, 7);
        struct tb_period month = tb_period_containing(TB_GRAIN_MONTH, date);
        assert_label(month, csv.fields[5]);
        assert_date(month.end, csv.fields[6]);
        struct tb_period quarter = tb_period_containing(TB_GRAIN_QUARTER, date);
        assert_label(quarter, csv.fields[7]);
        assert_date(quarter.begin, csv.fields[8]);
        assert_date(quarter.end, csv.fields[9]);
        struct tb_period year = tb_period_containing(TB_GRAIN_YEAR, date);
        assert_label(year, csv.fields[10]);
        assert_date(year.end, csv.fields[11]);
    }
    csv_close(&csv, 1000);
}

static void test_adding_months_matches_the_oracle(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "months.csv");
    while (csv_next(&csv)) {
        int32_t months = (int32_t)csv_int64(&csv, 1);
        assert_date(tb_date_add_months(csv_date(&csv, 0), months), csv.fields[2]);
    }
    csv_close(&csv, 84);
}

static void test_parse_refuses_all_but_the_one_form(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2014",        "2014-6-30",  "2014-06-3",     "14-06-30",   "2014-06-30 ",
        " 2014-06-3", "2014/06/30",  "2014-06/30", "+014-06-30",    "-014-06-30", "2014-0x-30",
        "2014-00-10", "2014-13-01",  "2014-06-00", "2014-06-31",    "2014-02-29", "2100-02-29",
        "1900-02-29", "1899-12-31",  "2201-01-01", "9999-12-31",    "0000-01-01", "2014-06-30T",
        "20140630",   "2014-06-30Z", "2014-W27-1", "2014-06-\0301",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tb_date date = {12345};
        assert_int_equal(tb_date_parse(tb_str_of(bad[i]), &date), TB_ERR_INVALID);
        assert_int_equal(date.days, 12345);
    }
    struct tb_date date = {12345};
    assert_int_equal(tb_date_parse(TB_STR_NULL, &date), TB_ERR_INVALID);
    assert_date(date_of("2000-02-29"), "2000-02-29");
    assert_date(date_of("2012-02-29"), "2012-02-29");
    assert_date(date_of("1900-01-01"), "1900-01-01");
    assert_date(date_of("2200-12-31"), "2200-12-31");
}

static void test_every_day_comes_back_from_its_parts(void **state)
{
    (void)state;
    struct tb_date last = date_of("2200-12-31");
    int weekday = TB_MONDAY; /* 1900-01-01 */
    for (struct tb_date date = date_of("1900-01-01"); date.days <= last.days; date.days++) {
        struct tb_date back = {0};
        assert_int_equal(tb_date_from_ymd(tb_date_to_ymd(date), &back), TB_OK);
        assert_int_equal(back.days, date.days);
        assert_int_equal(tb_date_weekday(date), weekday);
        weekday = weekday % 7 + 1;
    }
}

static void test_range_ends_at_its_edges(void **state)
{
    (void)state;
    struct tb_date first = date_of("1900-01-01");
    struct tb_date last = date_of("2200-12-31");
    assert_true(tb_date_in_range(first));
    assert_true(tb_date_in_range(last));
    assert_false(tb_date_in_range(tb_date_add_days(first, -1)));
    assert_false(tb_date_in_range(tb_date_add_days(last, 1)));
    assert_false(tb_date_in_range((struct tb_date){INT32_MAX}));
    assert_false(tb_date_in_range((struct tb_date){INT32_MIN}));
    assert_date(tb_date_add_days(last, 1), "2201-01-01");
    assert_date(tb_date_add_days(first, -1), "1899-12-31");
}

/* Each grain: no gap, no overlap, every day in the period that claims it. */
static void test_periods_tile_the_calendar(void **state)
{
    (void)state;
    struct tb_date from = date_of("1990-01-01");
    struct tb_date to = date_of("2060-12-31");
    for (int grain = 0; grain < TB_GRAIN_COUNT; grain++) {
        struct tb_period period = tb_period_containing((enum tb_grain)grain, from);
        assert_true(period.begin.days <= from.days);
        for (struct tb_date day = from; day.days <= to.days; day.days++) {
            if (day.days == period.end.days) {
                struct tb_period next = tb_period_next(period);
                assert_int_equal(next.begin.days, period.end.days);
                assert_int_equal(tb_period_previous(next).begin.days, period.begin.days);
                assert_int_equal(tb_period_previous(next).end.days, period.end.days);
                period = next;
            }
            struct tb_period found = tb_period_containing((enum tb_grain)grain, day);
            assert_int_equal(found.begin.days, period.begin.days);
            assert_int_equal(found.end.days, period.end.days);
            assert_true(found.begin.days <= day.days && day.days < found.end.days);
        }
    }
}

static void test_labels_are_never_used_twice(void **state)
{
    (void)state;
    struct tb_date to = date_of("2060-12-31");
    for (int grain = 0; grain < TB_GRAIN_COUNT; grain++) {
        char before[TB_PERIOD_LABEL_BYTES] = "";
        struct tb_period period = tb_period_containing((enum tb_grain)grain, date_of("1990-01-01"));
        for (; period.begin.days <= to.days; period = tb_period_next(period)) {
            char label[TB_PERIOD_LABEL_BYTES];
            tb_period_label(period, label);
            assert_true(strcmp(before, label) < 0);
            memcpy(before, label, sizeof(before));
        }
    }
}

static void test_years_of_53_weeks(void **state)
{
    (void)state;
    static const int expected[] = {2004, 2009, 2015, 2020, 2026};
    size_t found = 0;
    for (int year = 2000; year <= 2030; year++) {
        struct tb_date last = {0};
        assert_int_equal(tb_date_from_ymd((struct tb_ymd){year, 12, 31}, &last), TB_OK);
        char label[TB_PERIOD_LABEL_BYTES];
        tb_period_label(tb_period_containing(TB_GRAIN_WEEK, last), label);
        if (strcmp(label + 4, "-W53") != 0)
            continue;
        assert_true(found < 5);
        assert_int_equal(year, expected[found++]);
    }
    assert_int_equal(found, 5);
}

static void test_listing_gives_each_period_that_touches(void **state)
{
    (void)state;
    static const char *const expected[] = {"2014-W26", "2014-W27", "2014-06", "2014-07",
                                           "2014-Q2",  "2014-Q3",  "2014"};
    struct tb_arena *arena = tb_arena_new(65536);
    struct tb_period *periods = NULL;
    size_t count = 0;
    assert_int_equal(tb_period_list_touching(arena, date_of("2014-06-29"), date_of("2014-07-06"),
                                             &periods, &count),
                     TB_OK);
    assert_int_equal(count, 7);
    for (size_t i = 0; i < count; i++)
        assert_label(periods[i], expected[i]);
    assert_int_equal(tb_period_list_touching(arena, date_of("2014-07-07"), date_of("2014-07-07"),
                                             &periods, &count),
                     TB_OK);
    assert_int_equal(count, 4);
    assert_label(periods[0], "2014-W28");
    tb_arena_free(arena);
}

static void test_listing_refuses_what_it_cannot_hold(void **state)
{
    (void)state;
    struct tb_arena *arena = tb_arena_new(65536);
    struct tb_period *periods = NULL;
    size_t count = 0;
    struct tb_date day = date_of("2014-06-30");
    struct tb_date before = tb_date_add_days(day, -1);
    struct tb_date beyond = {INT32_MAX};
    assert_int_equal(tb_period_list_touching(arena, day, before, &periods, &count), TB_ERR_INVALID);
    assert_int_equal(tb_period_list_touching(arena, day, beyond, &periods, &count), TB_ERR_INVALID);
    struct tb_date last = date_of("2200-12-31");
    assert_int_equal(tb_period_list_touching(arena, date_of("1900-01-01"), last, &periods, &count),
                     TB_ERR_NO_MEMORY);
    assert_null(periods);
    assert_int_equal(count, 0);
    tb_arena_free(arena);
}

static void test_grain_names_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < TB_GRAIN_COUNT; i++) {
        enum tb_grain grain = (enum tb_grain)(TB_GRAIN_COUNT - 1 - i);
        assert_int_equal(tb_grain_parse(tb_str_of(tb_grain_name((enum tb_grain)i)), &grain), TB_OK);
        assert_int_equal(grain, i);
    }
    enum tb_grain grain = TB_GRAIN_YEAR;
    assert_int_equal(tb_grain_parse(TB_STR("Week"), &grain), TB_ERR_INVALID);
    assert_int_equal(tb_grain_parse(TB_STR_NULL, &grain), TB_ERR_INVALID);
    assert_int_equal(grain, TB_GRAIN_YEAR);
}

static struct tb_zone *open_zone(const char *name)
{
    struct tb_zone *zone = NULL;
    assert_int_equal(tb_zone_open(name, &zone), TB_OK);
    return zone;
}

static void test_begins_of_dates_match_the_oracle(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "zone_begins.csv");
    while (csv_next(&csv)) {
        struct tb_zone *zone = open_zone(csv.fields[0]);
        assert_int_equal(tb_zone_begin_of(zone, csv_date(&csv, 1)).ms, csv_int64(&csv, 2));
        tb_zone_close(zone);
    }
    csv_close(&csv, 100);
}

static void test_dates_of_instants_match_the_oracle(void **state)
{
    (void)state;
    struct csv csv;
    csv_open(&csv, "zone_dates.csv");
    while (csv_next(&csv)) {
        struct tb_zone *zone = open_zone(csv.fields[0]);
        struct tb_instant instant = {csv_int64(&csv, 1)};
        assert_date(tb_zone_date_of(zone, instant), csv.fields[2]);
        tb_zone_close(zone);
    }
    csv_close(&csv, 300);
}

static int64_t day_minutes(struct tb_zone *zone, const char *text)
{
    struct tb_date date = date_of(text);
    int64_t ms = tb_zone_begin_of(zone, tb_date_add_days(date, 1)).ms;
    return (ms - tb_zone_begin_of(zone, date).ms) / 60000;
}

static void test_lengths_of_days(void **state)
{
    (void)state;
    struct tb_zone *berlin = open_zone("Europe/Berlin");
    assert_int_equal(day_minutes(berlin, "2014-03-30"), 23 * 60);
    assert_int_equal(day_minutes(berlin, "2014-10-26"), 25 * 60);
    assert_int_equal(day_minutes(berlin, "2014-06-30"), 24 * 60);
    tb_zone_close(berlin);
    struct tb_zone *sao_paulo = open_zone("America/Sao_Paulo");
    assert_int_equal(day_minutes(sao_paulo, "2014-10-19"), 23 * 60);
    assert_int_equal(day_minutes(sao_paulo, "2014-10-18"), 24 * 60);
    tb_zone_close(sao_paulo);
    struct tb_zone *shanghai = open_zone("Asia/Shanghai");
    assert_int_equal(day_minutes(shanghai, "1991-04-14"), 23 * 60);
    assert_int_equal(day_minutes(shanghai, "1991-09-15"), 25 * 60);
    assert_int_equal(day_minutes(shanghai, "2014-06-30"), 24 * 60);
    tb_zone_close(shanghai);
    struct tb_zone *apia = open_zone("Pacific/Apia"); /* left out 2011-12-30 */
    assert_int_equal(day_minutes(apia, "2011-12-30"), 0);
    assert_int_equal(day_minutes(apia, "2011-12-31"), 24 * 60);
    tb_zone_close(apia);
}

/* A date begins on itself and a millisecond earlier it is the day before. */
static void test_begins_separate_the_dates(void **state)
{
    (void)state;
    static const char *const names[] = {"Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo",
                                        "UTC"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct tb_zone *zone = open_zone(names[i]);
        struct tb_date to = date_of("2060-12-31");
        for (struct tb_date date = date_of("1985-01-01"); date.days <= to.days; date.days++) {
            struct tb_instant begin = tb_zone_begin_of(zone, date);
            struct tb_instant before = {begin.ms - 1};
            assert_int_equal(tb_zone_date_of(zone, begin).days, date.days);
            assert_int_equal(tb_zone_date_of(zone, before).days, date.days - 1);
        }
        tb_zone_close(zone);
    }
}

static void test_unknown_zones_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Asia/Dezhou",
        "asia/shanghai",
        "Asia/Shanghai ",
        "GMT+8",
        "GMT+08:00",
        "UTC+8",
        "Etc/Unknown",
        "Asia",
        "CST-8",
        "+08:00",
        "Asia/\xc3",
        "Asia/Shang\n",
        "A/very/long/name/that/does/not/fit/into/the/limit/of/a/zone",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tb_zone *zone = NULL;
        assert_int_equal(tb_zone_open(bad[i], &zone), TB_ERR_NOT_FOUND);
        assert_null(zone);
    }
    tb_zone_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_and_periods_match_the_oracle),
        cmocka_unit_test(test_adding_months_matches_the_oracle),
        cmocka_unit_test(test_parse_refuses_all_but_the_one_form),
        cmocka_unit_test(test_every_day_comes_back_from_its_parts),
        cmocka_unit_test(test_range_ends_at_its_edges),
        cmocka_unit_test(test_periods_tile_the_calendar),
        cmocka_unit_test(test_labels_are_never_used_twice),
        cmocka_unit_test(test_years_of_53_weeks),
        cmocka_unit_test(test_listing_gives_each_period_that_touches),
        cmocka_unit_test(test_listing_refuses_what_it_cannot_hold),
        cmocka_unit_test(test_grain_names_come_back),
        cmocka_unit_test(test_begins_of_dates_match_the_oracle),
        cmocka_unit_test(test_dates_of_instants_match_the_oracle),
        cmocka_unit_test(test_lengths_of_days),
        cmocka_unit_test(test_begins_separate_the_dates),
        cmocka_unit_test(test_unknown_zones_are_refused),
    };
    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
