#include "db/segment.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

struct tb_db_session {
    PGconn *conn;
    int interrupt_fd; /* -1: none, or it has been readable */
    int grace_ms;
    int64_t patience_ends_ms; /* INT64_MAX: it does not */
    struct tb_db_prepared prepared;
    struct tb_db_segment last; /* keeps the texts of the last reply */
};

/* ------------------------------------------------------------------ open and close */

/* PQconninfoParse's own message may quote a password. */
static enum tb_err check_conninfo(const char *conninfo, struct tb_error_text *reterr_text)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    if (options == NULL) {
        tb_error_set(reterr_text, "the database's connection string has not the form of libpq");
        return TB_ERR_CONFIG;
    }
    PQconninfoFree(options);
    return TB_OK;
}

static PGconn *connect_libpq(const char *conninfo, const char *application_name)
{
    /* What stands before dbname gives way to the connection string. */
    const char *keywords[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                              "keepalives_count", "tcp_user_timeout", "dbname",
                              "application_name", "client_encoding",  NULL};
    const char *values[] = {"5", "30", "5", "3", "20000", conninfo, application_name, "UTF8", NULL};
    return PQconnectdbParams(keywords, values, 1);
}

static void set_error(struct tb_error_text *reterr_text, const PGconn *conn)
{
    const char *message = PQerrorMessage(conn);
    size_t len = strlen(message);
    while (len > 0 && message[len - 1] == '\n')
        len--;
    tb_error_set(reterr_text, "%.*s", (int)len, message);
}

enum tb_err tb_db_session_open(const char *conninfo, const char *application_name,
                               struct tb_db_session **ret_session,
                               struct tb_error_text *reterr_text)
{
    enum tb_err err = check_conninfo(conninfo, reterr_text);
    if (err != TB_OK)
        return err;
    struct tb_db_session *session = calloc(1, sizeof(*session));
    if (session == NULL) {
        tb_error_set(reterr_text, "no memory for a database session");
        return TB_ERR_NO_MEMORY;
    }
    session->interrupt_fd = -1;
    session->patience_ends_ms = INT64_MAX;
    session->conn = connect_libpq(conninfo, application_name);
    if (PQstatus(session->conn) != CONNECTION_OK) {
        set_error(reterr_text, session->conn);
        tb_db_session_close(session);
        return TB_ERR_DB;
    }
    PQsetNoticeReceiver(session->conn, tb_db_notice_log, NULL);
    *ret_session = session;
    return TB_OK;
}

void tb_db_session_close(struct tb_db_session *session)
{
    if (session == NULL)
        return;
    tb_db_segment_fini(&session->last);
    tb_db_prepared_fini(&session->prepared);
    PQfinish(session->conn);
    free(session);
}

PGconn *tb_db_session_connection(struct tb_db_session *session)
{
    return session->conn;
}

/* ------------------------------------------------------------------ waiting for the server */

void tb_db_session_interrupt_by(struct tb_db_session *session, int fd, int grace_ms)
{
    session->interrupt_fd = fd;
    session->grace_ms = grace_ms;
}

static int patience_ms(const struct tb_db_session *session)
{
    if (session->patience_ends_ms == INT64_MAX)
        return -1;
    int64_t left_ms = session->patience_ends_ms - tb_clock_monotonic().ms;
    return left_ms > 0 ? (int)left_ms : 0;
}

/* Until the server says something. The end of patience is the end of the socket, which libpq takes
 * for the server's. */
static void wait_for_server(struct tb_db_session *session)
{
    struct pollfd fds[2] = {{.fd = PQsocket(session->conn), .events = POLLIN},
                            {.fd = session->interrupt_fd, .events = POLLIN}};
    int ready = poll(fds, 2, patience_ms(session));
    if (ready == 0) {
        (void)shutdown(PQsocket(session->conn), SHUT_RDWR);
    } else if (ready > 0 && fds[1].revents != 0) {
        session->interrupt_fd = -1;
        session->patience_ends_ms = tb_clock_monotonic().ms + session->grace_ms;
    }
}

static PGresult *next_result(struct tb_db_session *session)
{
    bool alive = true;
    while (alive && PQisBusy(session->conn)) {
        wait_for_server(session);
        alive = PQconsumeInput(session->conn) != 0;
    }
    return PQgetResult(session->conn);
}

/* The last result of what was sent, as PQexec gives it. */
static PGresult *last_result(struct tb_db_session *session)
{
    PGresult *last = NULL;
    for (PGresult *result = next_result(session); result != NULL; result = next_result(session)) {
        PQclear(last);
        last = result;
    }
    return last;
}

/* ------------------------------------------------------------------ commands and queries */

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

enum tb_err tb_db_session_command(struct tb_db_session *session, const char *sql,
                                  struct tb_error_text *reterr_text)
{
    PGresult *result = PQsendQuery(session->conn, sql) ? last_result(session) : NULL;
    bool good = succeeded(result);
    PQclear(result);
    if (good)
        return TB_OK;
    set_error(reterr_text, session->conn);
    return TB_ERR_DB;
}

enum tb_err tb_db_session_query(struct tb_db_session *session, const char *sql, int params_count,
                                const char *const *values, PGresult **ret_result,
                                struct tb_error_text *reterr_text)
{
    PGconn *conn = session->conn;
    PGresult *result = PQsendQueryParams(conn, sql, params_count, NULL, values, NULL, NULL, 0)
                           ? last_result(session)
                           : NULL;
    if (succeeded(result)) {
        *ret_result = result;
        return TB_OK;
    }
    PQclear(result);
    set_error(reterr_text, session->conn);
    return TB_ERR_DB;
}

/* ------------------------------------------------------------------ segments */

/* Waits for the segment's Sync. */
static bool receive(struct tb_db_session *session)
{
    enum tb_db_taken taken = TB_DB_TAKEN_MORE;
    while (taken == TB_DB_TAKEN_MORE)
        taken = tb_db_segment_take(&session->last, &session->prepared, next_result(session));
    return taken == TB_DB_TAKEN_END;
}

static void reply_without_answer(struct tb_db_session *session, enum tb_db_outcome outcome,
                                 struct tb_db_reply *ret_reply)
{
    tb_db_segment_fini(&session->last);
    *ret_reply = tb_db_reply_without_answer(outcome, PQerrorMessage(session->conn));
}

/* What the connection prepared is useless: both sides forget it. */
static bool forget_prepared(struct tb_db_session *session)
{
    return tb_db_session_command(session, "DEALLOCATE ALL", NULL) == TB_OK &&
           tb_db_prepared_reset(&session->prepared) == TB_OK;
}

static bool send_segment(struct tb_db_session *session, const struct tb_db_step *steps,
                         size_t steps_count, struct tb_db_reply *ret_reply)
{
    PGconn *conn = session->conn;
    if (PQstatus(conn) != CONNECTION_OK || !PQenterPipelineMode(conn)) {
        reply_without_answer(session, TB_DB_UNAVAILABLE, ret_reply);
        return false;
    }
    enum tb_db_sent sent =
        tb_db_segment_send(conn, &session->prepared, steps, steps_count, &session->last);
    if (sent == TB_DB_SENT)
        sent = tb_db_segment_sync(conn, &session->last);
    if (sent == TB_DB_SENT)
        return true;
    reply_without_answer(session, sent == TB_DB_SENT_UNSURE ? TB_DB_UNKNOWN : TB_DB_UNAVAILABLE,
                         ret_reply);
    return false;
}

/* True when it was rolled back only because of a stale prepared statement, and can be repeated. */
static bool run_once(struct tb_db_session *session, const struct tb_db_step *steps,
                     size_t steps_count, struct tb_db_reply *ret_reply)
{
    tb_db_segment_fini(&session->last);
    bool own_transaction = PQtransactionStatus(session->conn) == PQTRANS_IDLE;
    if (!send_segment(session, steps, steps_count, ret_reply))
        return false;
    if (!receive(session) || !PQexitPipelineMode(session->conn)) {
        reply_without_answer(session, TB_DB_UNKNOWN, ret_reply);
        return false;
    }
    enum tb_db_remedy remedy = tb_db_segment_remedy(&session->last, &session->prepared);
    tb_db_segment_reply(&session->last, ret_reply);
    if (remedy == TB_DB_REMEDY_RENEW && own_transaction)
        return forget_prepared(session);
    return remedy == TB_DB_REMEDY_AGAIN && own_transaction;
}

void tb_db_session_run(struct tb_db_session *session, const struct tb_db_step *steps,
                       size_t steps_count, struct tb_db_reply *ret_reply)
{
    if (session->prepared.by == NULL && tb_db_prepared_reset(&session->prepared) != TB_OK) {
        *ret_reply = tb_db_reply_without_answer(TB_DB_UNAVAILABLE, "no memory");
        return;
    }
    if (run_once(session, steps, steps_count, ret_reply))
        (void)run_once(session, steps, steps_count, ret_reply);
}
