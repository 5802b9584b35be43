#include "db_probe.h"

/* ------------------------------------------------------------------ many jobs */

#define MANY 10000

static void ten_thousand_jobs_over_two_deep_pipelines(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(2, 64, MANY);
    assert_int_equal(tb_db_lane_free_slots(lane), 128);
    struct probe *probes = calloc(MANY, sizeof(*probes));
    for (int i = 0; i < MANY; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", i);
        probe_init(&probes[i], ADD, text);
        submit(lane, &probes[i]);
    }
    assert_int_equal(tb_db_lane_free_slots(lane), 0);
    run_until(&done_count, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(probes[i].done, 1);
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
        assert_int_equal(strtol(probes[i].value, NULL, 10), i + 1);
    }
    assert_int_equal(tb_db_lane_free_slots(lane), 128);
    free(probes);
    close_lane(lane);
}

#define LARGE_BYTES 1000000

static int large_done;

static void on_large_done(struct tb_db_job *job, struct tb_db_reply *reply)
{
    (void)job;
    assert_int_equal(reply->outcome, TB_DB_DONE);
    assert_string_equal(PQgetvalue(reply->result, 0, 0), "1000000");
    assert_int_equal(PQgetlength(reply->result, 0, 1), LARGE_BYTES);
    large_done++;
}

/* The socket's buffers fill in both directions. */
static void large_values_both_ways_do_not_block_each_other(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 32, 0);
    char *large = calloc(1, LARGE_BYTES + 1);
    memset(large, 'x', LARGE_BYTES);
    const char *values[] = {large};
    struct tb_db_step step = {&statements[LENGTH], values};
    struct tb_db_job jobs[32];
    large_done = 0;
    for (int i = 0; i < 32; i++) {
        jobs[i] = (struct tb_db_job){
            .steps = &step, .steps_count = 1, .deadline = {INT64_MAX}, .done = on_large_done};
        tb_db_lane_submit(lane, &jobs[i]);
    }
    run_until(&large_done, 32);
    free(large);
    close_lane(lane);
}

/* ------------------------------------------------------------------ failures */

static void failing_job_leaves_its_neighbours_alone(void **state)
{
    (void)state;
    require_server(&fixture);
    command(&fixture, "TRUNCATE item");
    struct tb_db_lane *lane = open_lane(1, 8, 8);
    struct probe probes[3];
    probe_init(&probes[0], INSERT, "1");
    probe_init(&probes[1], INSERT, "-1");
    probe_init(&probes[2], INSERT, "2");
    for (int i = 0; i < 3; i++)
        submit(lane, &probes[i]);
    run_until(&done_count, 3);
    assert_int_equal(probes[0].outcome, TB_DB_DONE);
    assert_int_equal(probes[1].outcome, TB_DB_FAILED);
    assert_string_equal(probes[1].sqlstate, "23514");
    assert_string_equal(probes[1].constraint, "item__positive");
    assert_int_equal(probes[2].outcome, TB_DB_DONE);
    assert_string_equal(probes[2].value, "2");
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM item"), 2);
    close_lane(lane);
}

static void second_step_that_fails_rolls_the_first_back(void **state)
{
    (void)state;
    require_server(&fixture);
    command(&fixture, "TRUNCATE item");
    struct tb_db_lane *lane = open_lane(1, 8, 8);
    struct probe probes[3];
    probe_init(&probes[0], INSERT, "5");
    probe_add_step(&probes[0], ZERO_DIVISION, "0");
    probe_init(&probes[1], INSERT, "6");
    probe_add_step(&probes[1], COUNT, "6");
    probe_init(&probes[2], COUNT, "5");
    for (int i = 0; i < 3; i++)
        submit(lane, &probes[i]);
    run_until(&done_count, 3);
    assert_int_equal(probes[0].outcome, TB_DB_FAILED);
    assert_string_equal(probes[0].sqlstate, "22012");
    assert_int_equal(probes[1].outcome, TB_DB_DONE);
    assert_string_equal(probes[1].value, "1"); /* the last step's result, which sees the first */
    assert_string_equal(probes[2].value, "0");
    close_lane(lane);
}

static void constraint_deferred_to_the_commit_fails_the_job(void **state)
{
    (void)state;
    require_server(&fixture);
    command(&fixture, "TRUNCATE late");
    struct tb_db_lane *lane = open_lane(1, 8, 8);
    struct probe probes[2];
    probe_init(&probes[0], INSERT_DEFERRED, "1");
    probe_add_step(&probes[0], INSERT_DEFERRED, "1");
    probe_init(&probes[1], INSERT_DEFERRED, "2");
    submit(lane, &probes[0]);
    submit(lane, &probes[1]);
    run_until(&done_count, 2);
    assert_int_equal(probes[0].outcome, TB_DB_FAILED);
    assert_string_equal(probes[0].sqlstate, "23505");
    assert_string_equal(probes[0].constraint, "late__unique");
    assert_int_equal(probes[1].outcome, TB_DB_DONE);
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM late"), 1);
    close_lane(lane);
}

static void statement_that_cannot_be_prepared_says_why_each_time(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 8, 8);
    struct probe probes[4];
    for (int i = 0; i < 3; i++)
        probe_init(&probes[i], MISSING, "1");
    probe_init(&probes[3], ADD, "1");
    submit(lane, &probes[0]);
    submit(lane, &probes[1]); /* relies on the Prepare that fails */
    submit(lane, &probes[3]);
    run_until(&done_count, 3);
    submit(lane, &probes[2]);
    run_until(&done_count, 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(probes[i].outcome, TB_DB_FAILED);
        assert_string_equal(probes[i].sqlstate, "42P01");
    }
    assert_true(probes[1].job.sent_again);
    assert_false(probes[2].job.sent_again); /* prepared anew without a detour */
    assert_int_equal(probes[3].outcome, TB_DB_DONE);
    close_lane(lane);
}

/* ------------------------------------------------------------------ stale statements */

static void statement_lost_by_the_server_is_prepared_again(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 8, 8);
    struct probe probes[5];
    probe_init(&probes[0], ADD, "1");
    probe_init(&probes[1], DEALLOCATE, "");
    for (int i = 2; i < 5; i++)
        probe_init(&probes[i], ADD, "1");
    for (int i = 0; i < 4; i++)
        submit(lane, &probes[i]);
    run_until(&done_count, 4);
    submit(lane, &probes[4]);
    run_until(&done_count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
    assert_string_equal(probes[4].value, "2");
    close_lane(lane);
}

static void changed_result_type_renews_the_connection(void **state)
{
    (void)state;
    require_server(&fixture);
    command(&fixture, "DROP TABLE IF EXISTS shape; CREATE TABLE shape (number int);"
                      "INSERT INTO shape VALUES (7)");
    struct tb_db_lane *lane = open_lane(1, 8, 8);
    struct probe probes[4];
    for (int i = 0; i < 4; i++)
        probe_init(&probes[i], SHAPE, "7");
    submit(lane, &probes[0]);
    run_until(&done_count, 1);
    command(&fixture, "ALTER TABLE shape ADD COLUMN other text");
    for (int i = 1; i < 4; i++)
        submit(lane, &probes[i]);
    run_until(&done_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
        assert_string_equal(probes[i].value, "7");
    }
    close_lane(lane);
}

/* ------------------------------------------------------------------ queue and deadlines */

static void full_queue_refuses_at_once(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 1, 2);
    struct probe probes[4];
    for (int i = 0; i < 4; i++) {
        probe_init(&probes[i], SLEEP, "0.1");
        submit(lane, &probes[i]);
    }
    run_until(&done_count, 4);
    assert_int_equal(probes[3].outcome, TB_DB_UNAVAILABLE);
    assert_true(probes[3].queue_full);
    assert_int_equal(probes[3].order, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
        assert_int_equal(probes[i].order, i + 2);
    }
    close_lane(lane);
}

static void deadline_passes_in_the_queue(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 1, 4);
    struct probe probes[4];
    probe_init(&probes[0], SLEEP, "0.4");
    for (int i = 1; i < 4; i++)
        probe_init(&probes[i], ADD, "1");
    probes[1].job.deadline.ms = tb_clock_monotonic().ms + 200;
    probes[2].job.deadline.ms = tb_clock_monotonic().ms + 60;
    for (int i = 0; i < 4; i++)
        submit(lane, &probes[i]);
    run_until(&done_count, 4);
    assert_int_equal(probes[2].outcome, TB_DB_EXPIRED);
    assert_int_equal(probes[2].order, 1);
    assert_int_equal(probes[1].outcome, TB_DB_EXPIRED);
    assert_int_equal(probes[1].order, 2);
    assert_int_equal(probes[0].outcome, TB_DB_DONE);
    assert_int_equal(probes[3].outcome, TB_DB_DONE);
    close_lane(lane);
}

static void without_a_server_jobs_wait_until_their_deadline(void **state)
{
    (void)state;
    struct tb_db_lane *lane = open_lane_at("host=/nonexistent", 2, 4, 4);
    struct probe probe;
    probe_init(&probe, ADD, "1");
    probe.job.deadline.ms = tb_clock_monotonic().ms + 150;
    submit(lane, &probe);
    assert_int_equal(tb_db_lane_free_slots(lane), 0);
    run_until(&done_count, 1);
    assert_int_equal(probe.outcome, TB_DB_UNAVAILABLE);
    assert_false(probe.queue_full);
    close_lane(lane);
}

static void malformed_connection_string_is_refused(void **state)
{
    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct tb_db_lane_settings settings = {
        .name = "test", .conninfo = "nonsense", .connections = 1, .depth_max = 1};
    struct tb_db_lane *lane = NULL;
    assert_int_equal(tb_db_lane_new(&loop, &settings, &lane), TB_ERR_CONFIG);
    assert_null(lane);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void failing_session_sql_never_connects(void **state)
{
    (void)state;
    require_server(&fixture);
    assert_int_equal(uv_loop_init(&loop), 0);
    struct tb_db_lane_settings settings = {.name = "test",
                                           .conninfo = fixture.conninfo,
                                           .session_sql = "SET no_such_setting = 1",
                                           .connections = 1,
                                           .depth_max = 1};
    struct tb_db_lane *lane;
    assert_int_equal(tb_db_lane_new(&loop, &settings, &lane), TB_OK);
    run_for(300);
    assert_int_equal(tb_db_lane_connected(lane), 0);
    close_lane(lane);
}

/* ------------------------------------------------------------------ slots */

struct slots {
    struct tb_db_lane *lane;
    int calls;
    unsigned least;
};

static void on_free(void *context)
{
    struct slots *slots = context;
    slots->calls++;
    unsigned now = tb_db_lane_free_slots(slots->lane);
    if (slots->least == 0 || now < slots->least)
        slots->least = now;
}

static void freed_slots_are_told(void **state)
{
    (void)state;
    require_server(&fixture);
    struct slots slots = {0};
    slots.lane = open_lane_at(fixture.conninfo, 2, 1, 0);
    assert_int_equal(tb_db_lane_free_slots(slots.lane), 0);
    tb_db_lane_on_free(slots.lane, on_free, &slots);
    wait_connected(slots.lane, 2);
    assert_true(slots.calls >= 2);
    assert_int_equal(tb_db_lane_free_slots(slots.lane), 2);
    struct probe probe;
    probe_init(&probe, ADD, "1");
    submit(slots.lane, &probe);
    assert_int_equal(tb_db_lane_free_slots(slots.lane), 1);
    int before = slots.calls;
    run_until(&done_count, 1);
    assert_true(slots.calls > before);
    assert_int_equal(tb_db_lane_free_slots(slots.lane), 2);
    assert_int_equal(slots.least, 1);
    close_lane(slots.lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_jobs_over_two_deep_pipelines),
        cmocka_unit_test(large_values_both_ways_do_not_block_each_other),
        cmocka_unit_test(failing_job_leaves_its_neighbours_alone),
        cmocka_unit_test(second_step_that_fails_rolls_the_first_back),
        cmocka_unit_test(constraint_deferred_to_the_commit_fails_the_job),
        cmocka_unit_test(statement_that_cannot_be_prepared_says_why_each_time),
        cmocka_unit_test(statement_lost_by_the_server_is_prepared_again),
        cmocka_unit_test(changed_result_type_renews_the_connection),
        cmocka_unit_test(full_queue_refuses_at_once),
        cmocka_unit_test(deadline_passes_in_the_queue),
        cmocka_unit_test(without_a_server_jobs_wait_until_their_deadline),
        cmocka_unit_test(malformed_connection_string_is_refused),
        cmocka_unit_test(failing_session_sql_never_connects),
        cmocka_unit_test(freed_slots_are_told),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
