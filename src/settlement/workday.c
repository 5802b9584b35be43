#include "timebank/calendar.h"

static const char *const kind_names[] = {"holiday", "working_day"};

const char *tb_holiday_kind_name(enum tb_holiday_kind kind)
{
    TB_BUG_IF((unsigned)kind > TB_WORKING_DAY);
    return kind_names[kind];
}

enum tb_err tb_holiday_kind_parse(struct tb_str name, enum tb_holiday_kind *ret_kind)
{
    for (int i = 0; i <= TB_WORKING_DAY; i++) {
        if (tb_str_is(name, kind_names[i])) {
            *ret_kind = (enum tb_holiday_kind)i;
            return TB_OK;
        }
    }
    return TB_ERR_INVALID;
}

enum tb_err tb_holidays_check(const struct tb_holidays *holidays)
{
    for (size_t i = 0; i < holidays->count; i++) {
        if (!tb_date_in_range(holidays->rows[i].date))
            return TB_ERR_INVALID;
        if (i > 0 && holidays->rows[i].date.days <= holidays->rows[i - 1].date.days)
            return TB_ERR_INVALID;
    }
    return TB_OK;
}

/* The row of a date, or NULL. */
static const struct tb_holiday *find_row(struct tb_date date, const struct tb_holidays *holidays)
{
    size_t low = 0;
    size_t high = holidays->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct tb_holiday *row = &holidays->rows[middle];
        if (row->date.days == date.days)
            return row;
        if (row->date.days < date.days)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool tb_workday_is(struct tb_date date, const struct tb_holidays *holidays)
{
    const struct tb_holiday *row = find_row(date, holidays);
    if (row != NULL)
        return row->kind == TB_WORKING_DAY;
    return tb_date_weekday(date) < TB_SATURDAY;
}

struct tb_date tb_workday_next(struct tb_date date, const struct tb_holidays *holidays)
{
    /* Ends at the latest on the first Monday after the last row. */
    while (!tb_workday_is(date, holidays))
        date = tb_date_add_days(date, 1);
    return date;
}
