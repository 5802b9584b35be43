/*
 * The question of docs/adr/0001: does a loop library cost anything here?
 * One program, two loops around the same libmicrohttpd daemon (external epoll): -DWITH_UV uses
 * libuv, otherwise bare epoll. Every request is suspended and answered in the next turn, as the
 * daemon's are.   loop PORT SECONDS
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#ifdef WITH_UV
#include <uv.h>
#endif

#define PENDING_MAX 4096

static struct MHD_Daemon *http;
static struct MHD_Connection *pending[PENDING_MAX];
static size_t pending_count;

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *bytes, void **context)
{
    static int seen;
    (void)cls, (void)url, (void)method, (void)version, (void)data, (void)bytes;
    if (*context == NULL) {
        *context = &seen;
        return MHD_YES;
    }
    pending[pending_count++] = connection;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

/* Work that libmicrohttpd found in its last run does not show on its epoll descriptor. */
static void run_http(void)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    do {
        MHD_run(http);
    } while (MHD_get_timeout(http, &timeout_ms) == MHD_YES && timeout_ms == 0);
}

static void answer_pending(void)
{
    static char body[] = "{\"status\":\"pass\"}";
    size_t count = pending_count;
    pending_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct MHD_Response *response = MHD_create_response_from_buffer(
            sizeof(body) - 1, body, MHD_RESPMEM_PERSISTENT);
        MHD_queue_response(pending[i], 200, response);
        MHD_destroy_response(response);
        MHD_resume_connection(pending[i]);
    }
    run_http();
}

#ifdef WITH_UV
static uv_poll_t poll_handle;
static uv_prepare_t prepare;
static uv_timer_t end;

static void on_poll(uv_poll_t *handle, int status, int events)
{
    (void)handle, (void)status, (void)events;
    run_http();
}

static void on_prepare(uv_prepare_t *handle)
{
    (void)handle;
    while (pending_count > 0)
        answer_pending();
}

static void on_end(uv_timer_t *handle)
{
    uv_stop(handle->loop);
}

static void run(int fd, int seconds)
{
    uv_loop_t *loop = uv_default_loop();
    uv_poll_init(loop, &poll_handle, fd);
    uv_prepare_init(loop, &prepare);
    uv_timer_init(loop, &end);
    uv_poll_start(&poll_handle, UV_READABLE, on_poll);
    uv_prepare_start(&prepare, on_prepare);
    uv_timer_start(&end, on_end, (uint64_t)seconds * 1000, 0);
    uv_run(loop, UV_RUN_DEFAULT);
}
#else
static void run(int fd, int seconds)
{
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    time_t stop = time(NULL) + seconds;
    while (time(NULL) < stop) {
        while (pending_count > 0)
            answer_pending();
        if (epoll_wait(epoll, &event, 1, 100) > 0)
            run_http();
    }
}
#endif

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)strtoul(argv[1], NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    http = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
                            NULL, MHD_OPTION_SOCK_ADDR, &address,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384, MHD_OPTION_END);
    if (http == NULL)
        return 1;
    run(MHD_get_daemon_info(http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
        (int)strtol(argv[2], NULL, 10));
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    printf("%ld.%03ld\n", (long)cpu.tv_sec, cpu.tv_nsec / 1000000);
    return 0;
}
