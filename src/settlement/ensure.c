#include "settlement/run.h"

#include "timebank/buf.h"

#include <inttypes.h>
#include <stdlib.h>

#define JSON_MAX_BYTES (4u << 20)

/* What is stored of a district's periods and what they are computed from. */
struct keeper {
    struct tb_db_session *session;
    const char *district;
    struct tb_error_text *reterr_text;
    struct tb_arena *arena;
    struct tb_zone *zone;
    struct tb_clock_rules rules;
    struct tb_due_period *stored; /* by grain, then begin */
    size_t stored_count;
};

static int compare_stored(const void *a, const void *b)
{
    const struct tb_due_period *left = a;
    const struct tb_due_period *right = b;
    if (left->period.grain != right->period.grain)
        return left->period.grain < right->period.grain ? -1 : 1;
    int32_t left_days = left->period.begin.days;
    int32_t right_days = right->period.begin.days;
    return (left_days > right_days) - (left_days < right_days);
}

static enum tb_err open_zone(struct keeper *keeper)
{
    PGresult *result = NULL;
    const char *values[2] = {keeper->district, NULL};
    enum tb_err err = tb_settlement_query(keeper->session, "list_districts", 2, values, &result,
                                          keeper->reterr_text);
    if (err != TB_OK)
        return err;
    if (PQntuples(result) != 1) {
        tb_error_set(keeper->reterr_text, "there is no district %s", keeper->district);
        err = TB_ERR_NOT_FOUND;
    } else {
        const char *name = PQgetvalue(result, 0, PQfnumber(result, "time_zone"));
        err = tb_zone_open(name, &keeper->zone);
        if (err != TB_OK) {
            tb_error_set(keeper->reterr_text, "district %s: time zone %s: %s", keeper->district,
                         name, tb_err_name(err));
            err = err == TB_ERR_NOT_FOUND ? TB_ERR_CONFIG : err;
        }
    }
    PQclear(result);
    return err;
}

static enum tb_err read_holidays(struct keeper *keeper)
{
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(keeper->session, "list_holidays", 1, &keeper->district,
                                          &result, keeper->reterr_text);
    if (err != TB_OK)
        return err;
    size_t count = (size_t)PQntuples(result);
    struct tb_holiday *rows = tb_arena_alloc(keeper->arena, (count + 1) * sizeof(*rows));
    err = rows == NULL ? TB_ERR_NO_MEMORY : TB_OK;
    for (size_t i = 0; err == TB_OK && i < count; i++) {
        const char *date = PQgetvalue(result, (int)i, PQfnumber(result, "holiday_date"));
        const char *kind = PQgetvalue(result, (int)i, PQfnumber(result, "kind"));
        err = tb_date_parse(tb_str_of(date), &rows[i].date);
        if (err == TB_OK)
            err = tb_holiday_kind_parse(tb_str_of(kind), &rows[i].kind);
    }
    PQclear(result);
    keeper->rules.holidays = (struct tb_holidays){rows, count};
    if (err == TB_OK)
        err = tb_holidays_check(&keeper->rules.holidays);
    if (err == TB_ERR_INVALID) {
        tb_error_set(keeper->reterr_text, "district %s: a public holiday is out of range",
                     keeper->district);
        return TB_ERR_CONFIG;
    }
    return err;
}

/* The policy's values have been checked where it was set. */
static enum tb_err read_cutoffs(struct keeper *keeper)
{
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(keeper->session, "list_cutoffs", 1, &keeper->district,
                                          &result, keeper->reterr_text);
    if (err != TB_OK)
        return err;
    size_t count = (size_t)PQntuples(result);
    struct tb_cutoff_change *rows = tb_arena_alloc(keeper->arena, (count + 1) * sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < count; i++)
        rows[i] = (struct tb_cutoff_change){tb_settlement_date(result, (int)i, "from_date"),
                                            {(int)tb_settlement_int(result, (int)i, "days"),
                                             (int)tb_settlement_int(result, (int)i, "hours")}};
    PQclear(result);
    if (rows == NULL)
        return TB_ERR_NO_MEMORY;
    keeper->rules.cutoffs = rows;
    keeper->rules.cutoffs_count = count;
    err = tb_cutoffs_check(&keeper->rules);
    if (err == TB_OK)
        return TB_OK;
    tb_error_set(keeper->reterr_text, "district %s: a policy week_cutoff is out of range",
                 keeper->district);
    return TB_ERR_CONFIG;
}

static void read_stored_row(const PGresult *result, int row, struct tb_due_period *ret_period)
{
    const char *grain = PQgetvalue(result, row, PQfnumber(result, "grain"));
    const char *state = PQgetvalue(result, row, PQfnumber(result, "state"));
    struct tb_due_period period = {
        .period.begin = tb_settlement_date(result, row, "begin_date"),
        .freezes_at = {tb_settlement_int(result, row, "freezes_ms")},
        .due_at = {tb_settlement_int(result, row, "due_ms")},
    };
    TB_BUG_IF(tb_grain_parse(tb_str_of(grain), &period.period.grain) != TB_OK);
    TB_BUG_IF(tb_period_state_parse(tb_str_of(state), &period.state) != TB_OK);
    *ret_period = period;
}

static enum tb_err read_stored(struct keeper *keeper, struct tb_date from, struct tb_date to)
{
    char from_text[TB_DATE_TEXT_BYTES];
    char to_text[TB_DATE_TEXT_BYTES];
    tb_date_format(from, from_text);
    tb_date_format(to, to_text);
    const char *values[3] = {keeper->district, from_text, to_text};
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(keeper->session, "list_periods", 3, values, &result,
                                          keeper->reterr_text);
    if (err != TB_OK)
        return err;
    size_t count = (size_t)PQntuples(result);
    keeper->stored = tb_arena_alloc(keeper->arena, (count + 1) * sizeof(*keeper->stored));
    if (keeper->stored == NULL) {
        err = TB_ERR_NO_MEMORY;
    } else {
        keeper->stored_count = count;
        for (size_t i = 0; i < count; i++)
            read_stored_row(result, (int)i, &keeper->stored[i]);
        qsort(keeper->stored, count, sizeof(*keeper->stored), compare_stored);
    }
    PQclear(result);
    return err;
}

/* Whether the row is missing, or open with another cut-off than it should have. */
static bool is_to_be_put(const struct keeper *keeper, const struct tb_due_period *wanted)
{
    const struct tb_due_period *stored = bsearch(wanted, keeper->stored, keeper->stored_count,
                                                 sizeof(*keeper->stored), compare_stored);
    if (stored == NULL)
        return true;
    return stored->state == TB_PERIOD_OPEN && (stored->freezes_at.ms != wanted->freezes_at.ms ||
                                               stored->due_at.ms != wanted->due_at.ms);
}

static void add_period(struct tb_buf *json, const struct tb_due_period *wanted)
{
    char begin[TB_DATE_TEXT_BYTES];
    char end[TB_DATE_TEXT_BYTES];
    tb_date_format(wanted->period.begin, begin);
    tb_date_format(wanted->period.end, end);
    tb_buf_printf(json,
                  "%s{\"grain\":\"%s\",\"begin_date\":\"%s\",\"end_date\":\"%s\","
                  "\"freezes_ms\":%" PRId64 ",\"due_ms\":%" PRId64 "}",
                  json->len > 1 ? "," : "", tb_grain_name(wanted->period.grain), begin, end,
                  wanted->freezes_at.ms, wanted->due_at.ms);
}

static enum tb_err run_silent(const struct keeper *keeper, const char *name, int params_count,
                              const char *const *values)
{
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(keeper->session, name, params_count, values, &result,
                                          keeper->reterr_text);
    if (err == TB_OK)
        PQclear(result);
    return err;
}

static enum tb_err put_periods(const struct keeper *keeper, struct tb_buf *json)
{
    if (json->len == 1)
        return TB_OK;
    tb_buf_add_text(json, "]");
    tb_buf_add_char(json, '\0');
    if (json->overflow)
        return TB_ERR_NO_MEMORY;
    const char *values[2] = {keeper->district, json->data};
    enum tb_err err = tb_db_session_command(keeper->session, "BEGIN", keeper->reterr_text);
    if (err != TB_OK)
        return err;
    err = run_silent(keeper, "lock_periods", 1, values);
    if (err == TB_OK)
        err = run_silent(keeper, "put_periods", 2, values);
    if (err == TB_OK)
        return tb_db_session_command(keeper->session, "COMMIT", keeper->reterr_text);
    struct tb_error_text ignored; /* the first failure is the one to tell */
    (void)tb_db_session_command(keeper->session, "ROLLBACK", &ignored);
    return err;
}

static enum tb_err put_missing(struct keeper *keeper, struct tb_date from, struct tb_date to)
{
    struct tb_period *periods = NULL;
    size_t count = 0;
    enum tb_err err = tb_period_list_touching(keeper->arena, from, to, &periods, &count);
    if (err != TB_OK) {
        tb_error_set(keeper->reterr_text, "district %s: the days are out of range",
                     keeper->district);
        return err;
    }
    struct tb_buf json;
    tb_buf_init(&json, JSON_MAX_BYTES);
    tb_buf_add_text(&json, "[");
    for (size_t i = 0; i < count; i++) {
        struct tb_period_clocks clocks = tb_period_clocks(periods[i], keeper->zone, &keeper->rules);
        struct tb_due_period wanted = {
            .period = periods[i], .freezes_at = clocks.freezes_at, .due_at = clocks.due_at};
        if (is_to_be_put(keeper, &wanted))
            add_period(&json, &wanted);
    }
    err = put_periods(keeper, &json);
    tb_buf_fini(&json);
    return err;
}

enum tb_err tb_settlement_ensure_periods(struct tb_db_session *session, const char *district,
                                         struct tb_date from, struct tb_date to,
                                         struct tb_error_text *reterr_text)
{
    struct keeper keeper = {.session = session, .district = district, .reterr_text = reterr_text};
    keeper.arena = tb_arena_new(TB_SETTLEMENT_ARENA_BYTES);
    enum tb_err err = keeper.arena == NULL ? TB_ERR_NO_MEMORY : open_zone(&keeper);
    if (err == TB_OK)
        err = read_holidays(&keeper);
    if (err == TB_OK)
        err = read_cutoffs(&keeper);
    if (err == TB_OK)
        err = read_stored(&keeper, from, to);
    if (err == TB_OK)
        err = put_missing(&keeper, from, to);
    if (err == TB_ERR_NO_MEMORY)
        tb_error_set(reterr_text, "district %s: too many periods", district);
    tb_zone_close(keeper.zone);
    tb_arena_free(keeper.arena);
    return err;
}
