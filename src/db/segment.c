#include "db/segment.h"

#include "timebank/log.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ what is prepared */

enum tb_err tb_db_prepared_reset(struct tb_db_prepared *prepared)
{
    unsigned count = tb_db_statements_count();
    uint64_t *by = calloc(count > 0 ? count : 1, sizeof(*by));
    if (by == NULL)
        return TB_ERR_NO_MEMORY;
    free(prepared->by);
    *prepared = (struct tb_db_prepared){.by = by, .count = count};
    return TB_OK;
}

void tb_db_prepared_fini(struct tb_db_prepared *prepared)
{
    free(prepared->by);
    *prepared = (struct tb_db_prepared){0};
}

/* ------------------------------------------------------------------ sending */

static bool send_prepares(PGconn *conn, struct tb_db_prepared *prepared,
                          struct tb_db_segment *segment)
{
    for (size_t i = 0; i < segment->steps_count; i++) {
        const struct tb_db_statement *statement = segment->steps[i].statement;
        TB_BUG_IF(statement->id >= prepared->count); /* registered after the connection began */
        if (prepared->by[statement->id] != 0)
            continue;
        if (!PQsendPrepare(conn, statement->name, statement->sql, 0, NULL))
            return false;
        prepared->by[statement->id] = segment->number;
        segment->prepares |= UINT64_C(1) << i;
    }
    return true;
}

static bool send_steps(PGconn *conn, const struct tb_db_segment *segment)
{
    for (size_t i = 0; i < segment->steps_count; i++) {
        const struct tb_db_step *step = &segment->steps[i];
        if (!PQsendQueryPrepared(conn, step->statement->name, step->statement->params_count,
                                 step->values, NULL, NULL, 0))
            return false;
    }
    return true;
}

enum tb_db_sent tb_db_segment_send(PGconn *conn, struct tb_db_prepared *prepared,
                                   const struct tb_db_step *steps, size_t steps_count,
                                   struct tb_db_segment *ret_segment)
{
    TB_BUG_IF(steps_count == 0 || steps_count > TB_DB_STEPS_MAX);
    *ret_segment = (struct tb_db_segment){
        .steps = steps, .steps_count = steps_count, .number = ++prepared->segments};
    if (!send_prepares(conn, prepared, ret_segment) || !send_steps(conn, ret_segment))
        return TB_DB_SENT_NO_SYNC;
    return TB_DB_SENT;
}

enum tb_db_sent tb_db_segment_sync(PGconn *conn, struct tb_db_segment *segment)
{
    segment->has_sync = true;
    return PQpipelineSync(conn) ? TB_DB_SENT : TB_DB_SENT_UNSURE;
}

/* ------------------------------------------------------------------ receiving */

static size_t prepares_count(const struct tb_db_segment *segment)
{
    return (size_t)__builtin_popcountll(segment->prepares);
}

/* The step for which the n-th Prepare of the segment was sent. */
static const struct tb_db_step *step_of_prepare(const struct tb_db_segment *segment, size_t n)
{
    uint64_t left = segment->prepares;
    for (size_t i = 0; i < n; i++)
        left &= left - 1;
    return &segment->steps[__builtin_ctzll(left)];
}

static void unprepare(struct tb_db_prepared *prepared, const struct tb_db_segment *segment,
                      size_t n)
{
    unsigned id = step_of_prepare(segment, n)->statement->id;
    if (prepared->by[id] == segment->number)
        prepared->by[id] = 0;
}

static void keep_error(struct tb_db_segment *segment, size_t index, PGresult *error)
{
    if (segment->error != NULL) {
        PQclear(error);
        return;
    }
    segment->error = error;
    segment->error_at = index;
}

static void keep_result(struct tb_db_segment *segment, size_t index, PGresult *result)
{
    bool is_last = index + 1 == prepares_count(segment) + segment->steps_count;
    if (is_last && segment->result == NULL)
        segment->result = result;
    else
        PQclear(result);
}

static void take_answer(struct tb_db_segment *segment, struct tb_db_prepared *prepared,
                        PGresult *result, bool failed)
{
    size_t index = segment->answered++;
    if (failed && index < prepares_count(segment))
        unprepare(prepared, segment, index);
    if (!failed) {
        keep_result(segment, index, result);
    } else if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
        keep_error(segment, index, result);
    } else { /* because of the error before it */
        PQclear(result);
        segment->skipped = segment->error == NULL;
    }
}

static bool is_complete(const struct tb_db_segment *segment)
{
    return segment->answered >= prepares_count(segment) + segment->steps_count;
}

enum tb_db_taken tb_db_segment_take(struct tb_db_segment *segment, struct tb_db_prepared *prepared,
                                    PGresult *result)
{
    bool twice_null = result == NULL && segment->after_null;
    segment->after_null = result == NULL;
    if (result == NULL)
        return twice_null ? TB_DB_TAKEN_LOST : TB_DB_TAKEN_MORE;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        return segment->has_sync && is_complete(segment) ? TB_DB_TAKEN_END : TB_DB_TAKEN_LOST;
    }
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        PQclear(result); /* libpq 15 cannot leave a COPY in a pipeline */
        return TB_DB_TAKEN_LOST;
    }
    bool good =
        status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
    take_answer(segment, prepared, result, !good);
    return !segment->has_sync && is_complete(segment) ? TB_DB_TAKEN_END : TB_DB_TAKEN_MORE;
}

/* ------------------------------------------------------------------ what came of it */

static const char *error_field(const PGresult *error, int field)
{
    const char *text = PQresultErrorField(error, field);
    return text != NULL ? text : "";
}

/* libpq's own errors have none: the server may have gone on and committed. */
static const char *error_sqlstate(const struct tb_db_segment *segment)
{
    return segment->error != NULL ? error_field(segment->error, PG_DIAG_SQLSTATE) : "";
}

/* A segment before this one was to prepare the statement and failed, or lost it. */
static void forget_missing(const struct tb_db_segment *segment, struct tb_db_prepared *prepared)
{
    size_t step = segment->error_at - prepares_count(segment);
    unsigned id = segment->steps[step].statement->id;
    if (prepared->by[id] <= segment->number)
        prepared->by[id] = 0;
}

enum tb_db_remedy tb_db_segment_remedy(const struct tb_db_segment *segment,
                                       struct tb_db_prepared *prepared)
{
    const char *sqlstate = error_sqlstate(segment);
    size_t prepares = prepares_count(segment);
    if (segment->skipped)
        return TB_DB_REMEDY_ALONE;
    bool in_step =
        segment->error_at >= prepares && segment->error_at < prepares + segment->steps_count;
    if (strcmp(sqlstate, "26000") == 0 && in_step) { /* no such prepared statement */
        forget_missing(segment, prepared);
        return TB_DB_REMEDY_AGAIN;
    }
    if (strcmp(sqlstate, "42P05") == 0 && segment->error_at < prepares) /* it exists already */
        return TB_DB_REMEDY_RENEW;
    /* "cached plan must not change result type"; the text is translated, the function is not. */
    if (strcmp(sqlstate, "0A000") == 0 &&
        strcmp(error_field(segment->error, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0)
        return TB_DB_REMEDY_RENEW;
    return TB_DB_REMEDY_NONE;
}

struct tb_db_reply tb_db_reply_without_answer(enum tb_db_outcome outcome, const char *message)
{
    return (struct tb_db_reply){.outcome = outcome, .constraint = "", .message = message};
}

void tb_db_segment_reply(struct tb_db_segment *segment, struct tb_db_reply *ret_reply)
{
    const char *sqlstate = error_sqlstate(segment);
    if (segment->error != NULL && sqlstate[0] == '\0') {
        *ret_reply = tb_db_reply_without_answer(TB_DB_UNKNOWN, "the answer could not be read");
        return;
    }
    if (segment->error != NULL) {
        *ret_reply = (struct tb_db_reply){
            .outcome = TB_DB_FAILED,
            .constraint = error_field(segment->error, PG_DIAG_CONSTRAINT_NAME),
            .message = error_field(segment->error, PG_DIAG_MESSAGE_PRIMARY),
        };
        memcpy(ret_reply->sqlstate, sqlstate, strnlen(sqlstate, sizeof(ret_reply->sqlstate) - 1));
        return;
    }
    if (segment->skipped) {
        *ret_reply = tb_db_reply_without_answer(TB_DB_UNKNOWN, "another's error, and no time left");
        return;
    }
    *ret_reply = tb_db_reply_without_answer(TB_DB_DONE, "");
    ret_reply->result = segment->result;
    segment->result = NULL;
}

void tb_db_segment_fini(struct tb_db_segment *segment)
{
    PQclear(segment->result);
    PQclear(segment->error);
    segment->result = NULL;
    segment->error = NULL;
}

void tb_db_notice_log(void *context, const PGresult *notice)
{
    (void)context;
    tb_log(TB_LOG_DEBUG, "db_notice", "ssqlstate", PQresultErrorField(notice, PG_DIAG_SQLSTATE),
           NULL);
}
