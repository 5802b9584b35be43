/* Lanes whose jobs share a Sync: one transaction for the reads of one turn of the loop, whose
 * errors stay with whom they belong to. */
#include "db_probe.h"

static struct tb_db_lane *open_sharing_lane(unsigned depth, unsigned queue)
{
    struct tb_db_lane *lane = open_lane_with((struct tb_db_lane_settings){
        .name = "test",
        .conninfo = fixture.conninfo,
        .session_sql = "SET statement_timeout = '15s'",
        .connections = 1,
        .depth_max = depth,
        .queue_max = queue,
        .shares_sync = true,
    });
    wait_connected(lane, 1);
    return lane;
}

static void reads_of_one_turn_are_one_transaction(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_sharing_lane(8, 8);
    struct probe probes[3];
    for (int i = 0; i < 3; i++)
        probe_init(&probes[i], NOW, "");
    submit(lane, &probes[0]);
    submit(lane, &probes[1]);
    run_until(&done_count, 2);
    submit(lane, &probes[2]);
    run_until(&done_count, 3);
    assert_string_equal(probes[0].value, probes[1].value);
    assert_string_not_equal(probes[1].value, probes[2].value);
    close_lane(lane);
}

/* Twice: at first the statements are prepared in the group that fails. */
static void error_in_a_group_leaves_its_neighbours_alone(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_sharing_lane(8, 8);
    for (int round = 0; round < 2; round++) {
        static const int of[5] = {NOW, ZERO_DIVISION, ADD, MISSING, ADD};
        struct probe probes[5];
        done_count = 0;
        for (int i = 0; i < 5; i++) {
            probe_init(&probes[i], of[i], "0");
            submit(lane, &probes[i]);
        }
        run_until(&done_count, 5);
        assert_int_equal(probes[0].outcome, TB_DB_DONE);
        assert_string_equal(probes[1].sqlstate, "22012");
        assert_string_equal(probes[2].value, "1");
        assert_string_equal(probes[3].sqlstate, "42P01");
        assert_string_equal(probes[4].value, "1");
        for (int i = 0; i < 5; i++)
            assert_int_equal(probes[i].done, 1);
    }
    close_lane(lane);
}

#define MANY 5000

static void each_of_many_gets_its_own_answer_though_some_fail(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_sharing_lane(64, MANY);
    struct probe *probes = calloc(MANY, sizeof(*probes));
    for (int i = 0; i < MANY; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", i % 7 == 3 ? 0 : i);
        probe_init(&probes[i], i % 7 == 3 ? ZERO_DIVISION : ADD, text);
        submit(lane, &probes[i]);
    }
    run_until(&done_count, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(probes[i].done, 1);
        if (i % 7 == 3)
            assert_string_equal(probes[i].sqlstate, "22012");
        else
            assert_int_equal(strtol(probes[i].value, NULL, 10), i + 1);
    }
    assert_int_equal(tb_db_lane_free_slots(lane), 64);
    free(probes);
    close_lane(lane);
}

static struct probe followers[3];
static struct tb_db_lane *groups_lane;

static void submit_followers(struct probe *probe)
{
    (void)probe;
    for (int i = 0; i < 3; i++)
        submit(groups_lane, &followers[i]);
}

/* While the answers of a group are being taken, the next one is already being written. */
static void done_may_begin_the_next_group(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_sharing_lane(8, 8);
    struct probe first[2];
    for (int i = 0; i < 3; i++)
        probe_init(&followers[i], ADD, "41");
    for (int i = 0; i < 2; i++)
        probe_init(&first[i], ADD, "1");
    groups_lane = lane;
    first[0].then = submit_followers;
    submit(lane, &first[0]);
    submit(lane, &first[1]);
    run_until(&done_count, 5);
    assert_string_equal(first[1].value, "2");
    for (int i = 0; i < 3; i++)
        assert_string_equal(followers[i].value, "42");
    close_lane(lane);
}

#define LARGE_BYTES 1000000

static int large_done;

static void on_large_done(struct tb_db_job *job, struct tb_db_reply *reply)
{
    (void)job;
    assert_int_equal(reply->outcome, TB_DB_DONE);
    assert_int_equal(PQgetlength(reply->result, 0, 1), LARGE_BYTES);
    large_done++;
}

/* libpq reads while it sends: answers come before the group has its Sync. */
static void answers_may_come_before_the_sync_is_sent(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_sharing_lane(32, 0);
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

static void group_whose_backend_is_killed_is_unknown(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_sharing_lane(8, 8);
    struct probe probes[3];
    for (int i = 0; i < 3; i++) {
        probe_init(&probes[i], SLEEP, "10");
        submit(lane, &probes[i]);
    }
    run_for(100);
    command(&fixture, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                      "WHERE application_name = 'timebankd-test' "
                      "AND datname = current_database()");
    run_until(&done_count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_not_equal(probes[i].outcome, TB_DB_DONE);
    assert_int_equal(probes[2].outcome, TB_DB_UNKNOWN);
    struct probe later;
    probe_init(&later, ADD, "1");
    submit(lane, &later);
    run_until(&done_count, 4);
    assert_string_equal(later.value, "2");
    close_lane(lane);
}

/* There is no time to run it again: it is told that nobody knows, once. */
static void skipped_job_of_a_closing_lane_is_answered(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_sharing_lane(8, 8);
    struct probe probes[2];
    probe_init(&probes[0], ZERO_DIVISION, "0");
    probe_init(&probes[1], ADD, "1");
    submit(lane, &probes[0]);
    submit(lane, &probes[1]);
    close_lane(lane);
    assert_string_equal(probes[0].sqlstate, "22012");
    assert_int_equal(probes[1].outcome, TB_DB_UNKNOWN);
    assert_int_equal(probes[1].done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_of_one_turn_are_one_transaction),
        cmocka_unit_test(error_in_a_group_leaves_its_neighbours_alone),
        cmocka_unit_test(each_of_many_gets_its_own_answer_though_some_fail),
        cmocka_unit_test(done_may_begin_the_next_group),
        cmocka_unit_test(answers_may_come_before_the_sync_is_sent),
        cmocka_unit_test(group_whose_backend_is_killed_is_unknown),
        cmocka_unit_test(skipped_job_of_a_closing_lane_is_answered),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
