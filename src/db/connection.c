/*
 * One connection's life: pausing → connecting → setting up → ready → (broken) → pausing …
 *
 * libpq resolves host names while PQconnectStart blocks: use socket directories or addresses.
 */
#include "db/lane.h"

#include "timebank/limits.h"
#include "timebank/log.h"

#include <stdlib.h>

#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 2000
#define CONNECT_MAX_MS 5000 /* the whole way from PQconnectStart to ready */
#define LISTEN_TICK_MS 250
#define REASON_BYTES 256

/* ------------------------------------------------------------------ the socket's handle */

static void free_poll(uv_handle_t *handle)
{
    struct tb_db_lane *lane = handle->data;
    free(handle);
    tb_db_lane_handle_closed(lane);
}

static void drop_poll(struct tb_db_connection *connection)
{
    if (connection->poll == NULL)
        return;
    connection->poll->data = connection->lane;
    uv_close((uv_handle_t *)connection->poll, free_poll);
    connection->poll = NULL;
    connection->poll_events = 0;
}

/* Before PQfinish: epoll must never hold a descriptor that libpq has closed. */
static void drop_connection(struct tb_db_connection *connection)
{
    drop_poll(connection);
    PQfinish(connection->conn);
    connection->conn = NULL;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static bool make_poll(struct tb_db_connection *connection)
{
    uv_poll_t *poll = malloc(sizeof(*poll));
    if (poll == NULL)
        return false;
    if (uv_poll_init(connection->lane->loop, poll, PQsocket(connection->conn)) != 0) {
        free(poll);
        return false;
    }
    poll->data = connection;
    connection->lane->handles++;
    connection->poll = poll;
    return true;
}

void tb_db_connection_watch(struct tb_db_connection *connection, int events)
{
    if (connection->poll_events == events)
        return;
    connection->poll_events = events;
    int failed = uv_poll_start(connection->poll, events, on_poll);
    TB_BUG_IF(failed != 0); /* only a closing handle or an unknown event fails */
}

/* ------------------------------------------------------------------ pausing */

static void on_timer(uv_timer_t *timer);

static void schedule(struct tb_db_connection *connection, uint64_t after_ms)
{
    int failed = uv_timer_start(&connection->timer, on_timer, after_ms, 0);
    TB_BUG_IF(failed != 0);
}

/* The first line of libpq's message. */
static void copy_reason(char reason[REASON_BYTES], const char *message)
{
    size_t len = strcspn(message, "\n");
    if (len >= REASON_BYTES)
        len = REASON_BYTES - 1;
    memcpy(reason, message, len);
    reason[len] = '\0';
}

/* One line an outage; the attempts that follow are told at level debug. */
static void log_failure(struct tb_db_connection *connection, const char *message)
{
    char reason[REASON_BYTES];
    copy_reason(reason, message);
    tb_log(connection->failure_logged ? TB_LOG_DEBUG : TB_LOG_WARN, "db_disconnected", "slane",
           connection->lane->name, "iconnection", (int64_t)connection->index, "sreason", reason,
           NULL);
    connection->failure_logged = true;
}

static void pause_connection(struct tb_db_connection *connection)
{
    connection->state = TB_DB_PAUSING;
    schedule(connection, connection->pause_ms);
    connection->pause_ms *= 2;
    if (connection->pause_ms > PAUSE_MAX_MS)
        connection->pause_ms = PAUSE_MAX_MS;
}

static void fail_attempt(struct tb_db_connection *connection, const char *message)
{
    log_failure(connection, message);
    drop_connection(connection);
    pause_connection(connection);
}

/* ------------------------------------------------------------------ setting up */

static void become_ready(struct tb_db_connection *connection)
{
    if (!PQenterPipelineMode(connection->conn)) {
        fail_attempt(connection, PQerrorMessage(connection->conn));
        return;
    }
    uv_timer_stop(&connection->timer);
    connection->state = TB_DB_READY;
    connection->pause_ms = PAUSE_MIN_MS;
    connection->failure_logged = false;
    connection->renew = false;
    tb_log(TB_LOG_INFO, "db_connected", "slane", connection->lane->name, "iconnection",
           (int64_t)connection->index, NULL);
    tb_db_lane_notify(connection->lane);
    tb_db_lane_turn(connection->lane);
}

static bool flush_setup(struct tb_db_connection *connection)
{
    int left = PQflush(connection->conn);
    if (left < 0)
        return false;
    tb_db_connection_watch(connection, left > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
    return true;
}

static void begin_setup(struct tb_db_connection *connection)
{
    PGconn *conn = connection->conn;
    connection->state = TB_DB_SETTING_UP;
    bool started = make_poll(connection) && PQsetnonblocking(conn, 1) == 0 &&
                   tb_db_prepared_reset(&connection->prepared) == TB_OK;
    if (started && connection->lane->session_sql != NULL)
        started = PQsendQuery(conn, connection->lane->session_sql) != 0;
    if (!started || !flush_setup(connection))
        fail_attempt(connection, PQerrorMessage(conn));
    else if (connection->lane->session_sql == NULL)
        become_ready(connection);
}

static void continue_setup(struct tb_db_connection *connection)
{
    PGconn *conn = connection->conn;
    if (!PQconsumeInput(conn) || !flush_setup(connection)) {
        fail_attempt(connection, PQerrorMessage(conn));
        return;
    }
    while (!PQisBusy(conn)) {
        PGresult *result = PQgetResult(conn);
        if (result == NULL) {
            become_ready(connection);
            return;
        }
        ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
            status != PGRES_EMPTY_QUERY) {
            fail_attempt(connection, PQerrorMessage(conn));
            return;
        }
    }
}

/* ------------------------------------------------------------------ connecting */

static void wait_to_connect(struct tb_db_connection *connection, int events)
{
    if (make_poll(connection))
        tb_db_connection_watch(connection, events);
    else
        fail_attempt(connection, "no handle for the socket");
}

/* The handle goes first: PQconnectPoll may close the socket and open another of the same number. */
static void continue_connecting(struct tb_db_connection *connection)
{
    drop_poll(connection);
    switch (PQconnectPoll(connection->conn)) {
    case PGRES_POLLING_READING:
        wait_to_connect(connection, UV_READABLE);
        return;
    case PGRES_POLLING_WRITING:
        wait_to_connect(connection, UV_WRITABLE);
        return;
    case PGRES_POLLING_OK:
        begin_setup(connection);
        return;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE: /* unused by libpq */
        break;
    }
    fail_attempt(connection, PQerrorMessage(connection->conn));
}

/* What stands before dbname gives way to the administrator's connection string; what stands after
 * it does not. */
static PGconn *start_libpq(const struct tb_db_lane *lane)
{
    const char *keywords[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "application_name",    "client_encoding",  NULL};
    const char *values[] = {"30",   "5", "3", "20000", lane->conninfo, lane->application_name,
                            "UTF8", NULL};
    return PQconnectStartParams(keywords, values, 1);
}

static void begin_connecting(struct tb_db_connection *connection)
{
    connection->conn = start_libpq(connection->lane);
    if (connection->conn == NULL || PQstatus(connection->conn) == CONNECTION_BAD) {
        fail_attempt(connection, PQerrorMessage(connection->conn));
        return;
    }
    PQsetNoticeReceiver(connection->conn, tb_db_notice_log, NULL);
    connection->state = TB_DB_CONNECTING;
    schedule(connection, CONNECT_MAX_MS);
    wait_to_connect(connection, UV_WRITABLE);
}

/* ------------------------------------------------------------------ ready */

static bool flush_backlog(struct tb_db_connection *connection)
{
    int left = PQflush(connection->conn);
    if (left == 0)
        tb_db_connection_watch(connection, UV_READABLE);
    return left >= 0;
}

static void take_notifications(struct tb_db_connection *connection)
{
    PGnotify *notification = PQnotifies(connection->conn);
    if (notification == NULL)
        return;
    for (; notification != NULL; notification = PQnotifies(connection->conn))
        PQfreemem(notification);
    tb_db_lane_notify(connection->lane);
}

static void serve(struct tb_db_connection *connection, int status, int events)
{
    PGconn *conn = connection->conn;
    bool alive = true;
    if (status < 0 || (events & UV_READABLE) != 0)
        alive = PQconsumeInput(conn) != 0;
    if (alive && (events & UV_WRITABLE) != 0)
        alive = flush_backlog(connection);
    char reason[REASON_BYTES] = "the server's answers make no sense";
    if (!alive)
        copy_reason(reason, PQerrorMessage(conn));
    bool sound = tb_db_flight_receive(connection); /* also what came before the end */
    take_notifications(connection);
    if (!alive || !sound || status < 0)
        tb_db_connection_lose(connection, reason);
    tb_db_lane_turn(connection->lane);
}

/* ------------------------------------------------------------------ a silent server */

/*
 * A server that is stopped, or behind a network that has gone, neither answers nor ends the
 * connection. statement_timeout would have ended each statement long before. And nobody waits any
 * longer for what is in flight when its deadline has passed.
 */
static bool is_silent(struct tb_db_connection *connection)
{
    int64_t now_ms = tb_clock_monotonic().ms;
    int64_t silence_ms = now_ms - connection->heard_ms;
    int64_t late_ms = now_ms - tb_db_flight_deadline(connection).ms;
    return silence_ms >= connection->lane->statement_ms + TB_LIMIT_SILENCE_MS ||
           (silence_ms >= TB_LIMIT_SILENCE_MS && late_ms >= TB_LIMIT_SILENCE_MS);
}

void tb_db_connection_listen(struct tb_db_connection *connection)
{
    connection->heard_ms = tb_clock_monotonic().ms;
    if (connection->lane->statement_ms > 0 && !uv_is_active((uv_handle_t *)&connection->timer))
        schedule(connection, LISTEN_TICK_MS);
}

static void check_silence(struct tb_db_connection *connection)
{
    if (connection->flight_count == 0)
        return;
    if (is_silent(connection))
        serve(connection, 0, UV_READABLE); /* it may be this process that stood still */
    if (connection->state != TB_DB_READY || connection->flight_count == 0)
        return;
    if (!is_silent(connection)) {
        schedule(connection, LISTEN_TICK_MS);
        return;
    }
    tb_db_connection_lose(connection, "the server is silent");
    tb_db_lane_turn(connection->lane);
}

/* ------------------------------------------------------------------ events */

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct tb_db_connection *connection = poll->data;
    switch (connection->state) {
    case TB_DB_CONNECTING:
        continue_connecting(connection); /* libpq finds the socket's error and may try another */
        return;
    case TB_DB_SETTING_UP:
        continue_setup(connection);
        return;
    case TB_DB_READY:
        serve(connection, status, events);
        return;
    case TB_DB_BROKEN: /* the wake handler comes in this turn of the loop */
        uv_poll_stop(poll);
        return;
    case TB_DB_PAUSING:
    case TB_DB_CLOSED:
        break;
    }
    TB_BUG_IF(true); /* those have no handle */
}

static void on_timer(uv_timer_t *timer)
{
    struct tb_db_connection *connection = timer->data;
    switch (connection->state) {
    case TB_DB_PAUSING:
        begin_connecting(connection);
        return;
    case TB_DB_CONNECTING:
    case TB_DB_SETTING_UP:
        fail_attempt(connection, "no connection in time");
        return;
    case TB_DB_READY:
        check_silence(connection);
        return;
    case TB_DB_BROKEN: /* the wake handler comes in this turn of the loop */
    case TB_DB_CLOSED:
        return;
    }
}

/* ------------------------------------------------------------------ for the lane */

void tb_db_connection_lose(struct tb_db_connection *connection, const char *reason)
{
    log_failure(connection, reason);
    drop_connection(connection);
    pause_connection(connection);
    tb_db_flight_lose(connection);
}

void tb_db_connection_renew(struct tb_db_connection *connection)
{
    TB_BUG_IF(connection->flight_count != 0);
    tb_log(TB_LOG_INFO, "db_renewed", "slane", connection->lane->name, "iconnection",
           (int64_t)connection->index, NULL);
    drop_connection(connection);
    connection->state = TB_DB_PAUSING;
    schedule(connection, 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct tb_db_connection *connection = handle->data;
    tb_db_lane_handle_closed(connection->lane);
}

void tb_db_connection_close(struct tb_db_connection *connection)
{
    TB_BUG_IF(connection->flight_count != 0);
    drop_connection(connection);
    connection->state = TB_DB_CLOSED;
    uv_close((uv_handle_t *)&connection->timer, on_timer_closed);
}

enum tb_err tb_db_connection_init(struct tb_db_connection *connection, struct tb_db_lane *lane,
                                  unsigned index)
{
    connection->lane = lane;
    connection->index = index;
    connection->pause_ms = PAUSE_MIN_MS;
    connection->flight = calloc(lane->depth_max, sizeof(*connection->flight));
    return connection->flight != NULL ? TB_OK : TB_ERR_NO_MEMORY;
}

void tb_db_connection_start(struct tb_db_connection *connection)
{
    int failed = uv_timer_init(connection->lane->loop, &connection->timer);
    TB_BUG_IF(failed != 0); /* it cannot */
    connection->timer.data = connection;
    connection->lane->handles++;
    connection->state = TB_DB_PAUSING;
    schedule(connection, 0);
}

void tb_db_connection_fini(struct tb_db_connection *connection)
{
    tb_db_prepared_fini(&connection->prepared);
    free(connection->flight);
}
