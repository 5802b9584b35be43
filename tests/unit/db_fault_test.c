#include "db_probe.h"

#include <sys/eventfd.h>

/* ------------------------------------------------------------------ lost connections */

static void terminate_lane_backends(void)
{
    assert_true(query_number(&fixture, "SELECT count(pg_terminate_backend(pid))"
                                       " FROM pg_stat_activity"
                                       " WHERE application_name = 'timebankd-test'"
                                       " AND datname = current_database()") > 0);
}

static void killed_backend_makes_jobs_unknown_and_the_lane_recovers(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 3, 4);
    struct probe probes[4];
    for (int i = 0; i < 3; i++)
        probe_init(&probes[i], SLEEP, "5");
    probe_init(&probes[3], ADD, "41"); /* waits in the queue */
    for (int i = 0; i < 4; i++)
        submit(lane, &probes[i]);
    run_for(100);
    terminate_lane_backends();
    run_until(&done_count, 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(probes[i].outcome, TB_DB_UNKNOWN);
        assert_string_equal(probes[i].sqlstate, "");
    }
    assert_int_equal(probes[3].outcome, TB_DB_DONE);
    assert_string_equal(probes[3].value, "42");
    close_lane(lane);
}

static void idle_connection_that_ends_is_replaced(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(2, 3, 4);
    terminate_lane_backends();
    run_for(20);
    wait_connected(lane, 2);
    struct probe probe;
    probe_init(&probe, ADD, "1");
    submit(lane, &probe);
    run_until(&done_count, 1);
    assert_int_equal(probe.outcome, TB_DB_DONE);
    close_lane(lane);
}

/* libpq notices the end while it sends, before the loop does. */
static void job_that_could_not_be_sent_is_sent_on_the_next_connection(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 2, 2);
    terminate_lane_backends();
    PGconn *conn = lane->connections[0].conn;
    for (int i = 0; i < 1000 && PQstatus(conn) == CONNECTION_OK; i++) {
        (void)PQconsumeInput(conn);
        usleep(1000);
    }
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    assert_int_equal(lane->connections[0].state, TB_DB_READY);
    struct probe probes[2];
    for (int i = 0; i < 2; i++) {
        probe_init(&probes[i], ADD, "1");
        submit(lane, &probes[i]);
    }
    assert_int_equal(lane->connections[0].state, TB_DB_BROKEN);
    run_until(&done_count, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
    close_lane(lane);
}

#define STORM 4000

static bool is_stored(int number)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "SELECT count(*) FROM item WHERE number = %d", number);
    return query_number(&fixture, text) == 1;
}

/* What was acknowledged is stored, what was never sent is not; each job ends exactly once. */
static void storm_of_killed_backends_loses_and_invents_nothing(void **state)
{
    (void)state;
    require_server(&fixture);
    command(&fixture, "TRUNCATE item");
    struct tb_db_lane *lane = open_lane(3, 8, STORM);
    struct probe *probes = calloc(STORM, sizeof(*probes));
    int64_t start_ms = tb_clock_monotonic().ms;
    for (int i = 0; i < STORM; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", i + 1);
        probe_init(&probes[i], INSERT, text);
        probes[i].job.deadline.ms = start_ms + 20 + i / 10;
        submit(lane, &probes[i]);
    }
    for (int i = 0; i < 500 && done_count < STORM; i++) {
        run_for(15);
        command(&fixture, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE application_name = 'timebankd-test'"
                          " AND datname = current_database() AND random() < 0.5");
    }
    run_until(&done_count, STORM);
    int outcomes[TB_DB_UNKNOWN + 1] = {0};
    for (int i = 0; i < STORM; i++) {
        assert_int_equal(probes[i].done, 1);
        outcomes[probes[i].outcome]++;
        if (probes[i].outcome == TB_DB_DONE)
            assert_true(is_stored(i + 1));
        else if (probes[i].outcome != TB_DB_UNKNOWN)
            assert_false(is_stored(i + 1));
    }
    print_message("done %d, unknown %d, expired %d, unavailable %d\n", outcomes[TB_DB_DONE],
                  outcomes[TB_DB_UNKNOWN], outcomes[TB_DB_EXPIRED], outcomes[TB_DB_UNAVAILABLE]);
    assert_int_equal(outcomes[TB_DB_FAILED], 0);
    assert_true(outcomes[TB_DB_DONE] > 0);
    free(probes);
    close_lane(lane);
}

static void copy_in_a_job_costs_the_connection_only(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 3, 4);
    struct probe probes[2];
    probe_init(&probes[0], COPY, "");
    probe_init(&probes[1], ADD, "1");
    submit(lane, &probes[0]);
    run_until(&done_count, 1);
    assert_int_equal(probes[0].outcome, TB_DB_UNKNOWN);
    submit(lane, &probes[1]);
    run_until(&done_count, 2);
    assert_int_equal(probes[1].outcome, TB_DB_DONE);
    close_lane(lane);
}

static void restarted_server_is_found_again(void **state)
{
    (void)state;
    require_server(&fixture);
    const char *restart = getenv("TB_TEST_RESTART_COMMAND");
    if (restart == NULL) {
        print_message("TB_TEST_RESTART_COMMAND is not set\n");
        skip();
    }
    struct tb_db_lane *lane = open_lane(2, 2, 8);
    struct probe probes[6];
    for (int i = 0; i < 4; i++)
        probe_init(&probes[i], SLEEP, "10");
    for (int i = 4; i < 6; i++)
        probe_init(&probes[i], ADD, "1");
    for (int i = 0; i < 6; i++)
        submit(lane, &probes[i]);
    run_for(100);
    /* The command is the test run's own. NOLINTNEXTLINE(cert-env33-c) */
    assert_int_equal(system(restart), 0);
    run_until(&done_count, 6);
    for (int i = 0; i < 4; i++)
        assert_int_equal(probes[i].outcome, TB_DB_UNKNOWN);
    for (int i = 4; i < 6; i++)
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
    wait_connected(lane, 2);
    close_lane(lane);
    tb_db_session_close(fixture.session);
    assert_int_equal(tb_db_session_open(fixture.conninfo, "db-test", &fixture.session, NULL),
                     TB_OK);
}

/* ------------------------------------------------------------------ silence */

/* Runs one statement that is silent for 5 s and gives how long the lane listened. */
static int64_t listen_to(struct tb_db_lane *lane, struct probe *probe, int64_t deadline_ms)
{
    int64_t begun_ms = tb_clock_monotonic().ms;
    probe_init(probe, SLEEP, "5");
    probe->job.deadline.ms = begun_ms + deadline_ms;
    submit(lane, probe);
    run_until(&done_count, 1);
    assert_int_equal(probe->outcome, TB_DB_UNKNOWN);
    return tb_clock_monotonic().ms - begun_ms;
}

static void silent_server_is_given_up_after_its_statement_timeout(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 3, 4);
    struct probe probes[2];
    lane->statement_ms = 300;
    assert_in_range(listen_to(lane, &probes[0], 60000), 1300, 2500);
    probe_init(&probes[1], ADD, "1");
    submit(lane, &probes[1]);
    run_until(&done_count, 2);
    assert_int_equal(probes[1].outcome, TB_DB_DONE);
    close_lane(lane);
}

static void silent_server_is_given_up_after_the_deadline_of_what_it_runs(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 3, 4);
    struct probe probe;
    lane->statement_ms = 60000;
    assert_in_range(listen_to(lane, &probe, 500), 1500, 2700);
    close_lane(lane);
}

/* Each answer is heard in time, though together they take longer. */
static void server_that_answers_one_after_the_other_is_not_silent(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 4, 4);
    struct probe probes[4];
    lane->statement_ms = 1;
    for (int i = 0; i < 4; i++) {
        probe_init(&probes[i], SLEEP, "0.6");
        submit(lane, &probes[i]);
    }
    run_until(&done_count, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
    close_lane(lane);
}

/* ------------------------------------------------------------------ closing */

static void close_lets_jobs_in_flight_end(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 2, 2);
    struct probe probes[5];
    for (int i = 0; i < 5; i++)
        probe_init(&probes[i], SLEEP, "0.2");
    for (int i = 0; i < 4; i++)
        submit(lane, &probes[i]);
    int closed = 0;
    tb_db_lane_close(lane, on_closed, &closed);
    submit(lane, &probes[4]);
    assert_int_equal(done_count, 0);
    finish_close(&closed);
    assert_int_equal(done_count, 5);
    for (int i = 0; i < 2; i++)
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
    for (int i = 2; i < 5; i++) {
        assert_int_equal(probes[i].outcome, TB_DB_UNAVAILABLE);
        assert_false(probes[i].queue_full);
    }
}

static void close_does_not_wait_for_ever(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_lane *lane = open_lane(1, 2, 2);
    assert_int_equal(lane->close_wait_ms, TB_DB_CLOSE_WAIT_MS);
    lane->close_wait_ms = 200;
    struct probe probe;
    probe_init(&probe, SLEEP, "5");
    submit(lane, &probe);
    close_lane(lane);
    assert_int_equal(probe.outcome, TB_DB_UNKNOWN);
}

static void close_while_connecting(void **state)
{
    (void)state;
    require_server(&fixture);
    for (int64_t ms = 0; ms < 8; ms++) {
        struct tb_db_lane *lane = open_lane_at(fixture.conninfo, 4, 2, 2);
        run_for(ms);
        close_lane(lane);
    }
}

static struct tb_db_lane *lane_to_close;
static int closed_from_done;
static struct probe late_probe;

static void close_from_done(struct probe *probe)
{
    (void)probe;
    tb_db_lane_close(lane_to_close, on_closed, &closed_from_done);
    submit(lane_to_close, &late_probe);
}

static void close_from_inside_done(void **state)
{
    (void)state;
    require_server(&fixture);
    lane_to_close = open_lane(2, 4, 2);
    closed_from_done = 0;
    struct probe probes[4];
    for (int i = 0; i < 4; i++)
        probe_init(&probes[i], ADD, "1");
    probe_init(&late_probe, ADD, "1");
    probes[0].then = close_from_done;
    for (int i = 0; i < 4; i++)
        submit(lane_to_close, &probes[i]);
    finish_close(&closed_from_done);
    for (int i = 0; i < 4; i++)
        assert_int_equal(probes[i].outcome, TB_DB_DONE);
    assert_int_equal(late_probe.outcome, TB_DB_UNAVAILABLE);
}

/* ------------------------------------------------------------------ sessions */

static void run_session(const struct probe *probe, struct tb_db_reply *ret_reply)
{
    tb_db_session_run(fixture.session, probe->steps, probe->job.steps_count, ret_reply);
}

static void session_runs_steps_as_one_transaction(void **state)
{
    (void)state;
    require_server(&fixture);
    command(&fixture, "TRUNCATE item");
    struct probe probe;
    struct tb_db_reply reply;
    probe_init(&probe, INSERT, "3");
    probe_add_step(&probe, ZERO_DIVISION, "0");
    run_session(&probe, &reply);
    assert_int_equal(reply.outcome, TB_DB_FAILED);
    assert_string_equal(reply.sqlstate, "22012");
    assert_string_equal(reply.message, "division by zero");
    assert_int_equal(query_number(&fixture, "SELECT count(*) FROM item"), 0);
    probe_add_step(&probe, COUNT, "3");
    run_session(&probe, &reply);
    assert_int_equal(reply.outcome, TB_DB_DONE);
    assert_string_equal(PQgetvalue(reply.result, 0, 0), "1");
    PQclear(reply.result);
}

static void session_survives_a_changed_result_type(void **state)
{
    (void)state;
    require_server(&fixture);
    command(&fixture, "DROP TABLE IF EXISTS shape; CREATE TABLE shape (number int);"
                      "INSERT INTO shape VALUES (7)");
    struct probe probe;
    probe_init(&probe, SHAPE, "7");
    for (int columns = 1; columns <= 2; columns++) {
        struct tb_db_reply reply;
        run_session(&probe, &reply);
        assert_int_equal(reply.outcome, TB_DB_DONE);
        assert_int_equal(PQnfields(reply.result), columns);
        PQclear(reply.result);
        command(&fixture, "ALTER TABLE shape ADD COLUMN IF NOT EXISTS other text");
    }
}

static void session_that_lost_its_server_says_unknown_then_unavailable(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_session *session;
    assert_int_equal(tb_db_session_open(fixture.conninfo, "doomed", &session, NULL), TB_OK);
    struct probe probe;
    struct tb_db_reply reply;
    probe_init(&probe, ADD, "1");
    (void)query_number(&fixture, "SELECT pg_terminate_backend(pid, 5000)::int"
                                 " FROM pg_stat_activity WHERE application_name = 'doomed'");
    tb_db_session_run(session, probe.steps, 1, &reply);
    assert_int_equal(reply.outcome, TB_DB_UNKNOWN);
    tb_db_session_run(session, probe.steps, 1, &reply);
    assert_int_equal(reply.outcome, TB_DB_UNAVAILABLE);
    tb_db_session_close(session);
}

static void session_waits_no_longer_than_its_grace_once_interrupted(void **state)
{
    (void)state;
    require_server(&fixture);
    struct tb_db_session *session;
    assert_int_equal(tb_db_session_open(fixture.conninfo, "hurried", &session, NULL), TB_OK);
    int fd = eventfd(0, EFD_CLOEXEC);
    tb_db_session_interrupt_by(session, fd, 300);
    assert_int_equal(tb_db_session_command(session, "SELECT pg_sleep(0.1)", NULL), TB_OK);
    assert_int_equal(eventfd_write(fd, 1), 0);
    assert_int_equal(tb_db_session_command(session, "SELECT pg_sleep(0.1)", NULL), TB_OK);
    int64_t begun_ms = tb_clock_monotonic().ms;
    assert_int_equal(tb_db_session_command(session, "SELECT pg_sleep(9)", NULL), TB_ERR_DB);
    assert_in_range(tb_clock_monotonic().ms - begun_ms, 100, 2000);
    assert_int_equal(tb_db_session_command(session, "SELECT 1", NULL), TB_ERR_DB);
    tb_db_session_close(session);
    close(fd);
}

static void session_errors_are_told_without_the_password(void **state)
{
    (void)state;
    struct tb_db_session *session = NULL;
    struct tb_error_text why = {""};
    assert_int_equal(tb_db_session_open("postgresql//u:secret@h", "t", &session, &why),
                     TB_ERR_CONFIG);
    assert_null(strstr(why.text, "secret"));
    assert_int_equal(tb_db_session_open("host=/nonexistent password=secret", "t", &session, &why),
                     TB_ERR_DB);
    assert_null(strstr(why.text, "secret"));
    assert_null(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_backend_makes_jobs_unknown_and_the_lane_recovers),
        cmocka_unit_test(idle_connection_that_ends_is_replaced),
        cmocka_unit_test(job_that_could_not_be_sent_is_sent_on_the_next_connection),
        cmocka_unit_test(storm_of_killed_backends_loses_and_invents_nothing),
        cmocka_unit_test(copy_in_a_job_costs_the_connection_only),
        cmocka_unit_test(restarted_server_is_found_again),
        cmocka_unit_test(silent_server_is_given_up_after_its_statement_timeout),
        cmocka_unit_test(silent_server_is_given_up_after_the_deadline_of_what_it_runs),
        cmocka_unit_test(server_that_answers_one_after_the_other_is_not_silent),
        cmocka_unit_test(close_lets_jobs_in_flight_end),
        cmocka_unit_test(close_does_not_wait_for_ever),
        cmocka_unit_test(close_while_connecting),
        cmocka_unit_test(close_from_inside_done),
        cmocka_unit_test(session_runs_steps_as_one_transaction),
        cmocka_unit_test(session_survives_a_changed_result_type),
        cmocka_unit_test(session_that_lost_its_server_says_unknown_then_unavailable),
        cmocka_unit_test(session_waits_no_longer_than_its_grace_once_interrupted),
        cmocka_unit_test(session_errors_are_told_without_the_password),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
