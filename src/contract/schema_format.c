#include "contract/schema.h"
#include "timebank/uuid.h"

static const struct {
    const char *name;
    enum tb_schema_format format;
} formats[] = {
    {"uuid", TB_SCHEMA_FORMAT_UUID},
    {"date", TB_SCHEMA_FORMAT_DATE},
    {"time", TB_SCHEMA_FORMAT_TIME},
    {"date-time", TB_SCHEMA_FORMAT_DATE_TIME},
    {"int32", TB_SCHEMA_FORMAT_ANNOTATION},
    {"int64", TB_SCHEMA_FORMAT_ANNOTATION},
    {"float", TB_SCHEMA_FORMAT_ANNOTATION},
    {"double", TB_SCHEMA_FORMAT_ANNOTATION},
    {"email", TB_SCHEMA_FORMAT_ANNOTATION},
    {"uri", TB_SCHEMA_FORMAT_ANNOTATION},
    {"uri-reference", TB_SCHEMA_FORMAT_ANNOTATION},
    {"password", TB_SCHEMA_FORMAT_ANNOTATION},
};

bool tb_schema_format_of_name(struct tb_str name, enum tb_schema_format *ret_format)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (tb_str_is(name, formats[i].name)) {
            *ret_format = formats[i].format;
            return true;
        }
    }
    return false;
}

/* A reader of fixed forms: each step takes from the front or fails. */

static bool take_digits(struct tb_str *text, size_t count, int *ret_value)
{
    int value = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return false;
        value = value * 10 + (text->ptr[i] - '0');
    }
    *text = (struct tb_str){text->ptr + count, text->len - count};
    *ret_value = value;
    return true;
}

/* One of the characters in `set`. */
static bool take_one_of(struct tb_str *text, const char *set, char *ret_char)
{
    if (text->len == 0 || text->ptr[0] == '\0' || strchr(set, text->ptr[0]) == NULL)
        return false;
    *ret_char = text->ptr[0];
    *text = (struct tb_str){text->ptr + 1, text->len - 1};
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* RFC 3339 full-date. There is no year 0000: the database's calendar has none either. */
static bool take_date(struct tb_str *text)
{
    int year;
    int month;
    int day;
    char dash;
    if (!take_digits(text, 4, &year) || !take_one_of(text, "-", &dash) ||
        !take_digits(text, 2, &month) || !take_one_of(text, "-", &dash) ||
        !take_digits(text, 2, &day))
        return false;
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

/* "." and one digit or more; absent is fine. */
static bool take_fraction(struct tb_str *text)
{
    char c;
    int digit;
    if (!take_one_of(text, ".", &c))
        return true;
    if (!take_digits(text, 1, &digit))
        return false;
    while (take_one_of(text, "0123456789", &c))
        continue;
    return true;
}

/* "Z" or "+hh:mm", in minutes east. */
static bool take_offset(struct tb_str *text, int *ret_minutes)
{
    char sign;
    char colon;
    int hour;
    int minute;
    if (take_one_of(text, "Zz", &sign)) {
        *ret_minutes = 0;
        return true;
    }
    if (!take_one_of(text, "+-", &sign) || !take_digits(text, 2, &hour) ||
        !take_one_of(text, ":", &colon) || !take_digits(text, 2, &minute))
        return false;
    *ret_minutes = (hour * 60 + minute) * (sign == '-' ? -1 : 1);
    return hour <= 23 && minute <= 59;
}

/* RFC 3339 full-time: the offset is required. Second 60 only where a leap second can be. */
static bool take_time(struct tb_str *text)
{
    int hour;
    int minute;
    int second;
    int offset;
    char colon;
    if (!take_digits(text, 2, &hour) || !take_one_of(text, ":", &colon) ||
        !take_digits(text, 2, &minute) || !take_one_of(text, ":", &colon) ||
        !take_digits(text, 2, &second) || !take_fraction(text) || !take_offset(text, &offset))
        return false;
    const int day = 24 * 60;
    int utc = (hour * 60 + minute - offset + day) % day;
    return hour <= 23 && minute <= 59 && (second <= 59 || (second == 60 && utc == day - 1));
}

static bool take_date_time(struct tb_str *text)
{
    char between;
    return take_date(text) && take_one_of(text, "Tt", &between) && take_time(text);
}

bool tb_schema_format_matches(enum tb_schema_format format, struct tb_str text)
{
    switch (format) {
    case TB_SCHEMA_FORMAT_UUID:
        return tb_uuid_is_valid(text);
    case TB_SCHEMA_FORMAT_DATE:
        return take_date(&text) && text.len == 0;
    case TB_SCHEMA_FORMAT_TIME:
        return take_time(&text) && text.len == 0;
    case TB_SCHEMA_FORMAT_DATE_TIME:
        return take_date_time(&text) && text.len == 0;
    case TB_SCHEMA_FORMAT_NONE:
    case TB_SCHEMA_FORMAT_ANNOTATION:
        return true;
    }
    return true;
}
