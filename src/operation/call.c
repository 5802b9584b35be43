#include "timebank/call.h"

#include "timebank/json.h"
#include "timebank/log.h"

#include <stdatomic.h>
#include <stdlib.h>

struct tb_shared_result {
    PGresult *rows;
    atomic_uint references;
};

struct tb_shared_result *tb_shared_result_new(PGresult *rows)
{
    struct tb_shared_result *shared = malloc(sizeof(*shared));
    if (shared == NULL)
        return NULL;
    shared->rows = rows;
    atomic_init(&shared->references, 1);
    return shared;
}

PGresult *tb_shared_result_rows(const struct tb_shared_result *shared)
{
    return shared->rows;
}

struct tb_shared_result *tb_shared_result_hold(struct tb_shared_result *shared)
{
    atomic_fetch_add(&shared->references, 1);
    return shared;
}

void tb_shared_result_release(struct tb_shared_result *shared)
{
    if (shared == NULL || atomic_fetch_sub(&shared->references, 1) != 1)
        return;
    PQclear(shared->rows);
    free(shared);
}

void tb_call_fini(struct tb_call *call)
{
    tb_shared_result_release(call->result);
    call->result = NULL;
}

void tb_call_refuse(struct tb_call *call, struct tb_str code, json_t *args)
{
    call->status = TB_CALL_REFUSED;
    call->code = code;
    call->args = NULL;
    if (args != NULL && tb_json_defer(call->arena, args) == TB_OK)
        call->args = args;
}

static void refuse_rule(struct tb_call *call, struct tb_str code, const char *rule)
{
    tb_call_refuse(call, code, json_pack("{s:s}", "rule", rule));
}

static bool is_class(const char sqlstate[6], const char *class)
{
    return memcmp(sqlstate, class, 2) == 0;
}

/* What the server said no to. Anything that is not told apart here is a defect of ours. */
static void refuse_sqlstate(struct tb_call *call, const struct tb_db_reply *reply)
{
    const char *state = reply->sqlstate;
    if (strcmp(state, "55P03") == 0 || strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0)
        tb_call_refuse(call, TB_STR("contended"), NULL);
    else if (strcmp(state, "57014") == 0)
        tb_call_refuse(call, TB_STR("deadline_passed"), NULL);
    else if (strcmp(state, "23503") == 0 && call->actor == NULL)
        tb_call_refuse(call, TB_STR("not_found"), NULL); /* the district that a stranger named */
    else if (strcmp(state, "23503") == 0)
        refuse_rule(call, TB_STR("reference_unknown"), reply->constraint);
    else if (is_class(state, "22") && reply->constraint[0] != '\0')
        /* A function that refuses an argument names the problem as the constraint. */
        tb_call_refuse(call, tb_arena_str(call->arena, tb_str_of(reply->constraint)), NULL);
    else if (is_class(state, "23"))
        refuse_rule(call, TB_STR("constraint_violated"), reply->constraint);
    else if (is_class(state, "22"))
        tb_call_refuse(
            call, call->cursor != NULL ? TB_STR("cursor_invalid") : TB_STR("value_invalid"), NULL);
    else if (is_class(state, "57") || is_class(state, "53") || is_class(state, "08") ||
             strcmp(state, "25006") == 0)
        tb_call_refuse(call, TB_STR("database_unavailable"), NULL);
    else
        tb_call_refuse(call, TB_STR("internal_error"), NULL);
}

void tb_call_refuse_reply(struct tb_call *call, const struct tb_db_reply *reply)
{
    switch (reply->outcome) {
    case TB_DB_FAILED:
        /* The messages of classes 22 and 23 quote values, which may be personal. */
        tb_log(TB_LOG_WARN, "statement_failed", "soperation", call->operation->id, "ssqlstate",
               reply->sqlstate, "sconstraint", reply->constraint, "smessage",
               is_class(reply->sqlstate, "22") || is_class(reply->sqlstate, "23") ? NULL
                                                                                  : reply->message,
               NULL);
        refuse_sqlstate(call, reply);
        return;
    case TB_DB_UNAVAILABLE:
        tb_call_refuse(
            call, reply->queue_full ? TB_STR("overloaded") : TB_STR("database_unavailable"), NULL);
        return;
    case TB_DB_EXPIRED:
        tb_call_refuse(call, TB_STR("deadline_passed"), NULL);
        return;
    case TB_DB_UNKNOWN:
        tb_call_refuse(call, TB_STR("outcome_unknown"), NULL);
        return;
    case TB_DB_DONE:
        break;
    }
    TB_BUG_IF(true);
}
