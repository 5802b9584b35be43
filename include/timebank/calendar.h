/*
 * The calendar: civil dates, the four grains of periods, time zones and working days.
 *
 * Never: reads a clock, touches the database, counts minutes of service. SQL never computes a
 * boundary; it is given the half-open [begin, end) computed here.
 * Source: the proleptic Gregorian calendar; ISO 8601 weeks (Monday to Sunday, the week belongs to
 * the year of its Thursday); zones from ICU's copy of the IANA data; holidays from the caller.
 * Invariant: the periods of one grain tile the calendar, each date lies in exactly one.
 */
#ifndef TIMEBANK_CALENDAR_H
#define TIMEBANK_CALENDAR_H

#include "timebank/arena.h"
#include "timebank/error.h"
#include "timebank/str.h"

#include <stdint.h>

/* What may be parsed or made from year, month and day. Computed dates may lie up to a century
 * beyond; further out is a defect. */
#define TB_DATE_YEAR_MIN 1900
#define TB_DATE_YEAR_MAX 2200
#define TB_DATE_TEXT_BYTES 11 /* "2014-06-30" with its terminator */

/* A civil date, in days since 1970-01-01; it has no zone. */
struct tb_date {
    int32_t days;
};

struct tb_ymd {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

enum tb_weekday {
    TB_MONDAY = 1,
    TB_TUESDAY,
    TB_WEDNESDAY,
    TB_THURSDAY,
    TB_FRIDAY,
    TB_SATURDAY,
    TB_SUNDAY,
};

/* Exactly "YYYY-MM-DD", an existing day of 1900 to 2200; else TB_ERR_INVALID. */
TB_CHECK_RESULT enum tb_err tb_date_parse(struct tb_str text, struct tb_date *ret_date);
void tb_date_format(struct tb_date date, char ret_text[TB_DATE_TEXT_BYTES]);

/* TB_ERR_INVALID when there is no such day or the year is not in 1900 to 2200. */
TB_CHECK_RESULT enum tb_err tb_date_from_ymd(struct tb_ymd ymd, struct tb_date *ret_date);
struct tb_ymd tb_date_to_ymd(struct tb_date date);
/* Whether the date lies in 1900 to 2200: ask this of dates that come from outside as days. */
bool tb_date_in_range(struct tb_date date);
enum tb_weekday tb_date_weekday(struct tb_date date);

struct tb_date tb_date_add_days(struct tb_date date, int32_t days);
/* A day that the month does not have becomes its last: 31 January and one month is 28 or 29
 * February. */
struct tb_date tb_date_add_months(struct tb_date date, int32_t months);

/* In the order in which they settle. */
enum tb_grain { TB_GRAIN_WEEK, TB_GRAIN_MONTH, TB_GRAIN_QUARTER, TB_GRAIN_YEAR };
#define TB_GRAIN_COUNT 4

/* "week", "month", "quarter", "year". */
const char *tb_grain_name(enum tb_grain grain);
TB_CHECK_RESULT enum tb_err tb_grain_parse(struct tb_str name, enum tb_grain *ret_grain);

/* Half open: end is the first date of the next period. */
struct tb_period {
    enum tb_grain grain;
    struct tb_date begin;
    struct tb_date end;
};

#define TB_PERIOD_LABEL_BYTES 9 /* the longest, "2014-W27", with its terminator */

struct tb_period tb_period_containing(enum tb_grain grain, struct tb_date date);
struct tb_period tb_period_next(struct tb_period period);
struct tb_period tb_period_previous(struct tb_period period);
struct tb_date tb_period_last_day(struct tb_period period);
/* "2014-W27" (with the ISO year), "2014-06", "2014-Q2", "2014". */
void tb_period_label(struct tb_period period, char ret_label[TB_PERIOD_LABEL_BYTES]);

/*
 * Every period of every grain that shares a day with from … to (both included), weeks first, then
 * oldest first: the rows that must exist. The array lives in the arena.
 * TB_ERR_INVALID when to is before from or one of them out of range; TB_ERR_NO_MEMORY.
 */
TB_CHECK_RESULT enum tb_err tb_period_list_touching(struct tb_arena *arena, struct tb_date from,
                                                    struct tb_date to,
                                                    struct tb_period **ret_periods,
                                                    size_t *ret_count);

/* A moment: milliseconds since 1970-01-01T00:00:00Z. */
struct tb_instant {
    int64_t ms;
};

/*
 * A time zone. It carries ICU's scratch state, so one zone is used by one thread at a time: each
 * thread opens its own. Nothing here blocks after the first opening has loaded ICU's data.
 */
struct tb_zone;

#define TB_ZONE_NAME_MAX_BYTES 64

/*
 * name: an identifier of the IANA data, as "Asia/Shanghai", in its exact case. Others, offsets as
 * "GMT+8" among them, are TB_ERR_NOT_FOUND: ICU itself would take them for GMT or make up a zone.
 * TB_ERR_NO_MEMORY; TB_ERR_CONFIG when ICU's data cannot be loaded.
 */
TB_CHECK_RESULT enum tb_err tb_zone_open(const char *name, struct tb_zone **ret_zone);
void tb_zone_close(struct tb_zone *zone); /* NULL is allowed */

/*
 * The date's 00:00. Where clocks skip 00:00, the first instant of the date; where they strike it
 * twice, the first of the two; where a zone left the whole date out, the begin of the next.
 */
struct tb_instant tb_zone_begin_of(struct tb_zone *zone, struct tb_date date);
/* The date's full hour, 0 to 23, by the same rule: where clocks skip it, the first instant after.
 */
struct tb_instant tb_zone_hour_of(struct tb_zone *zone, struct tb_date date, int hour);
struct tb_date tb_zone_date_of(struct tb_zone *zone, struct tb_instant instant);

enum tb_holiday_kind {
    TB_HOLIDAY,     /* a public holiday: a day off on any weekday */
    TB_WORKING_DAY, /* a Saturday or Sunday worked in exchange */
};

struct tb_holiday {
    struct tb_date date;
    enum tb_holiday_kind kind;
};

/* The caller's rows, oldest first, one a date. A date without a row goes by its weekday. */
struct tb_holidays {
    const struct tb_holiday *rows;
    size_t count;
};

/* "holiday", "working_day". */
const char *tb_holiday_kind_name(enum tb_holiday_kind kind);
TB_CHECK_RESULT enum tb_err tb_holiday_kind_parse(struct tb_str name,
                                                  enum tb_holiday_kind *ret_kind);

/* TB_ERR_INVALID when a date is out of range, out of order or there twice. The functions below
 * rely on it: call it once, where the rows are read. */
TB_CHECK_RESULT enum tb_err tb_holidays_check(const struct tb_holidays *holidays);
bool tb_workday_is(struct tb_date date, const struct tb_holidays *holidays);
/* The first working day on or after the date. */
struct tb_date tb_workday_next(struct tb_date date, const struct tb_holidays *holidays);

#endif
