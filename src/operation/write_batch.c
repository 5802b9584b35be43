/* Batches: whatever waits of one operation and district when a connection is free. */
#include "operation/write_lane.h"

#include "timebank/json.h"
#include "timebank/log.h"

#include <stdio.h>
#include <stdlib.h>

#define ATTEMPTS_MAX 5

struct batch {
    struct tb_db_job job;
    struct tb_batch_steps steps;
    struct tb_write_lane *lane;
    struct write_queue *queue; /* NULL: a single of the contended lane */
    struct write *writes;      /* in the order of their ordinals, from 0 */
    struct write **end;        /* where the next one goes */
    unsigned count;
    struct tb_buf requests;
    char district[12];
    char id[TB_UUID_TEXT_BYTES];
};

static void batch_free(struct batch *batch)
{
    tb_buf_fini(&batch->requests);
    free(batch);
}

/* ------------------------------------------------------------------ outcomes */

static json_t *row_args(const PGresult *rows, int row, struct tb_call *call)
{
    int index = PQfnumber(rows, "args");
    if (index < 0 || PQgetisnull(rows, row, index))
        return NULL;
    json_t *args = json_loads(PQgetvalue(rows, row, index), 0, NULL);
    return args != NULL && tb_json_defer(call->arena, args) == TB_OK ? args : NULL;
}

static void take_row(struct write *write, struct tb_shared_result *shared, int row)
{
    const PGresult *rows = tb_shared_result_rows(shared);
    struct tb_call *call = write->call;
    int code = PQfnumber(rows, "code");
    write->is_stored = true;
    if (PQgetisnull(rows, row, code)) {
        call->status = TB_CALL_DONE;
        call->result = tb_shared_result_hold(shared);
        call->row = row;
    } else {
        call->status = TB_CALL_REFUSED;
        call->code = tb_arena_str(call->arena, tb_str_of(PQgetvalue(rows, row, code)));
        call->args = row_args(rows, row, call);
    }
    write_answer(write);
}

/* The row of an ordinal; rows are in its order, but those of known keys are absent. */
static int find_row(const PGresult *rows, unsigned ordinal)
{
    int column = PQfnumber(rows, "ordinal");
    for (int row = 0; column >= 0 && row < PQntuples(rows); row++)
        if ((unsigned)strtoul(PQgetvalue(rows, row, column), NULL, 10) == ordinal)
            return row;
    return -1;
}

static void take_rows(struct batch *batch, struct tb_db_reply *reply)
{
    struct tb_shared_result *shared = tb_shared_result_new(reply->result);
    TB_BUG_IF(shared == NULL);
    reply->result = NULL;
    unsigned ordinal = 0;
    for (struct write *write = batch->writes, *next; write != NULL; write = next) {
        next = write->next;
        int row = find_row(tb_shared_result_rows(shared), ordinal++);
        if (row >= 0) {
            take_row(write, shared, row);
        } else if (write->call->key.ptr != NULL) {
            write_key_look_up(write);
        } else {
            tb_log(TB_LOG_ERROR, "outcome_missing", "soperation", write->call->operation->id, NULL);
            write_refuse(write, TB_STR("internal_error"));
        }
    }
    tb_shared_result_release(shared);
}

static bool is_retryable(const struct tb_db_reply *reply)
{
    return reply->outcome == TB_DB_FAILED &&
           (strcmp(reply->sqlstate, "40001") == 0 || strcmp(reply->sqlstate, "40P01") == 0 ||
            strcmp(reply->sqlstate, "55P03") == 0);
}

/* After a failure each goes on alone, so that only the guilty one is refused. An ambiguous commit
 * is asked again with the same key, which does the work once at most. */
static void after_failure(struct write *write, const struct tb_db_reply *reply, unsigned count)
{
    bool ambiguous = reply->outcome == TB_DB_UNKNOWN;
    bool has_key = write->call->key.ptr != NULL;
    if (ambiguous)
        write->may_have_committed = true;
    bool again =
        ambiguous ? has_key : is_retryable(reply) || (count > 1 && reply->outcome == TB_DB_FAILED);
    bool in_time = write->call->deadline.ms > tb_clock_monotonic().ms;
    if (again && in_time && write->attempts++ < ATTEMPTS_MAX) {
        write_run_single(write);
        return;
    }
    tb_call_refuse_reply(write->call, reply);
    if (write->may_have_committed && (reply->outcome != TB_DB_FAILED || is_retryable(reply) ||
                                      tb_db_sqlstate_is_canceled(reply->sqlstate)))
        tb_call_refuse(write->call, TB_STR("outcome_unknown"), NULL);
    write_answer(write);
}

static void on_done(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct batch *batch = job->context;
    struct tb_write_lane *lane = batch->lane;
    if (batch->queue != NULL)
        batch->queue->in_flight--;
    if (reply->outcome == TB_DB_DONE) {
        take_rows(batch, reply);
    } else {
        for (struct write *write = batch->writes, *next; write != NULL; write = next) {
            next = write->next;
            after_failure(write, reply, batch->count);
        }
    }
    batch_free(batch);
    write_dispatch(lane);
}

/* ------------------------------------------------------------------ making */

static struct batch *batch_new(struct tb_write_lane *lane, const struct tb_call *call)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL)
        return NULL;
    batch->lane = lane;
    batch->end = &batch->writes;
    /* One more request than fits the limit, with its ordinal and the brackets. */
    tb_buf_init(&batch->requests, TB_LIMIT_BATCH_BYTES + 2 * TB_LIMIT_BODY_BYTES + 256);
    tb_buf_add_char(&batch->requests, '[');
    (void)snprintf(batch->district, sizeof(batch->district), "%d", call->district_id);
    tb_uuid_v7(batch->id);
    return batch;
}

static void batch_add(struct batch *batch, struct write *write)
{
    tb_buf_printf(&batch->requests, "%s{\"ordinal\":%u,", batch->count > 0 ? "," : "",
                  batch->count);
    tb_buf_add_str(&batch->requests, write->request);
    write->next = NULL;
    *batch->end = write;
    batch->end = &write->next;
    batch->count++;
}

static void batch_submit(struct batch *batch, struct tb_db_lane *lane)
{
    const struct tb_program *program = batch->writes->call->operation->program;
    struct tb_msec deadline = {0};
    bool has_keys = false;
    for (const struct write *write = batch->writes; write != NULL; write = write->next) {
        has_keys = has_keys || write->call->key.ptr != NULL;
        if (write->call->deadline.ms > deadline.ms)
            deadline = write->call->deadline;
    }
    tb_buf_add(&batch->requests, "]", 2); /* with its terminator, for libpq */
    TB_BUG_IF(batch->requests.overflow);
    struct tb_batch_values values = {batch->district, batch->id, batch->requests.data,
                                     batch->lane->contract_version};
    tb_program_bind_batch(program, &values, has_keys, &batch->steps);
    batch->job = (struct tb_db_job){
        .steps = batch->steps.steps,
        .steps_count = batch->steps.count,
        .deadline = deadline,
        .done = on_done,
        .context = batch,
    };
    tb_db_lane_submit(lane, &batch->job);
}

void write_run_single(struct write *write)
{
    if (write->lane->closing) {
        write_refuse(write, TB_STR("database_unavailable"));
        return;
    }
    struct batch *batch = batch_new(write->lane, write->call);
    if (batch == NULL) {
        write_refuse(write, TB_STR("overloaded"));
        return;
    }
    write->state = WRITE_SINGLE;
    batch_add(batch, write);
    batch_submit(batch, write->lane->contended);
}

/* May the queue's first write join the batch? A batch has the deadline of its last, for which a
 * silent server is waited for: the first must not wait much longer than for its own. */
static bool batch_takes(const struct batch *batch, const struct write_queue *queue)
{
    if (queue->first == NULL || batch->count >= queue->operation->batch_max ||
        batch->requests.len >= TB_LIMIT_BATCH_BYTES)
        return false;
    return batch->writes == NULL || queue->first->call->deadline.ms <=
                                        batch->writes->call->deadline.ms + TB_LIMIT_BATCH_SPREAD_MS;
}

/* The oldest of the queue, as many as one batch takes. False without memory: they wait until that
 * or their deadline comes. */
static bool run_batch(struct tb_write_lane *lane, struct write_queue *queue)
{
    struct batch *batch = batch_new(lane, queue->first->call);
    if (batch == NULL)
        return false;
    while (batch_takes(batch, queue)) {
        struct write *write = queue->first;
        queue->first = write->next;
        lane->waiting--;
        write->state = WRITE_IN_BATCH;
        batch_add(batch, write);
    }
    if (queue->first == NULL)
        queue->last = NULL;
    batch->queue = queue;
    queue->in_flight++;
    batch_submit(batch, lane->batches);
    return true;
}

/* The queue whose first write has waited longest, of those that may have another batch. */
static struct write_queue *next_queue(const struct tb_write_lane *lane)
{
    struct write_queue *oldest = NULL;
    for (struct write_queue *queue = lane->queues; queue != NULL; queue = queue->next) {
        if (queue->first == NULL || queue->in_flight >= TB_LIMIT_WRITES_IN_FLIGHT_A_DISTRICT)
            continue;
        if (oldest == NULL || queue->first->call->deadline.ms < oldest->first->call->deadline.ms)
            oldest = queue;
    }
    return oldest;
}

void write_dispatch(struct tb_write_lane *lane)
{
    while (!lane->closing && tb_db_lane_free_slots(lane->batches) > 0) {
        struct write_queue *queue = next_queue(lane);
        if (queue == NULL || !run_batch(lane, queue))
            return;
    }
}
