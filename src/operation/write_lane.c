#include "operation/write_lane.h"

#include "timebank/json.h"

#include <stdio.h>
#include <stdlib.h>

#define SWEEP_MS 100
/* A plan is made once a session, maybe while the tables of a new district are empty and reading
 * them whole looks cheap; it is kept while they grow, until their next ANALYZE. (What must be read
 * whole then looks so dear that it would be compiled.) */
#define SESSION_SQL                                                                                \
    "SET ROLE timebank_service; SET plan_cache_mode = force_generic_plan; "                        \
    "SET enable_seqscan = off; SET jit = off; "                                                    \
    "SET statement_timeout = %d; SET lock_timeout = %d; SET TimeZone = '%s'"

/* ------------------------------------------------------------------ answering */

static void open_at_home(struct tb_letter *letter)
{
    struct write *write = (struct write *)letter;
    write->call->done(write->call);
}

static void give_back(struct write *write)
{
    TB_BUG_IF(write->state == WRITE_ANSWERED);
    write->state = WRITE_ANSWERED;
    write->letter.open = open_at_home;
    tb_inbox_post(write->home, &write->letter);
}

static void copy_outcome(const struct tb_call *from, struct tb_call *to)
{
    to->status = from->status;
    to->code = tb_arena_str(to->arena, from->code);
    to->replayed = true;
    to->row = from->row;
    if (from->result != NULL)
        to->result = tb_shared_result_hold(from->result);
    json_t *copies[2] = {from->args != NULL ? json_deep_copy(from->args) : NULL,
                         from->replay != NULL ? json_deep_copy(from->replay) : NULL};
    if (copies[0] != NULL && tb_json_defer(to->arena, copies[0]) == TB_OK)
        to->args = copies[0];
    if (copies[1] != NULL && tb_json_defer(to->arena, copies[1]) == TB_OK)
        to->replay = copies[1];
    bool empty = to->status == TB_CALL_DONE ? to->result == NULL && to->replay == NULL
                                            : to->code.ptr == NULL;
    if (empty)
        tb_call_refuse(to, TB_STR("request_memory"), NULL);
}

static void open_at_lane(struct tb_letter *letter);

/* The first that waited behind a write whose outcome was not stored takes its place. */
static void promote(struct write *followers)
{
    while (followers != NULL) {
        struct write *next = followers->next;
        followers->lane->waiting--;
        followers->state = WRITE_WAITING;
        open_at_lane(&followers->letter);
        followers = next;
    }
}

void write_answer(struct write *write)
{
    struct write *follower = write->holds_key ? write_key_leave(write) : NULL;
    bool stored = write->is_stored;
    while (stored && follower != NULL) {
        struct write *next = follower->next;
        follower->lane->waiting--;
        copy_outcome(write->call, follower->call);
        give_back(follower);
        follower = next;
    }
    give_back(write);
    promote(follower);
}

void write_refuse(struct write *write, struct tb_str code)
{
    if (write->may_have_committed)
        code = TB_STR("outcome_unknown");
    tb_call_refuse(write->call, code, NULL);
    write_answer(write);
}

/* ------------------------------------------------------------------ queues */

static struct write_queue *find_queue(struct tb_write_lane *lane, const struct tb_call *call)
{
    for (struct write_queue *queue = lane->queues; queue != NULL; queue = queue->next)
        if (queue->operation == call->operation && queue->district_id == call->district_id)
            return queue;
    struct write_queue *queue = calloc(1, sizeof(*queue));
    if (queue == NULL)
        return NULL;
    queue->operation = call->operation;
    queue->district_id = call->district_id;
    queue->next = lane->queues;
    lane->queues = queue;
    return queue;
}

static void enqueue(struct write *write)
{
    struct write_queue *queue = find_queue(write->lane, write->call);
    if (queue == NULL) {
        write_refuse(write, TB_STR("overloaded"));
        return;
    }
    write->next = NULL;
    if (queue->last != NULL)
        queue->last->next = write;
    else
        queue->first = write;
    queue->last = write;
    write->lane->waiting++;
}

static void open_at_lane(struct tb_letter *letter)
{
    struct write *write = (struct write *)letter;
    if (write->lane->closing) {
        write_refuse(write, TB_STR("database_unavailable"));
        return;
    }
    if (write->lane->waiting >= TB_LIMIT_WRITE_QUEUE) {
        write_refuse(write, TB_STR("overloaded"));
        return;
    }
    if (write->call->key.ptr != NULL && !write_key_enter(write))
        return;
    enqueue(write);
    write_dispatch(write->lane);
}

void tb_write_submit(struct tb_write_lane *lane, struct tb_call *call, struct tb_inbox *home)
{
    struct write *write = tb_arena_alloc(call->arena, sizeof(*write));
    struct tb_str request = write != NULL ? tb_write_request(lane->seal, call) : TB_STR_NULL;
    if (request.ptr == NULL) {
        tb_call_refuse(call, TB_STR("request_memory"), NULL);
        call->done(call);
        return;
    }
    *write = (struct write){
        .letter = {.open = open_at_lane},
        .lane = lane,
        .call = call,
        .home = home,
        .request = request,
    };
    tb_inbox_post(&lane->inbox, &write->letter);
}

/* ------------------------------------------------------------------ time */

/* Takes those whose deadline is not after `now` out of the queue. */
static struct write *take_expired(struct tb_write_lane *lane, struct write_queue *queue,
                                  struct tb_msec now)
{
    struct write **link = &queue->first;
    struct write *expired = NULL;
    queue->last = NULL;
    while (*link != NULL) {
        struct write *write = *link;
        if (write->call->deadline.ms > now.ms) {
            queue->last = write;
            link = &write->next;
            continue;
        }
        *link = write->next;
        write->next = expired;
        expired = write;
        lane->waiting--;
    }
    return expired;
}

/* Answering one may put its follower into this very queue, so the queue is whole before that. */
static void sweep_queue(struct tb_write_lane *lane, struct write_queue *queue, struct tb_msec now)
{
    bool connected = tb_db_lane_connected(lane->batches) > 0;
    struct write *next;
    for (struct write *write = take_expired(lane, queue, now); write != NULL; write = next) {
        next = write->next;
        write_refuse(write, connected && !lane->closing ? TB_STR("deadline_passed")
                                                        : TB_STR("database_unavailable"));
    }
}

static void on_sweep(uv_timer_t *timer)
{
    struct tb_write_lane *lane = timer->data;
    struct tb_msec now = tb_clock_monotonic();
    for (struct write_queue *queue = lane->queues; queue != NULL; queue = queue->next)
        sweep_queue(lane, queue, now);
    write_key_sweep(lane, now);
    atomic_store(&lane->connected, tb_db_lane_connected(lane->batches));
}

static void on_free(void *context)
{
    struct tb_write_lane *lane = context;
    atomic_store(&lane->connected, tb_db_lane_connected(lane->batches));
    write_dispatch(lane);
}

/* ------------------------------------------------------------------ life */

static enum tb_err open_lanes(struct tb_write_lane *lane, const struct tb_write_settings *with)
{
    char batch_sql[256];
    char contended_sql[256];
    (void)snprintf(batch_sql, sizeof(batch_sql), SESSION_SQL, TB_LIMIT_WRITE_STATEMENT_MS,
                   TB_LIMIT_LOCK_WAIT_MS, with->time_zone);
    (void)snprintf(contended_sql, sizeof(contended_sql), SESSION_SQL, TB_LIMIT_WRITE_STATEMENT_MS,
                   TB_LIMIT_CONTENDED_LOCK_WAIT_MS, with->time_zone);
    struct tb_db_lane_settings settings = {
        .name = "write",
        .conninfo = with->conninfo,
        .session_sql = batch_sql,
        .connections = TB_LIMIT_WRITE_CONNECTIONS,
        .depth_max = 1,
        .queue_max = TB_LIMIT_WRITE_CONNECTIONS,
        .statement_ms = TB_LIMIT_WRITE_STATEMENT_MS,
    };
    enum tb_err err = tb_db_lane_new(lane->loop, &settings, &lane->batches);
    if (err != TB_OK)
        return err;
    settings.name = "contended";
    settings.session_sql = contended_sql;
    settings.connections = TB_LIMIT_CONTENDED_CONNECTIONS;
    settings.queue_max = TB_LIMIT_WRITE_QUEUE;
    return tb_db_lane_new(lane->loop, &settings, &lane->contended);
}

enum tb_err tb_write_lane_new(const struct tb_write_settings *settings,
                              struct tb_write_lane **ret_lane)
{
    struct tb_write_lane *lane = calloc(1, sizeof(*lane));
    if (lane == NULL)
        return TB_ERR_NO_MEMORY;
    lane->loop = settings->loop;
    lane->seal = settings->seal;
    lane->contract_version = settings->contract_version;
    enum tb_err err = open_lanes(lane, settings);
    if (err != TB_OK) {
        free(lane);
        return err;
    }
    tb_inbox_init(&lane->inbox, lane->loop);
    tb_db_lane_on_free(lane->batches, on_free, lane);
    uv_timer_init(lane->loop, &lane->sweep);
    lane->sweep.data = lane;
    uv_timer_start(&lane->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    *ret_lane = lane;
    return TB_OK;
}

unsigned tb_write_lane_connected(const struct tb_write_lane *lane)
{
    return atomic_load(&lane->connected);
}

static void on_sweep_closed(uv_handle_t *handle)
{
    struct tb_write_lane *lane = handle->data;
    while (lane->queues != NULL) {
        struct write_queue *next = lane->queues->next;
        free(lane->queues);
        lane->queues = next;
    }
    free(lane);
}

static void on_lane_closed(void *context)
{
    struct tb_write_lane *lane = context;
    if (--lane->lanes_open == 0)
        lane->closed(lane->closed_context);
}

void tb_write_lane_free(struct tb_write_lane *lane)
{
    TB_BUG_IF(!lane->closing || lane->lanes_open > 0);
    tb_inbox_close(&lane->inbox);
    uv_close((uv_handle_t *)&lane->sweep, on_sweep_closed);
}

void tb_write_lane_close(struct tb_write_lane *lane, void (*closed)(void *context), void *context)
{
    lane->closing = true;
    lane->closed = closed;
    lane->closed_context = context;
    lane->lanes_open = 2;
    uv_timer_stop(&lane->sweep);
    for (struct write_queue *queue = lane->queues; queue != NULL; queue = queue->next)
        sweep_queue(lane, queue, (struct tb_msec){INT64_MAX});
    tb_db_lane_on_free(lane->batches, NULL, NULL);
    tb_db_lane_close(lane->batches, on_lane_closed, lane);
    tb_db_lane_close(lane->contended, on_lane_closed, lane);
}
