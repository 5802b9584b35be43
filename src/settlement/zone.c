#include "timebank/calendar.h"

#include <stdlib.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)

struct tb_zone {
    UCalendar *calendar; /* moved by every question */
};

/* ICU's conversion is defined for the invariant characters only; zone names need no others. */
static bool name_to_uchars(const char *name, UChar ret_name[TB_ZONE_NAME_MAX_BYTES + 1])
{
    size_t len = strnlen(name, TB_ZONE_NAME_MAX_BYTES + 1);
    if (len == 0 || len > TB_ZONE_NAME_MAX_BYTES)
        return false;
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") != len)
        return false;
    u_charsToUChars(name, ret_name, (int32_t)len + 1);
    return true;
}

static enum tb_err err_of_status(UErrorCode status)
{
    if (status == U_ILLEGAL_ARGUMENT_ERROR)
        return TB_ERR_NOT_FOUND;
    return status == U_MEMORY_ALLOCATION_ERROR ? TB_ERR_NO_MEMORY : TB_ERR_CONFIG;
}

/* ucal_open takes an unknown name for GMT, so the name is looked up first. Names that ICU can
 * read but does not list ("GMT+8") are not of the system. */
static enum tb_err check_known(const UChar *uname)
{
    UChar canonical[128];
    UBool is_system = 0;
    UErrorCode status = U_ZERO_ERROR;
    ucal_getCanonicalTimeZoneID(uname, -1, canonical, 128, &is_system, &status);
    if (U_FAILURE(status))
        return err_of_status(status);
    return is_system ? TB_OK : TB_ERR_NOT_FOUND;
}

enum tb_err tb_zone_open(const char *name, struct tb_zone **ret_zone)
{
    UChar uname[TB_ZONE_NAME_MAX_BYTES + 1];
    if (!name_to_uchars(name, uname))
        return TB_ERR_NOT_FOUND;
    enum tb_err err = check_known(uname);
    if (err != TB_OK)
        return err;
    struct tb_zone *zone = malloc(sizeof(*zone));
    if (zone == NULL)
        return TB_ERR_NO_MEMORY;
    UErrorCode status = U_ZERO_ERROR;
    zone->calendar = ucal_open(uname, -1, "en", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status)) {
        free(zone);
        return err_of_status(status);
    }
    *ret_zone = zone;
    return TB_OK;
}

void tb_zone_close(struct tb_zone *zone)
{
    if (zone == NULL)
        return;
    ucal_close(zone->calendar);
    free(zone);
}

/* Milliseconds that the zone's clocks are ahead of UTC at an instant. */
static int64_t offset_at(struct tb_zone *zone, int64_t ms)
{
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(zone->calendar, (UDate)ms, &status);
    int64_t offset = ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &status);
    offset += ucal_get(zone->calendar, UCAL_DST_OFFSET, &status);
    TB_BUG_IF(U_FAILURE(status));
    return offset;
}

/* The first change of the offset after an instant; INT64_MAX when there is none. */
static int64_t transition_after(struct tb_zone *zone, int64_t ms)
{
    UErrorCode status = U_ZERO_ERROR;
    UDate transition = 0;
    ucal_setMillis(zone->calendar, (UDate)ms, &status);
    UBool found = ucal_getTimeZoneTransitionDate(zone->calendar, UCAL_TZ_TRANSITION_NEXT,
                                                 &transition, &status);
    TB_BUG_IF(U_FAILURE(status));
    return found ? (int64_t)transition : INT64_MAX;
}

struct tb_instant tb_zone_begin_of(struct tb_zone *zone, struct tb_date date)
{
    return tb_zone_hour_of(zone, date, 0);
}

struct tb_instant tb_zone_hour_of(struct tb_zone *zone, struct tb_date date, int hour)
{
    TB_BUG_IF(hour < 0 || hour > 23);
    int64_t local = (int64_t)date.days * DAY_MS + hour * HOUR_MS;
    /* Two days before in UTC that time has come nowhere. From there, stretch by stretch of one
     * offset, the first instant whose local time has reached it. */
    int64_t from = local - 2 * DAY_MS;
    for (;;) {
        int64_t reached = local - offset_at(zone, from);
        if (reached < from)
            reached = from;
        int64_t next = transition_after(zone, from);
        if (reached < next)
            return (struct tb_instant){reached};
        from = next;
    }
}

struct tb_date tb_zone_date_of(struct tb_zone *zone, struct tb_instant instant)
{
    int64_t local = instant.ms + offset_at(zone, instant.ms);
    int64_t days = local >= 0 ? local / DAY_MS : -((DAY_MS - 1 - local) / DAY_MS);
    TB_BUG_IF(days < INT32_MIN || days > INT32_MAX);
    return (struct tb_date){(int32_t)days};
}
