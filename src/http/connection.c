#include "http/connection.h"

#include "http/request.h"

#include "timebank/limits.h"
#include "timebank/log.h"

#include <stdlib.h>
#include <sys/socket.h>

#define SWEEP_MS 1000

/* ------------------------------------------------------------------ one connection */

struct tb_connection *tb_connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    TB_BUG_IF(info == NULL || info->socket_context == NULL);
    return info->socket_context;
}

void tb_connection_enter(struct tb_connection *connection, enum tb_phase phase)
{
    connection->phase = phase;
    connection->since_ms = tb_clock_monotonic().ms;
    connection->has_moved = true;
}

static struct tb_connection *begin(struct tb_worker *worker, struct MHD_Connection *mhd)
{
    struct tb_connection *connection = calloc(1, sizeof(*connection));
    TB_BUG_IF(connection == NULL);
    connection->worker = worker;
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->next = worker->connections;
    connection->link = &worker->connections;
    if (connection->next != NULL)
        connection->next->link = &connection->next;
    worker->connections = connection;
    worker->connections_count++;
    tb_connection_enter(connection, TB_PHASE_HEAD);
    return connection;
}

static void end(struct tb_connection *connection)
{
    if (connection->request != NULL)
        tb_request_free(connection->request);
    connection->worker->connections_count--;
    *connection->link = connection->next;
    if (connection->next != NULL)
        connection->next->link = connection->link;
    free(connection);
}

void tb_connection_notify(void *worker, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = begin(worker, connection);
        return;
    }
    end(*socket_context);
    *socket_context = NULL;
}

/* ------------------------------------------------------------------ the sweep */

/* Whoever waits in the queue of the listener waits for an idle connection to end. */
static bool is_crowded(const struct tb_worker *worker)
{
    return worker->connections_count >= worker->app->connections_max / 8 * 7;
}

static int64_t limit_of(const struct tb_connection *connection)
{
    switch (connection->phase) {
    case TB_PHASE_HEAD:
        return is_crowded(connection->worker) ? TB_LIMIT_HEAD_CROWDED_MS : TB_LIMIT_HEAD_MS;
    case TB_PHASE_BODY:
        return connection->request != NULL && connection->request->upload == TB_UPLOAD_TAKEN
                   ? TB_LIMIT_SCAN_MS
                   : TB_LIMIT_BODY_MS;
    case TB_PHASE_RUNNING:
        break;
    case TB_PHASE_SENDING:
        return TB_LIMIT_SENDING_MS;
    }
    return INT64_MAX;
}

/*
 * A line of a chunked body that is longer than the connection's memory can neither be read nor does
 * libmicrohttpd refuse it: it asks to be run at once, again and again. The library does not say for
 * which connection: while it never rests, each chunked body that stands still is taken for it.
 */
static bool is_stuck(const struct tb_connection *connection)
{
    return connection->phase == TB_PHASE_BODY && !connection->worker->has_waited &&
           !connection->has_moved && connection->request != NULL && connection->request->is_chunked;
}

/* The socket's end is an event for libmicrohttpd, which then closes the connection itself. */
static void end_if_late(struct tb_connection *connection, int64_t now_ms)
{
    static const char *const phases[] = {"head", "body", "running", "sending"};
    bool is_late = now_ms - connection->since_ms >= limit_of(connection);
    bool shall_end = !connection->is_over && (is_late || is_stuck(connection));
    connection->has_moved = false;
    if (!shall_end)
        return;
    connection->is_over = true;
    (void)shutdown(connection->fd, SHUT_RDWR);
    tb_log(TB_LOG_DEBUG, "connection_late", "sphase", phases[connection->phase], NULL);
}

/* libmicrohttpd runs after each sweep: at its limit of connections it listens no more, and it looks
 * whether there is room again only when something else happens. */
static void on_sweep(uv_timer_t *timer)
{
    struct tb_worker *worker = timer->data;
    int64_t now_ms = tb_clock_monotonic().ms;
    for (struct tb_connection *each = worker->connections; each != NULL; each = each->next)
        end_if_late(each, now_ms);
    worker->has_waited = false;
    tb_server_kick(worker);
}

void tb_connections_watch(struct tb_worker *worker)
{
    uv_timer_init(&worker->loop, &worker->sweep);
    worker->sweep.data = worker;
    uv_timer_start(&worker->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

void tb_connections_unwatch(struct tb_worker *worker)
{
    TB_BUG_IF(worker->connections != NULL);
    uv_close((uv_handle_t *)&worker->sweep, NULL);
}
