#include "settlement/run.h"

#include "timebank/uuid.h"

#include <time.h>

/* How long one run waits for another that is at the same period. */
#define BUSY_WAIT_MS 50
#define BUSY_TRIES 100

static const char *const result_names[] = {"done", "would", "already", "busy"};

struct runner {
    struct tb_db_session *session;
    const struct tb_settlement_options *options;
    struct tb_error_text *reterr_text;
    struct tb_arena *arena; /* of the district at hand */
    const char *district;
    int64_t as_of_ms;
    unsigned steps;
    bool has_tried; /* dry: a settlement of this district was computed */
};

const char *tb_settlement_result_name(enum tb_settlement_result result)
{
    TB_BUG_IF((unsigned)result > TB_SETTLEMENT_BUSY);
    return result_names[result];
}

static bool is_stopped(const struct runner *runner)
{
    const struct tb_settlement_options *options = runner->options;
    return options->is_stopped != NULL && options->is_stopped(options->context);
}

static void tell(struct runner *runner, const struct tb_settlement_step *step)
{
    if (step->result == TB_SETTLEMENT_DONE || step->result == TB_SETTLEMENT_WOULD)
        runner->steps++;
    if (runner->options->on_step != NULL)
        runner->options->on_step(step, runner->options->context);
}

/* sql/settlement/<name>.sql of each grain; a freeze has the district, the begin, the instant and
 * maybe a seed, a settlement the id of its run before that. */
static const struct {
    const char *freeze;
    int freeze_values;
    const char *settle;
    int settle_values;
    const char *dry;
} statements[] = {
    [TB_GRAIN_WEEK] = {"freeze_week", 4, "settle_week", 4, "dry_settle_week"},
    [TB_GRAIN_MONTH] = {"freeze_month", 3, "settle_month", 4, "dry_settle_month"},
    [TB_GRAIN_QUARTER] = {"freeze_quarter", 3, "settle_quarter", 5, "dry_settle_quarter"},
};

static void read_frozen(const PGresult *result, struct tb_settlement_step *step)
{
    if (step->period.grain != TB_GRAIN_WEEK)
        return;
    step->has_figures = true;
    step->records = tb_settlement_int(result, 0, "records");
    step->flagged = tb_settlement_int(result, 0, "flagged");
    step->communities = tb_settlement_int(result, 0, "communities");
}

static void read_settled(const PGresult *result, struct tb_settlement_step *step)
{
    bool is_week = step->period.grain == TB_GRAIN_WEEK;
    step->has_figures = true;
    step->records = tb_settlement_int(result, 0, "records");
    step->deposits = tb_settlement_int(result, 0, "deposits");
    step->captures = tb_settlement_int(result, 0, "captures");
    step->minutes = tb_settlement_int(result, 0, "minutes");
    step->carried = is_week ? tb_settlement_int(result, 0, "carried") : 0;
    step->statements = is_week ? 0 : tb_settlement_int(result, 0, "statements");
    step->digest = PQgetvalue(result, 0, PQfnumber(result, "digest"));
}

/* Whether the period has come as far as the step would bring it. */
static enum tb_err check_already(struct runner *runner, const struct tb_settlement_step *step,
                                 const char *begin, bool *ret_already)
{
    PGresult *result = NULL;
    const char *values[3] = {runner->district, tb_grain_name(step->period.grain), begin};
    enum tb_err err = tb_settlement_query(runner->session, "period_state", 3, values, &result,
                                          runner->reterr_text);
    if (err != TB_OK)
        return err;
    enum tb_period_state state = TB_PERIOD_OPEN;
    TB_BUG_IF(PQntuples(result) != 1);
    TB_BUG_IF(tb_period_state_parse(tb_str_of(PQgetvalue(result, 0, 0)), &state) != TB_OK);
    PQclear(result);
    *ret_already = state >= (step->kind == TB_DUE_FREEZE ? TB_PERIOD_FROZEN : TB_PERIOD_SETTLED);
    return TB_OK;
}

/* Tries once; step->result is DONE, ALREADY or BUSY. */
static enum tb_err try_step(struct runner *runner, struct tb_settlement_step *step)
{
    char begin[TB_DATE_TEXT_BYTES];
    char run_id[TB_UUID_TEXT_BYTES];
    tb_date_format(step->period.begin, begin);
    tb_uuid_v7(run_id);
    bool freezes = step->kind == TB_DUE_FREEZE;
    const char *freeze[4] = {runner->district, begin, runner->options->as_of,
                             runner->options->seed};
    const char *settle[5] = {runner->district, begin, runner->options->as_of, run_id,
                             runner->options->seed};
    enum tb_grain grain = step->period.grain;
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(
        runner->session, freezes ? statements[grain].freeze : statements[grain].settle,
        freezes ? statements[grain].freeze_values : statements[grain].settle_values,
        freezes ? freeze : settle, &result, runner->reterr_text);
    if (err != TB_OK)
        return err;
    bool is_done = PQntuples(result) == 1;
    if (is_done) {
        step->result = TB_SETTLEMENT_DONE;
        if (freezes)
            read_frozen(result, step);
        else
            read_settled(result, step);
        tell(runner, step);
    }
    PQclear(result);
    if (is_done)
        return TB_OK;
    bool is_already = false;
    err = check_already(runner, step, begin, &is_already);
    step->result = is_already ? TB_SETTLEMENT_ALREADY : TB_SETTLEMENT_BUSY;
    return err;
}

static enum tb_err do_step(struct runner *runner, struct tb_settlement_step *step)
{
    for (int i = 0;; i++) {
        enum tb_err err = try_step(runner, step);
        if (err != TB_OK || step->result == TB_SETTLEMENT_DONE)
            return err;
        if (step->result == TB_SETTLEMENT_ALREADY || i == BUSY_TRIES || is_stopped(runner))
            break;
        nanosleep(&(struct timespec){.tv_nsec = BUSY_WAIT_MS * 1000000L}, NULL);
    }
    tell(runner, step);
    return TB_OK;
}

/* Only the first settlement of a district can be computed exactly. */
static enum tb_err try_dry(struct runner *runner, struct tb_settlement_step *step)
{
    step->result = TB_SETTLEMENT_WOULD;
    if (step->kind == TB_DUE_FREEZE || runner->has_tried) {
        tell(runner, step);
        return TB_OK;
    }
    char begin[TB_DATE_TEXT_BYTES];
    tb_date_format(step->period.begin, begin);
    const char *values[2] = {runner->district, begin};
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(runner->session, statements[step->period.grain].dry, 2,
                                          values, &result, runner->reterr_text);
    if (err != TB_OK)
        return err;
    runner->has_tried = true;
    read_settled(result, step);
    tell(runner, step);
    PQclear(result);
    return TB_OK;
}

static struct tb_due_period read_period(const PGresult *result, int row)
{
    struct tb_str grain = tb_str_of(PQgetvalue(result, row, PQfnumber(result, "grain")));
    const char *state = PQgetvalue(result, row, PQfnumber(result, "state"));
    struct tb_due_period due = {
        .period = {.begin = tb_settlement_date(result, row, "begin_date"),
                   .end = tb_settlement_date(result, row, "end_date")},
        .freezes_at.ms = tb_settlement_int(result, row, "freezes_ms"),
        .due_at.ms = tb_settlement_int(result, row, "due_ms"),
    };
    TB_BUG_IF(tb_grain_parse(grain, &due.period.grain) != TB_OK);
    TB_BUG_IF(tb_period_state_parse(tb_str_of(state), &due.state) != TB_OK);
    return due;
}

static enum tb_err read_periods(struct runner *runner, struct tb_due_period **ret_periods,
                                size_t *ret_count)
{
    PGresult *result = NULL;
    const char *values[2] = {runner->district, runner->options->grain};
    enum tb_err err =
        tb_settlement_query(runner->session, "list_due", 2, values, &result, runner->reterr_text);
    if (err != TB_OK)
        return err;
    size_t count = (size_t)PQntuples(result);
    struct tb_due_period *periods = tb_arena_alloc(runner->arena, (count + 1) * sizeof(*periods));
    for (size_t i = 0; periods != NULL && i < count; i++)
        periods[i] = read_period(result, (int)i);
    PQclear(result);
    if (periods == NULL) {
        tb_error_set(runner->reterr_text, "district %s: too many periods", runner->district);
        return TB_ERR_NO_MEMORY;
    }
    *ret_periods = periods;
    *ret_count = count;
    return TB_OK;
}

static enum tb_err make_plan(struct runner *runner, struct tb_due_plan *ret_plan)
{
    struct tb_due_period *periods = NULL;
    size_t count = 0;
    enum tb_err err = read_periods(runner, &periods, &count);
    if (err != TB_OK)
        return err;
    err = tb_due_plan_make(runner->arena, periods, count, (struct tb_instant){runner->as_of_ms},
                           ret_plan);
    if (err != TB_OK)
        tb_error_set(runner->reterr_text, "district %s: the periods cannot be planned: %s",
                     runner->district, tb_err_name(err));
    return err;
}

static enum tb_err do_plan(struct runner *runner, const struct tb_due_plan *plan)
{
    for (size_t i = 0; i < plan->count && !is_stopped(runner); i++) {
        struct tb_settlement_step step = {.district = runner->district,
                                          .kind = plan->actions[i].kind,
                                          .period = plan->actions[i].period->period,
                                          .place = i + 1,
                                          .total = plan->count,
                                          .digest = ""};
        enum tb_err err =
            runner->options->dry_run ? try_dry(runner, &step) : do_step(runner, &step);
        if (err != TB_OK || step.result == TB_SETTLEMENT_BUSY)
            return err;
    }
    if (!plan->is_missing)
        return TB_OK;
    char label[TB_PERIOD_LABEL_BYTES];
    tb_period_label(plan->missing, label);
    tb_error_set(runner->reterr_text, "district %s: the row of the period %s is missing",
                 runner->district, label);
    return TB_ERR_CONFIG;
}

/* One of the small jobs besides the periods; its figures are of no interest here. */
static enum tb_err tidy(struct runner *runner, const char *name, int values_count)
{
    const char *values[2] = {runner->district, runner->options->as_of};
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(runner->session, name, values_count, values, &result,
                                          runner->reterr_text);
    if (err == TB_OK)
        PQclear(result);
    return err;
}

static enum tb_err keep_district(struct runner *runner, struct tb_date first, struct tb_date last)
{
    enum tb_err err = tb_settlement_ensure_periods(runner->session, runner->district, first, last,
                                                   runner->reterr_text);
    if (err == TB_OK)
        err = tidy(runner, "expire_holds", 2);
    return err != TB_OK ? err : tidy(runner, "forget_keys", 1);
}

static enum tb_err run_district(struct runner *runner, const PGresult *districts, int row)
{
    runner->district = PQgetvalue(districts, row, PQfnumber(districts, "district_id"));
    runner->has_tried = false;
    enum tb_err err = TB_OK;
    if (!runner->options->dry_run)
        err = keep_district(runner, tb_settlement_date(districts, row, "first_day"),
                            tb_settlement_date(districts, row, "last_day"));
    if (err != TB_OK)
        return err;
    runner->arena = tb_arena_new(TB_SETTLEMENT_ARENA_BYTES);
    if (runner->arena == NULL)
        return TB_ERR_NO_MEMORY;
    struct tb_due_plan plan;
    err = make_plan(runner, &plan);
    if (err == TB_OK)
        err = do_plan(runner, &plan);
    tb_arena_free(runner->arena);
    if (err == TB_OK && !runner->options->dry_run)
        err = tidy(runner, "advance_years", 2);
    return err != TB_OK ? err : tidy(runner, "advance_notices", 2);
}

static enum tb_err check_grain(const struct runner *runner)
{
    const char *grain = runner->options->grain;
    enum tb_grain known;
    if (grain == NULL ||
        (tb_grain_parse(tb_str_of(grain), &known) == TB_OK && known <= TB_GRAIN_QUARTER))
        return TB_OK;
    tb_error_set(runner->reterr_text, "%s is neither week nor month nor quarter", grain);
    return TB_ERR_INVALID;
}

static enum tb_err check_clock(const struct runner *runner, const struct tb_settlement_clock *clock)
{
    if (clock->as_of_ms > clock->business_ms) {
        tb_error_set(runner->reterr_text, "%s lies after the business clock",
                     runner->options->as_of);
        return TB_ERR_INVALID;
    }
    struct tb_clock_guard guard = {0};
    if (clock->stands || runner->options->accept_jump || runner->options->clock_is_checked ||
        runner->options->dry_run ||
        tb_clock_guard_check(&guard, clock->wall_ms, 0, clock->heartbeat_ms) == TB_CLOCK_STEADY)
        return TB_OK;
    tb_error_set(runner->reterr_text, "the database's clock is behind the latest event; set it "
                                      "right, or run settle --accept-jump");
    return TB_ERR_CONFLICT;
}

/* Whoever serves may settle again. */
static enum tb_err tell_accepted(struct runner *runner)
{
    if (!runner->options->accept_jump || runner->options->dry_run)
        return TB_OK;
    return tb_db_session_command(runner->session, "NOTIFY " TB_SETTLEMENT_CHANNEL ", 'accept_jump'",
                                 runner->reterr_text);
}

static enum tb_err run_districts(struct runner *runner)
{
    const char *values[2] = {runner->options->district, runner->options->as_of};
    PGresult *districts = NULL;
    enum tb_err err = tb_settlement_query(runner->session, "list_districts", 2, values, &districts,
                                          runner->reterr_text);
    if (err != TB_OK)
        return err;
    if (runner->options->district != NULL && PQntuples(districts) == 0) {
        tb_error_set(runner->reterr_text, "there is no district %s", runner->options->district);
        err = TB_ERR_NOT_FOUND;
    }
    for (int i = 0; err == TB_OK && i < PQntuples(districts) && !is_stopped(runner); i++)
        err = run_district(runner, districts, i);
    PQclear(districts);
    return err;
}

enum tb_err tb_settlement_run_due(struct tb_db_session *session,
                                  const struct tb_settlement_options *options, unsigned *ret_steps,
                                  struct tb_error_text *reterr_text)
{
    struct runner runner = {.session = session, .options = options, .reterr_text = reterr_text};
    struct tb_settlement_clock clock;
    enum tb_err err = check_grain(&runner);
    if (err == TB_OK)
        err = tb_settlement_read_clock(session, options->as_of, &clock, reterr_text);
    if (err == TB_OK)
        err = check_clock(&runner, &clock);
    if (err != TB_OK)
        return err;
    runner.as_of_ms = clock.as_of_ms;
    err = run_districts(&runner);
    if (err == TB_OK)
        err = tell_accepted(&runner);
    if (err == TB_OK)
        *ret_steps = runner.steps;
    return err;
}
