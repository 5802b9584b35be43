#include "settlement/run.h"

#include "timebank/buf.h"
#include "timebank/log.h"

#include <inttypes.h>

#define STEPS_MAX_BYTES (4u << 20)

struct execution {
    const struct tb_settlement_orders *orders;
    struct tb_buf steps; /* JSON */
    bool is_busy;
};

static bool is_stopped(void *context)
{
    const struct execution *execution = context;
    return execution->orders->is_stopped(execution->orders->context);
}

static void add_figure(struct tb_buf *out, const char *name, bool is_known, int64_t figure)
{
    if (is_known)
        tb_buf_printf(out, ",\"%s\":%" PRId64, name, figure);
    else
        tb_buf_printf(out, ",\"%s\":null", name);
}

static void add_step(const struct tb_settlement_step *step, void *context)
{
    struct execution *execution = context;
    struct tb_buf *out = &execution->steps;
    bool freezes = step->kind == TB_DUE_FREEZE;
    bool froze = freezes && step->has_figures;
    bool settled = !freezes && step->has_figures;
    char begin[TB_DATE_TEXT_BYTES];
    tb_date_format(step->period.begin, begin);
    tb_buf_printf(
        out, "%s{\"action\":\"%s\",\"grain\":\"%s\",\"begin_date\":\"%s\",\"result\":\"%s\"",
        out->len > 1 ? "," : "", freezes ? "freeze" : "settle", tb_grain_name(step->period.grain),
        begin, tb_settlement_result_name(step->result));
    add_figure(out, "records", step->has_figures, step->records);
    add_figure(out, "flagged", froze, step->flagged);
    add_figure(out, "communities", froze, step->communities);
    add_figure(out, "deposits", settled, step->deposits);
    add_figure(out, "captures", settled, step->captures);
    add_figure(out, "minutes", settled, step->minutes);
    add_figure(out, "carried", settled, step->carried);
    add_figure(out, "statements", settled, step->statements);
    if (settled && step->digest[0] != '\0')
        tb_buf_printf(out, ",\"digest\":\"%s\"}", step->digest);
    else
        tb_buf_add_text(out, ",\"digest\":null}");
    if (step->result == TB_SETTLEMENT_BUSY)
        execution->is_busy = true;
    if (execution->orders->on_step != NULL && step->result != TB_SETTLEMENT_WOULD)
        execution->orders->on_step(step, execution->orders->context);
}

static enum tb_err run_silent(struct tb_db_session *session, const char *name, int values_count,
                              const char *const *values, struct tb_error_text *reterr_text)
{
    PGresult *result = NULL;
    enum tb_err err =
        tb_settlement_query(session, name, values_count, values, &result, reterr_text);
    if (err == TB_OK)
        PQclear(result);
    return err;
}

/* The word for what came of it; NULL when it is to be tried again later. */
static const char *carry_out(struct tb_db_session *session, struct execution *execution,
                             const char *district, const char *grain, bool dry_run,
                             struct tb_error_text *reterr_text)
{
    if (execution->orders->is_halted && !dry_run)
        return "halted";
    unsigned steps = 0;
    const struct tb_settlement_options options = {
        .district = district,
        .grain = grain,
        .dry_run = dry_run,
        .clock_is_checked = true,
        .on_step = add_step,
        .is_stopped = is_stopped,
        .context = execution,
    };
    enum tb_err err = tb_settlement_run_due(session, &options, &steps, reterr_text);
    if (PQstatus(tb_db_session_connection(session)) != CONNECTION_OK || is_stopped(execution))
        return NULL;
    if (err == TB_OK)
        return execution->is_busy ? "busy" : "done";
    tb_log(TB_LOG_ERROR, "settlement_order_failed", "sdistrict", district, "serr", tb_err_name(err),
           "serror", reterr_text->text, NULL);
    return "failed";
}

static enum tb_err do_order(struct tb_db_session *session,
                            const struct tb_settlement_orders *orders, const PGresult *rows,
                            int row, struct tb_error_text *reterr_text)
{
    int grain = PQfnumber(rows, "grain");
    const char *values[4] = {PQgetvalue(rows, row, PQfnumber(rows, "district_id")),
                             PQgetvalue(rows, row, PQfnumber(rows, "id")), NULL, NULL};
    PGresult *claim = NULL;
    enum tb_err err = tb_settlement_query(session, "claim_order", 2, values, &claim, reterr_text);
    if (err != TB_OK)
        return err;
    bool is_claimed = PQgetvalue(claim, 0, 0)[0] == 't';
    PQclear(claim);
    if (!is_claimed)
        return TB_OK;
    struct execution execution = {.orders = orders};
    tb_buf_init(&execution.steps, STEPS_MAX_BYTES);
    tb_buf_add_char(&execution.steps, '[');
    values[2] = carry_out(session, &execution, values[0],
                          PQgetisnull(rows, row, grain) ? NULL : PQgetvalue(rows, row, grain),
                          PQgetvalue(rows, row, PQfnumber(rows, "dry_run"))[0] == 't', reterr_text);
    tb_buf_add(&execution.steps, "]", 2);
    values[3] = execution.steps.overflow ? "[]" : execution.steps.data;
    if (values[2] != NULL)
        err = run_silent(session, "finish_order", 4, values, reterr_text);
    tb_buf_fini(&execution.steps);
    if (err == TB_OK)
        err = run_silent(session, "release_order", 2, values, reterr_text);
    return err;
}

enum tb_err tb_settlement_do_orders(struct tb_db_session *session,
                                    const struct tb_settlement_orders *orders,
                                    struct tb_error_text *reterr_text)
{
    PGresult *rows = NULL;
    enum tb_err err = tb_settlement_query(session, "list_orders", 0, NULL, &rows, reterr_text);
    if (err != TB_OK)
        return err;
    for (int i = 0; err == TB_OK && i < PQntuples(rows) && !orders->is_stopped(orders->context);
         i++)
        err = do_order(session, orders, rows, i, reterr_text);
    PQclear(rows);
    return err;
}
