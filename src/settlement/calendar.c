#include "timebank/calendar.h"

/* Computed dates stay within these years; see TB_DATE_YEAR_MIN. */
#define COMPUTED_YEAR_MIN (TB_DATE_YEAR_MIN - 100)
#define COMPUTED_YEAR_MAX (TB_DATE_YEAR_MAX + 100)

/* Days from 0001-01-01 to 1970-01-01. */
#define EPOCH_DAYS 719162

static const int month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
static const char *const grain_names[TB_GRAIN_COUNT] = {"week", "month", "quarter", "year"};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    return month_days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days since 1970-01-01 of the year's first day. */
static int32_t days_before_year(int year)
{
    int32_t past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400 - EPOCH_DAYS;
}

static struct tb_date date_of_ymd(struct tb_ymd ymd)
{
    int32_t days = days_before_year(ymd.year) + ymd.day - 1;
    for (int month = 1; month < ymd.month; month++)
        days += days_in_month(ymd.year, month);
    return (struct tb_date){days};
}

static void check_computed(int64_t days)
{
    TB_BUG_IF(days < days_before_year(COMPUTED_YEAR_MIN) ||
              days >= days_before_year(COMPUTED_YEAR_MAX + 1));
}

enum tb_err tb_date_from_ymd(struct tb_ymd ymd, struct tb_date *ret_date)
{
    if (ymd.year < TB_DATE_YEAR_MIN || ymd.year > TB_DATE_YEAR_MAX)
        return TB_ERR_INVALID;
    if (ymd.month < 1 || ymd.month > 12)
        return TB_ERR_INVALID;
    if (ymd.day < 1 || ymd.day > days_in_month(ymd.year, ymd.month))
        return TB_ERR_INVALID;
    *ret_date = date_of_ymd(ymd);
    return TB_OK;
}

struct tb_ymd tb_date_to_ymd(struct tb_date date)
{
    check_computed(date.days);
    /* 366 days a year never overshoots from 1970 on, and 365 never does before. */
    int year = 1970 + (date.days >= 0 ? date.days / 366 : date.days / 365 - 1);
    while (days_before_year(year + 1) <= date.days)
        year++;
    int day = date.days - days_before_year(year) + 1;
    int month = 1;
    while (day > days_in_month(year, month))
        day -= days_in_month(year, month++);
    return (struct tb_ymd){year, month, day};
}

bool tb_date_in_range(struct tb_date date)
{
    return date.days >= days_before_year(TB_DATE_YEAR_MIN) &&
           date.days < days_before_year(TB_DATE_YEAR_MAX + 1);
}

/* The decimal number of `len` digits at `text`, or -1. */
static int parse_digits(const char *text, size_t len)
{
    int value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

enum tb_err tb_date_parse(struct tb_str text, struct tb_date *ret_date)
{
    if (text.len != TB_DATE_TEXT_BYTES - 1 || text.ptr[4] != '-' || text.ptr[7] != '-')
        return TB_ERR_INVALID;
    struct tb_ymd ymd = {parse_digits(text.ptr, 4), parse_digits(text.ptr + 5, 2),
                         parse_digits(text.ptr + 8, 2)};
    return tb_date_from_ymd(ymd, ret_date);
}

/* Fixed width, so that no length has to be guessed; value fits by the range of dates. */
static void put_digits(char *at, int width, int value)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
}

void tb_date_format(struct tb_date date, char ret_text[TB_DATE_TEXT_BYTES])
{
    struct tb_ymd ymd = tb_date_to_ymd(date);
    put_digits(ret_text, 4, ymd.year);
    ret_text[4] = '-';
    put_digits(ret_text + 5, 2, ymd.month);
    ret_text[7] = '-';
    put_digits(ret_text + 8, 2, ymd.day);
    ret_text[10] = '\0';
}

enum tb_weekday tb_date_weekday(struct tb_date date)
{
    /* 1970-01-01 was a Thursday, the third day counted from 0. */
    int from_monday = (int)(((int64_t)date.days + 3) % 7);
    return (enum tb_weekday)((from_monday + 7) % 7 + TB_MONDAY);
}

struct tb_date tb_date_add_days(struct tb_date date, int32_t days)
{
    int64_t sum = (int64_t)date.days + days;
    check_computed(sum);
    return (struct tb_date){(int32_t)sum};
}

struct tb_date tb_date_add_months(struct tb_date date, int32_t months)
{
    struct tb_ymd ymd = tb_date_to_ymd(date);
    int64_t sum = (int64_t)ymd.year * 12 + ymd.month - 1 + months;
    TB_BUG_IF(sum < (int64_t)COMPUTED_YEAR_MIN * 12 || sum >= (COMPUTED_YEAR_MAX + 1LL) * 12);
    ymd.year = (int)(sum / 12);
    ymd.month = (int)(sum % 12) + 1;
    if (ymd.day > days_in_month(ymd.year, ymd.month))
        ymd.day = days_in_month(ymd.year, ymd.month);
    return date_of_ymd(ymd);
}

const char *tb_grain_name(enum tb_grain grain)
{
    TB_BUG_IF((unsigned)grain >= TB_GRAIN_COUNT);
    return grain_names[grain];
}

enum tb_err tb_grain_parse(struct tb_str name, enum tb_grain *ret_grain)
{
    for (int i = 0; i < TB_GRAIN_COUNT; i++) {
        if (tb_str_is(name, grain_names[i])) {
            *ret_grain = (enum tb_grain)i;
            return TB_OK;
        }
    }
    return TB_ERR_INVALID;
}

static int months_of(enum tb_grain grain)
{
    switch (grain) {
    case TB_GRAIN_MONTH:
        return 1;
    case TB_GRAIN_QUARTER:
        return 3;
    case TB_GRAIN_YEAR:
        return 12;
    case TB_GRAIN_WEEK:
        break;
    }
    tb_bug(__FILE__, __LINE__, "a grain that has no months");
}

struct tb_period tb_period_containing(enum tb_grain grain, struct tb_date date)
{
    if (grain == TB_GRAIN_WEEK) {
        struct tb_date monday = tb_date_add_days(date, TB_MONDAY - (int32_t)tb_date_weekday(date));
        return (struct tb_period){grain, monday, tb_date_add_days(monday, 7)};
    }
    int span = months_of(grain);
    struct tb_ymd ymd = tb_date_to_ymd(date);
    ymd.month = (ymd.month - 1) / span * span + 1;
    ymd.day = 1;
    struct tb_date begin = date_of_ymd(ymd);
    return (struct tb_period){grain, begin, tb_date_add_months(begin, span)};
}

struct tb_period tb_period_next(struct tb_period period)
{
    return tb_period_containing(period.grain, period.end);
}

struct tb_period tb_period_previous(struct tb_period period)
{
    return tb_period_containing(period.grain, tb_date_add_days(period.begin, -1));
}

struct tb_date tb_period_last_day(struct tb_period period)
{
    return tb_date_add_days(period.end, -1);
}

void tb_period_label(struct tb_period period, char ret_label[TB_PERIOD_LABEL_BYTES])
{
    bool is_week = period.grain == TB_GRAIN_WEEK;
    /* An ISO week belongs to the year of its Thursday. */
    struct tb_date day = is_week ? tb_date_add_days(period.begin, 3) : period.begin;
    struct tb_ymd ymd = tb_date_to_ymd(day);
    put_digits(ret_label, 4, ymd.year);
    char *rest = ret_label + 4;
    if (is_week) {
        rest[0] = '-';
        rest[1] = 'W';
        put_digits(rest + 2, 2, (day.days - days_before_year(ymd.year)) / 7 + 1);
        rest += 4;
    } else if (period.grain == TB_GRAIN_MONTH) {
        rest[0] = '-';
        put_digits(rest + 1, 2, ymd.month);
        rest += 3;
    } else if (period.grain == TB_GRAIN_QUARTER) {
        rest[0] = '-';
        rest[1] = 'Q';
        put_digits(rest + 2, 1, (ymd.month - 1) / 3 + 1);
        rest += 3;
    }
    *rest = '\0';
}

/* Writes the periods unless `periods` is NULL; gives their number either way. */
static size_t list_touching(struct tb_date from, struct tb_date to, struct tb_period *periods)
{
    size_t count = 0;
    for (int grain = 0; grain < TB_GRAIN_COUNT; grain++) {
        struct tb_period period = tb_period_containing((enum tb_grain)grain, from);
        for (; period.begin.days <= to.days; period = tb_period_next(period)) {
            if (periods != NULL)
                periods[count] = period;
            count++;
        }
    }
    return count;
}

enum tb_err tb_period_list_touching(struct tb_arena *arena, struct tb_date from, struct tb_date to,
                                    struct tb_period **ret_periods, size_t *ret_count)
{
    if (!tb_date_in_range(from) || !tb_date_in_range(to) || to.days < from.days)
        return TB_ERR_INVALID;
    size_t count = list_touching(from, to, NULL);
    struct tb_period *periods = tb_arena_alloc(arena, count * sizeof(*periods));
    if (periods == NULL)
        return TB_ERR_NO_MEMORY;
    list_touching(from, to, periods);
    *ret_periods = periods;
    *ret_count = count;
    return TB_OK;
}
