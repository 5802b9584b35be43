#include "db/lane.h"

#include <stdio.h>
#include <stdlib.h>

#define SWEEP_PAUSE_MIN_MS 5 /* deadlines this close to each other share a sweep */

/* ------------------------------------------------------------------ lists of jobs */

static void jobs_init(struct tb_db_jobs *jobs)
{
    *jobs = (struct tb_db_jobs){.end = &jobs->first};
}

static void jobs_append(struct tb_db_jobs *jobs, struct tb_db_job *job)
{
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
    jobs->count++;
}

static void jobs_prepend(struct tb_db_jobs *jobs, struct tb_db_job *job)
{
    job->next = jobs->first;
    jobs->first = job;
    if (job->next == NULL)
        jobs->end = &job->next;
    jobs->count++;
}

static struct tb_db_job *jobs_pop(struct tb_db_jobs *jobs)
{
    struct tb_db_job *job = jobs->first;
    if (job == NULL)
        return NULL;
    jobs->first = job->next;
    if (jobs->first == NULL)
        jobs->end = &jobs->first;
    jobs->count--;
    return job;
}

/* The jobs of `from` become those of `to`, which is empty. */
static void jobs_move(struct tb_db_jobs *from, struct tb_db_jobs *to)
{
    jobs_init(to);
    for (struct tb_db_job *job = jobs_pop(from); job != NULL; job = jobs_pop(from))
        jobs_append(to, job);
}

/* ------------------------------------------------------------------ answers */

void tb_db_job_answer(struct tb_db_job *job, struct tb_db_reply *reply)
{
    job->done(job, reply);
    PQclear(reply->result);
}

static void answer_unsent(struct tb_db_job *job, enum tb_db_outcome outcome, const char *message)
{
    struct tb_db_reply reply = tb_db_reply_without_answer(outcome, message);
    reply.queue_full = job->refused_full;
    tb_db_job_answer(job, &reply);
}

static void answer_refused(struct tb_db_lane *lane)
{
    struct tb_db_jobs refused;
    jobs_move(&lane->refused, &refused); /* done() may add to the lane's list */
    for (struct tb_db_job *job = jobs_pop(&refused); job != NULL; job = jobs_pop(&refused))
        answer_unsent(job, TB_DB_UNAVAILABLE, job->refused_full ? "queue full" : "lane closing");
}

static void answer_late(struct tb_db_lane *lane, struct tb_db_job *job)
{
    if (tb_db_lane_connected(lane) > 0)
        answer_unsent(job, TB_DB_EXPIRED, "the deadline passed in the queue");
    else
        answer_unsent(job, TB_DB_UNAVAILABLE, "no connection before the deadline");
}

/* ------------------------------------------------------------------ deadlines */

static void on_deadline(uv_timer_t *timer);

static void arm_deadline(struct tb_db_lane *lane, int64_t at_ms)
{
    if (at_ms >= lane->deadline_at_ms || lane->closing)
        return;
    int64_t wait_ms = at_ms - tb_clock_monotonic().ms;
    if (wait_ms < SWEEP_PAUSE_MIN_MS)
        wait_ms = SWEEP_PAUSE_MIN_MS;
    lane->deadline_at_ms = at_ms;
    int failed = uv_timer_start(&lane->deadline, on_deadline, (uint64_t)wait_ms, 0);
    TB_BUG_IF(failed != 0);
}

static void sweep_queue(struct tb_db_lane *lane)
{
    int64_t now_ms = tb_clock_monotonic().ms;
    struct tb_db_jobs waiting;
    jobs_move(&lane->queue, &waiting);
    struct tb_db_jobs late;
    jobs_init(&late);
    lane->deadline_at_ms = INT64_MAX;
    for (struct tb_db_job *job = jobs_pop(&waiting); job != NULL; job = jobs_pop(&waiting)) {
        if (job->deadline.ms <= now_ms) {
            jobs_append(&late, job);
        } else {
            jobs_append(&lane->queue, job);
            arm_deadline(lane, job->deadline.ms);
        }
    }
    for (struct tb_db_job *job = jobs_pop(&late); job != NULL; job = jobs_pop(&late))
        answer_late(lane, job);
}

static void lose_all(struct tb_db_lane *lane)
{
    for (unsigned i = 0; i < lane->connections_count; i++)
        if (lane->connections[i].flight_count > 0)
            tb_db_connection_lose(&lane->connections[i], "the lane closes");
}

static void on_deadline(uv_timer_t *timer)
{
    struct tb_db_lane *lane = timer->data;
    if (lane->closing)
        lose_all(lane);
    else
        sweep_queue(lane);
    tb_db_lane_turn(lane);
}

/* ------------------------------------------------------------------ sending */

/* The connection with the fewest jobs in flight and room for one more, or NULL. */
static struct tb_db_connection *pick_connection(struct tb_db_lane *lane)
{
    struct tb_db_connection *best = NULL;
    for (unsigned i = 0; i < lane->connections_count; i++) {
        struct tb_db_connection *connection = &lane->connections[i];
        if (tb_db_flight_has_room(connection) &&
            (best == NULL || connection->flight_count < best->flight_count))
            best = connection;
    }
    return best;
}

/* False when no connection takes it now. */
static bool send_job(struct tb_db_lane *lane, struct tb_db_job *job)
{
    for (struct tb_db_connection *connection = pick_connection(lane); connection != NULL;
         connection = pick_connection(lane))
        if (tb_db_flight_send(connection, job))
            return true;
    return false;
}

static void pump_queue(struct tb_db_lane *lane)
{
    while (lane->queue.count > 0 && pick_connection(lane) != NULL) {
        struct tb_db_job *job = jobs_pop(&lane->queue);
        if (job->deadline.ms <= tb_clock_monotonic().ms)
            answer_late(lane, job);
        else if (!send_job(lane, job))
            jobs_prepend(&lane->queue, job);
    }
}

void tb_db_lane_requeue(struct tb_db_lane *lane, struct tb_db_job *job)
{
    jobs_prepend(&lane->queue, job);
    arm_deadline(lane, job->deadline.ms);
}

static void refuse(struct tb_db_lane *lane, struct tb_db_job *job, bool full)
{
    job->refused_full = full;
    jobs_append(&lane->refused, job);
    tb_db_lane_wake(lane);
}

void tb_db_lane_submit(struct tb_db_lane *lane, struct tb_db_job *job)
{
    TB_BUG_IF(job->steps_count == 0 || job->steps_count > TB_DB_STEPS_MAX);
    job->sent_again = false;
    job->alone = false;
    job->refused_full = false;
    if (lane->closing) {
        refuse(lane, job, false);
    } else if (lane->queue.count > 0 || !send_job(lane, job)) {
        if (lane->queue.count >= lane->queue_max) {
            refuse(lane, job, true);
            return;
        }
        jobs_append(&lane->queue, job);
        arm_deadline(lane, job->deadline.ms);
    }
}

/* ------------------------------------------------------------------ turns of the loop */

static void on_wake(uv_idle_t *wake)
{
    struct tb_db_lane *lane = wake->data;
    uv_idle_stop(wake);
    for (unsigned i = 0; i < lane->connections_count; i++)
        tb_db_flight_sync(&lane->connections[i]);
    for (unsigned i = 0; i < lane->connections_count; i++)
        if (lane->connections[i].state == TB_DB_BROKEN)
            tb_db_connection_lose(&lane->connections[i], "sending failed");
    answer_refused(lane);
    tb_db_lane_turn(lane);
}

void tb_db_lane_wake(struct tb_db_lane *lane)
{
    if (lane->finished)
        return; /* tb_db_lane_handle_closed answers what is refused so late */
    int failed = uv_idle_start(&lane->wake, on_wake);
    TB_BUG_IF(failed != 0);
}

static void on_handle_closed(uv_handle_t *handle)
{
    tb_db_lane_handle_closed(handle->data);
}

static void close_more(struct tb_db_lane *lane)
{
    bool all = true;
    for (unsigned i = 0; i < lane->connections_count; i++) {
        struct tb_db_connection *connection = &lane->connections[i];
        if (connection->state != TB_DB_CLOSED && connection->flight_count == 0)
            tb_db_connection_close(connection);
        all = all && connection->state == TB_DB_CLOSED;
    }
    if (!all || lane->refused.count > 0 || lane->finished)
        return;
    lane->finished = true;
    uv_close((uv_handle_t *)&lane->wake, on_handle_closed);
    uv_close((uv_handle_t *)&lane->deadline, on_handle_closed);
}

static void renew_idle(struct tb_db_lane *lane)
{
    for (unsigned i = 0; i < lane->connections_count; i++) {
        struct tb_db_connection *connection = &lane->connections[i];
        if (connection->state == TB_DB_READY && connection->renew && connection->flight_count == 0)
            tb_db_connection_renew(connection);
    }
}

void tb_db_lane_turn(struct tb_db_lane *lane)
{
    if (!lane->closing) {
        renew_idle(lane);
        pump_queue(lane); /* done() may close the lane */
    }
    if (lane->closing)
        close_more(lane);
    else if (lane->on_free != NULL && tb_db_lane_free_slots(lane) > 0)
        lane->on_free(lane->on_free_context);
}

/* ------------------------------------------------------------------ life */

static void free_lane(struct tb_db_lane *lane)
{
    for (unsigned i = 0; i < lane->connections_count; i++)
        tb_db_connection_fini(&lane->connections[i]);
    free(lane->name);
    free(lane->conninfo);
    free(lane->session_sql);
    free(lane->application_name);
    free(lane);
}

void tb_db_lane_handle_closed(struct tb_db_lane *lane)
{
    TB_BUG_IF(lane->handles == 0);
    lane->handles--;
    if (!lane->finished || lane->handles > 0)
        return;
    while (lane->refused.count > 0)
        answer_refused(lane);
    void (*closed)(void *context) = lane->closed;
    void *context = lane->closed_context;
    free_lane(lane);
    if (closed != NULL)
        closed(context);
}

static char *copy_text(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

static char *make_application_name(const char *name)
{
    char text[64]; /* the server cuts at 63 */
    (void)snprintf(text, sizeof(text), "timebankd-%s", name);
    return strdup(text);
}

static enum tb_err fill_lane(struct tb_db_lane *lane, const struct tb_db_lane_settings *settings)
{
    lane->name = copy_text(settings->name);
    lane->conninfo = copy_text(settings->conninfo);
    lane->session_sql = copy_text(settings->session_sql);
    lane->application_name = make_application_name(settings->name);
    if (lane->name == NULL || lane->conninfo == NULL || lane->application_name == NULL ||
        (lane->session_sql == NULL) != (settings->session_sql == NULL))
        return TB_ERR_NO_MEMORY;
    lane->depth_max = settings->depth_max;
    lane->queue_max = settings->queue_max;
    lane->shares_sync = settings->shares_sync;
    lane->statement_ms = settings->statement_ms;
    lane->close_wait_ms = TB_DB_CLOSE_WAIT_MS;
    lane->deadline_at_ms = INT64_MAX;
    lane->connections_count = settings->connections;
    jobs_init(&lane->queue);
    jobs_init(&lane->refused);
    for (unsigned i = 0; i < lane->connections_count; i++) {
        enum tb_err err = tb_db_connection_init(&lane->connections[i], lane, i);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

static void start_lane(struct tb_db_lane *lane)
{
    int failed = uv_idle_init(lane->loop, &lane->wake);
    failed |= uv_timer_init(lane->loop, &lane->deadline);
    TB_BUG_IF(failed != 0); /* they cannot */
    lane->wake.data = lane;
    lane->deadline.data = lane;
    lane->handles = 2;
    for (unsigned i = 0; i < lane->connections_count; i++)
        tb_db_connection_start(&lane->connections[i]);
}

enum tb_err tb_db_lane_new(uv_loop_t *loop, const struct tb_db_lane_settings *settings,
                           struct tb_db_lane **ret_lane)
{
    TB_BUG_IF(settings->connections == 0 || settings->depth_max == 0);
    PQconninfoOption *options = PQconninfoParse(settings->conninfo, NULL);
    if (options == NULL)
        return TB_ERR_CONFIG;
    PQconninfoFree(options);
    size_t bytes = settings->connections * sizeof(struct tb_db_connection);
    struct tb_db_lane *lane = calloc(1, sizeof(*lane) + bytes);
    if (lane == NULL)
        return TB_ERR_NO_MEMORY;
    lane->loop = loop;
    enum tb_err err = fill_lane(lane, settings);
    if (err != TB_OK) {
        free_lane(lane);
        return err;
    }
    start_lane(lane);
    *ret_lane = lane;
    return TB_OK;
}

unsigned tb_db_lane_free_slots(const struct tb_db_lane *lane)
{
    unsigned slots = 0;
    if (lane->queue.count > 0 || lane->closing)
        return 0;
    for (unsigned i = 0; i < lane->connections_count; i++)
        if (tb_db_flight_has_room(&lane->connections[i]))
            slots += lane->depth_max - lane->connections[i].flight_count;
    return slots;
}

unsigned tb_db_lane_connected(const struct tb_db_lane *lane)
{
    unsigned connected = 0;
    for (unsigned i = 0; i < lane->connections_count; i++)
        connected += lane->connections[i].state == TB_DB_READY;
    return connected;
}

void tb_db_lane_on_free(struct tb_db_lane *lane, void (*on_free)(void *context), void *context)
{
    lane->on_free = on_free;
    lane->on_free_context = context;
}

void tb_db_lane_on_notify(struct tb_db_lane *lane, void (*on_notify)(void *context), void *context)
{
    lane->on_notify = on_notify;
    lane->on_notify_context = context;
}

void tb_db_lane_notify(struct tb_db_lane *lane)
{
    if (lane->on_notify != NULL)
        lane->on_notify(lane->on_notify_context);
}

void tb_db_lane_close(struct tb_db_lane *lane, void (*closed)(void *context), void *context)
{
    TB_BUG_IF(lane->closing);
    lane->closing = true;
    lane->closed = closed;
    lane->closed_context = context;
    for (struct tb_db_job *job = jobs_pop(&lane->queue); job != NULL; job = jobs_pop(&lane->queue))
        jobs_append(&lane->refused, job);
    int failed = uv_timer_start(&lane->deadline, on_deadline, lane->close_wait_ms, 0);
    TB_BUG_IF(failed != 0);
    tb_db_lane_wake(lane);
}
