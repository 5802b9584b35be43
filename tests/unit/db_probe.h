/*
 * Lanes under test: a loop, a scratch database, and jobs that note how they ended.
 */
#ifndef TIMEBANK_TESTS_DB_PROBE_H
#define TIMEBANK_TESTS_DB_PROBE_H

#include "db_fixture.h"

#include "db/lane.h"

#define PATIENCE_MS 20000

static struct fixture fixture;
static uv_loop_t loop;

/* ------------------------------------------------------------------ statements */

enum {
    ADD,
    SLEEP,
    INSERT,
    COUNT,
    INSERT_DEFERRED,
    SHAPE,
    MISSING,
    DEALLOCATE,
    COPY,
    LENGTH,
    ZERO_DIVISION,
    NOW,
    STATEMENTS
};

static struct tb_db_statement statements[STATEMENTS] = {
    [ADD] = {"test_add", "SELECT $1::int + 1", 1, 0},
    [SLEEP] = {"test_sleep", "SELECT pg_sleep($1::float8)", 1, 0},
    [INSERT] = {"test_insert", "INSERT INTO item (number) VALUES ($1) RETURNING number", 1, 0},
    [COUNT] = {"test_count", "SELECT count(*) FROM item WHERE number = $1", 1, 0},
    [INSERT_DEFERRED] = {"test_deferred", "INSERT INTO late (number) VALUES ($1)", 1, 0},
    [SHAPE] = {"test_shape", "SELECT * FROM shape WHERE number = $1", 1, 0},
    [MISSING] = {"test_missing", "SELECT $1::int FROM no_such_table", 1, 0},
    [DEALLOCATE] = {"test_deallocate", "DEALLOCATE ALL", 0, 0},
    [COPY] = {"test_copy", "COPY item TO STDOUT", 0, 0},
    [LENGTH] = {"test_length", "SELECT length($1::text), $1::text", 1, 0},
    [ZERO_DIVISION] = {"test_zero", "SELECT 1 / $1::int", 1, 0},
    [NOW] = {"test_now", "SELECT now()::text", 0, 0}, /* when its transaction began */
};

static inline int set_up_all(void **state)
{
    (void)state;
    fixture_init(&fixture, "tb_lane_test");
    for (int i = 0; i < STATEMENTS; i++)
        tb_db_statement_register(&statements[i]);
    if (fixture.conninfo == NULL)
        return 0;
    command(&fixture, "CREATE TABLE item (number int,"
                      " CONSTRAINT item__positive CHECK (number > 0));"
                      "CREATE TABLE late (number int,"
                      " CONSTRAINT late__unique UNIQUE (number) DEFERRABLE INITIALLY DEFERRED)");
    return 0;
}

static inline int tear_down_all(void **state)
{
    (void)state;
    fixture_fini(&fixture);
    return 0;
}

/* ------------------------------------------------------------------ jobs that note their end */

struct probe {
    struct tb_db_job job;
    struct tb_db_step steps[2];
    const char *values[2][1];
    char text[2][16];
    int done;
    enum tb_db_outcome outcome;
    bool queue_full;
    char sqlstate[6];
    char constraint[64];
    char value[32];
    int order;
    void (*then)(struct probe *probe);
};

static int done_count;

static inline void on_done(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct probe *probe = job->context;
    probe->done++;
    probe->order = ++done_count;
    probe->outcome = reply->outcome;
    probe->queue_full = reply->queue_full;
    memcpy(probe->sqlstate, reply->sqlstate, sizeof(probe->sqlstate));
    (void)snprintf(probe->constraint, sizeof(probe->constraint), "%s", reply->constraint);
    if (reply->result != NULL && PQntuples(reply->result) > 0)
        (void)snprintf(probe->value, sizeof(probe->value), "%s", PQgetvalue(reply->result, 0, 0));
    assert_non_null(reply->message);
    assert_true((reply->outcome == TB_DB_DONE) == (reply->result != NULL));
    if (probe->then != NULL)
        probe->then(probe);
}

static inline void probe_init(struct probe *probe, int statement, const char *value)
{
    *probe = (struct probe){0};
    (void)snprintf(probe->text[0], sizeof(probe->text[0]), "%s", value);
    probe->values[0][0] = probe->text[0];
    probe->steps[0] = (struct tb_db_step){&statements[statement], probe->values[0]};
    probe->job = (struct tb_db_job){.steps = probe->steps,
                                    .steps_count = 1,
                                    .deadline = {tb_clock_monotonic().ms + PATIENCE_MS},
                                    .done = on_done,
                                    .context = probe};
}

static inline void probe_add_step(struct probe *probe, int statement, const char *value)
{
    (void)snprintf(probe->text[1], sizeof(probe->text[1]), "%s", value);
    probe->values[1][0] = probe->text[1];
    probe->steps[1] = (struct tb_db_step){&statements[statement], probe->values[1]};
    probe->job.steps_count = 2;
}

static inline void submit(struct tb_db_lane *lane, struct probe *probe)
{
    int before = probe->done;
    tb_db_lane_submit(lane, &probe->job);
    assert_int_equal(probe->done, before); /* never from inside */
}

/* ------------------------------------------------------------------ the loop */

static inline void on_tick(uv_timer_t *timer)
{
    (void)timer; /* only so that UV_RUN_ONCE returns */
}

/* Runs the loop until *number >= wanted. */
static inline void run_until(const int *number, int wanted)
{
    uv_timer_t tick;
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 20, 20);
    int64_t end_ms = tb_clock_monotonic().ms + PATIENCE_MS;
    while (*number < wanted && tb_clock_monotonic().ms < end_ms)
        uv_run(&loop, UV_RUN_ONCE);
    int reached = *number;
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(reached >= wanted);
}

static inline void run_for(int64_t ms)
{
    int64_t end_ms = tb_clock_monotonic().ms + ms;
    uv_timer_t tick;
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 10, 10);
    while (tb_clock_monotonic().ms < end_ms)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static inline void wait_connected(struct tb_db_lane *lane, unsigned wanted)
{
    for (int i = 0; i < 1000 && tb_db_lane_connected(lane) < wanted; i++)
        run_for(10);
    assert_int_equal(tb_db_lane_connected(lane), wanted);
}

static inline struct tb_db_lane *open_lane_with(struct tb_db_lane_settings settings)
{
    struct tb_db_lane *lane;
    done_count = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(tb_db_lane_new(&loop, &settings, &lane), TB_OK);
    return lane;
}

static inline struct tb_db_lane *open_lane_at(const char *conninfo, unsigned connections,
                                              unsigned depth, unsigned queue)
{
    return open_lane_with((struct tb_db_lane_settings){
        .name = "test",
        .conninfo = conninfo,
        .session_sql = "SET statement_timeout = '15s'; SET lock_timeout = '1s'",
        .connections = connections,
        .depth_max = depth,
        .queue_max = queue,
    });
}

static inline struct tb_db_lane *open_lane(unsigned connections, unsigned depth, unsigned queue)
{
    struct tb_db_lane *lane = open_lane_at(fixture.conninfo, connections, depth, queue);
    wait_connected(lane, connections);
    return lane;
}

static inline void on_closed(void *context)
{
    ++*(int *)context;
}

/* closed() comes, and no handle is left in the loop. */
static inline void finish_close(const int *closed)
{
    run_until(closed, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static inline void close_lane(struct tb_db_lane *lane)
{
    int closed = 0;
    tb_db_lane_close(lane, on_closed, &closed);
    assert_int_equal(closed, 0);
    finish_close(&closed);
}

#endif
