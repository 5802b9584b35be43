/* libmicrohttpd inside a libuv loop, which polls its epoll descriptor. It has no timeouts of its
 * own (http/connection.h): either it waits for an event or it has more to do at once. */
#include "http/request.h"
#include "http/tls.h"

#include "timebank/limits.h"
#include "timebank/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* The target is kept as it came; its parts are decoded one by one (parameters.c). */
static size_t keep_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void *on_target(void *worker, const char *target, struct MHD_Connection *connection)
{
    return tb_request_begin(worker, target, connection);
}

static void on_idle(uv_idle_t *idle);

/* A handle of its own for what is to be done at once: a timer of 0 ms that starts itself again
 * would keep libuv 1.44 in its round of timers for ever. */
static void run(struct tb_worker *worker)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    worker->kicked = false;
    MHD_run(worker->daemon);
    if (MHD_get_timeout(worker->daemon, &timeout_ms) == MHD_YES) {
        uv_idle_start(&worker->more, on_idle);
    } else {
        uv_idle_stop(&worker->more);
        worker->has_waited = true;
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void on_idle(uv_idle_t *idle)
{
    run(idle->data);
}

/* Before the loop waits: one run for all connections resumed in this turn, the reads that it has
 * gathered, and its log lines. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct tb_worker *worker = prepare->data;
    if (worker->kicked)
        run(worker);
    tb_read_flush(&worker->lanes);
    tb_log_flush();
}

void tb_server_kick(struct tb_worker *worker)
{
    worker->kicked = true;
}

/* ------------------------------------------------------------------ listening */

static bool fill_address(const char *text, unsigned port, struct sockaddr_storage *ret_address,
                         socklen_t *ret_len)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
    *ret_address = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *ret_len = sizeof(*v4);
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        *ret_len = sizeof(*v6);
        return true;
    }
    return false;
}

static enum tb_err listen_on(struct tb_worker *worker, struct tb_error_text *reterr_text)
{
    const struct tb_serve_settings *settings = &worker->app->settings;
    struct sockaddr_storage address;
    socklen_t len;
    int on = 1;
    if (!fill_address(settings->address, settings->port, &address, &len)) {
        tb_error_set(reterr_text, "%s is not a numeric address", settings->address);
        return TB_ERR_CONFIG;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 1024) != 0) {
        tb_error_set(reterr_text, "%s port %u: %s", settings->address, settings->port,
                     strerror(errno));
        if (fd >= 0)
            close(fd);
        return TB_ERR_IO;
    }
    worker->listener = fd;
    return TB_OK;
}

static struct MHD_Daemon *start_daemon(struct tb_worker *worker)
{
    bool secure = worker->app->settings.tls != NULL;
    static char priorities[] = TB_TLS_PRIORITIES; /* libmicrohttpd wants it without const */
    struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tb_tls_retrieve},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
                                   {MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (secure ? MHD_USE_TLS : 0u), 0, NULL, NULL,
        tb_request_access, worker, MHD_OPTION_LISTEN_SOCKET, worker->listener,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, worker, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped,
        NULL, MHD_OPTION_NOTIFY_COMPLETED, tb_request_end, worker, MHD_OPTION_NOTIFY_CONNECTION,
        tb_connection_notify, worker, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)TB_LIMIT_CONNECTION_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        worker->app->connections_max, MHD_OPTION_ARRAY, secure ? tls : plain, MHD_OPTION_END);
}

enum tb_err tb_server_start(struct tb_worker *worker, struct tb_error_text *reterr_text)
{
    enum tb_err err = listen_on(worker, reterr_text);
    if (err != TB_OK)
        return err;
    worker->daemon = start_daemon(worker);
    if (worker->daemon == NULL) {
        close(worker->listener);
        tb_error_set(reterr_text, "libmicrohttpd did not start");
        return TB_ERR_IO;
    }
    int epoll_fd = MHD_get_daemon_info(worker->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    uv_poll_init(&worker->loop, &worker->poll, epoll_fd);
    uv_idle_init(&worker->loop, &worker->more);
    uv_prepare_init(&worker->loop, &worker->prepare);
    worker->poll.data = worker;
    worker->more.data = worker;
    worker->prepare.data = worker;
    uv_poll_start(&worker->poll, UV_READABLE, on_poll);
    uv_prepare_start(&worker->prepare, on_prepare);
    tb_connections_watch(worker);
    return TB_OK;
}

void tb_server_stop_listening(struct tb_worker *worker)
{
    int listener = MHD_quiesce_daemon(worker->daemon);
    if (listener >= 0)
        close(listener);
    tb_server_kick(worker);
}

void tb_server_stop(struct tb_worker *worker)
{
    uv_poll_stop(&worker->poll);
    uv_prepare_stop(&worker->prepare);
    MHD_stop_daemon(worker->daemon);
    tb_connections_unwatch(worker);
    uv_close((uv_handle_t *)&worker->poll, NULL);
    uv_close((uv_handle_t *)&worker->more, NULL);
    uv_close((uv_handle_t *)&worker->prepare, NULL);
}
