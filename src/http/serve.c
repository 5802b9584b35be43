/* Starts the workers, waits for a signal, drains, ends. */
#include "http/request.h"
#include "http/tokens.h"
#include "http/worker.h"

#include "timebank/limits.h"
#include "timebank/log.h"
#include "timebank/settlement.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define DRAIN_TICK_MS 20

/* ------------------------------------------------------------------ a worker's life */

static enum tb_err open_lane(struct tb_worker *worker, struct tb_db_lane_settings settings,
                             const char *plan_mode, struct tb_db_lane **ret_lane)
{
    char session_sql[256];
    (void)snprintf(session_sql, sizeof(session_sql),
                   "SET ROLE timebank_service; SET default_transaction_read_only = on; "
                   "SET plan_cache_mode = %s; SET statement_timeout = %d; SET TimeZone = '%s'",
                   plan_mode, TB_LIMIT_READ_STATEMENT_MS, worker->app->settings.time_zone);
    settings.session_sql = session_sql;
    settings.conninfo = worker->app->settings.conninfo;
    settings.queue_max = TB_LIMIT_LANE_QUEUE;
    settings.statement_ms = TB_LIMIT_READ_STATEMENT_MS;
    return tb_db_lane_new(&worker->loop, &settings, ret_lane);
}

/* Pages plan anew for their filters (most are null); points have one plan. */
static enum tb_err open_lanes(struct tb_worker *worker)
{
    worker->lanes.seal = worker->app->settings.seal;
    enum tb_err err =
        open_lane(worker,
                  (struct tb_db_lane_settings){.name = "read",
                                               .connections = TB_LIMIT_READ_CONNECTIONS,
                                               .shares_sync = true,
                                               .depth_max = TB_LIMIT_READ_DEPTH},
                  "force_generic_plan", &worker->lanes.read);
    if (err != TB_OK)
        return err;
    err = open_lane(worker,
                    (struct tb_db_lane_settings){.name = "page",
                                                 .connections = TB_LIMIT_PAGE_CONNECTIONS,
                                                 .depth_max = TB_LIMIT_PAGE_DEPTH},
                    "force_custom_plan", &worker->lanes.page);
    if (err != TB_OK)
        return err;
    return tb_tokens_new(&(struct tb_tokens_settings){.loop = &worker->loop,
                                                      .conninfo = worker->app->settings.conninfo},
                         &worker->tokens);
}

static enum tb_err worker_start(struct tb_app *app, unsigned index,
                                struct tb_error_text *reterr_text)
{
    struct tb_worker *worker = &app->workers[index];
    worker->app = app;
    worker->index = index;
    if (uv_loop_init(&worker->loop) != 0)
        return TB_ERR_NO_MEMORY;
    tb_inbox_init(&worker->inbox, &worker->loop);
    uv_timer_init(&worker->loop, &worker->drain);
    worker->drain.data = worker;
    enum tb_err err = open_lanes(worker);
    return err != TB_OK ? err : tb_server_start(worker, reterr_text);
}

static void run_loop(struct tb_worker *worker)
{
    tb_log_hold(true); /* server.c flushes before each wait */
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    tb_log_hold(false);
    TB_BUG_IF(uv_loop_close(&worker->loop) != 0);
    tb_tokens_free(worker->tokens);
}

static void *worker_main(void *context)
{
    struct tb_worker *worker = context;
    run_loop(worker);
    atomic_fetch_sub(&worker->app->workers_running, 1);
    return NULL;
}

/* ------------------------------------------------------------------ the end */

static void worker_finish(struct tb_worker *worker)
{
    uv_timer_stop(&worker->drain);
    tb_server_stop(worker);
    if (worker->index == 0)
        tb_write_lane_free(worker->app->writes);
    tb_inbox_close(&worker->inbox);
    uv_close((uv_handle_t *)&worker->drain, NULL);
}

static void on_lane_closed(void *context)
{
    struct tb_worker *worker = context;
    worker->lanes_open--;
}

/* Whatever is in flight gets its answer, if only that its outcome is unknown. */
static void close_lanes(struct tb_worker *worker)
{
    worker->closing = true;
    worker->lanes_open = 3;
    tb_read_close(&worker->lanes);
    tb_db_lane_close(worker->lanes.read, on_lane_closed, worker);
    tb_db_lane_close(worker->lanes.page, on_lane_closed, worker);
    tb_tokens_close(worker->tokens, on_lane_closed, worker);
    if (worker->index == 0) {
        worker->lanes_open++;
        tb_write_lane_close(worker->app->writes, on_lane_closed, worker);
    }
}

/* First the requests end, then the lanes, then the server: libmicrohttpd must not be stopped while
 * a connection is suspended. The first worker goes last: the others' writes come back from its
 * loop. */
static void on_drain(uv_timer_t *timer)
{
    struct tb_worker *worker = timer->data;
    struct tb_app *app = worker->app;
    bool expired = tb_clock_monotonic().ms >= worker->drain_deadline.ms;
    bool idle = worker->busy == 0 && worker->sending == 0;
    if (!worker->closing) {
        bool others_run = worker->index == 0 && atomic_load(&app->workers_running) > 0;
        if (expired || (idle && !others_run))
            close_lanes(worker);
        return;
    }
    bool others_run = worker->index == 0 && atomic_load(&app->workers_running) > 0;
    if (worker->lanes_open == 0 && worker->suspended == 0 && !others_run)
        worker_finish(worker);
}

static void start_drain(struct tb_letter *letter)
{
    struct tb_worker *worker =
        (struct tb_worker *)((char *)letter - offsetof(struct tb_worker, drain_letter));
    worker->draining = true;
    worker->drain_deadline.ms = tb_clock_monotonic().ms + TB_LIMIT_DRAIN_MS;
    tb_server_stop_listening(worker);
    uv_timer_start(&worker->drain, on_drain, 0, DRAIN_TICK_MS);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct tb_app *app = handle->data;
    tb_log(TB_LOG_INFO, "stopping", "isignal", (int64_t)number, NULL);
    tb_settlement_scheduler_begin_stop(app->scheduler);
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&app->signals[i], NULL);
    if (app->settings.tls != NULL)
        uv_close((uv_handle_t *)&app->hangup, NULL);
    for (unsigned i = 0; i < app->settings.workers; i++) {
        app->workers[i].drain_letter.open = start_drain;
        tb_inbox_post(&app->workers[i].inbox, &app->workers[i].drain_letter);
    }
}

/* ------------------------------------------------------------------ the start */

static void on_hangup(uv_signal_t *handle, int number)
{
    struct tb_app *app = handle->data;
    struct tb_error_text error = {""};
    (void)number;
    enum tb_err err = tb_tls_reload(app->settings.tls, &error);
    if (err == TB_OK)
        tb_log(TB_LOG_INFO, "certificate_read", NULL);
    else
        tb_log(TB_LOG_ERROR, "certificate_refused", "serror", error.text, NULL);
}

static void watch_signals(struct tb_app *app)
{
    static const int numbers[2] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&app->workers[0].loop, &app->signals[i]);
        app->signals[i].data = app;
        uv_signal_start(&app->signals[i], on_signal, numbers[i]);
    }
    if (app->settings.tls == NULL)
        return;
    uv_signal_init(&app->workers[0].loop, &app->hangup);
    app->hangup.data = app;
    uv_signal_start(&app->hangup, on_hangup, SIGHUP);
}

static enum tb_err start_workers(struct tb_app *app, struct tb_error_text *reterr_text)
{
    for (unsigned i = 0; i < app->settings.workers; i++) {
        enum tb_err err = worker_start(app, i, reterr_text);
        if (err != TB_OK)
            return err;
    }
    return tb_write_lane_new(
        &(struct tb_write_settings){
            .loop = &app->workers[0].loop,
            .conninfo = app->settings.conninfo,
            .contract_version = app->settings.contract->version,
            .seal = app->settings.seal,
            .time_zone = app->settings.time_zone,
        },
        &app->writes);
}

static void run_workers(struct tb_app *app)
{
    for (unsigned i = 1; i < app->settings.workers; i++) {
        atomic_fetch_add(&app->workers_running, 1);
        TB_BUG_IF(pthread_create(&app->workers[i].thread, NULL, worker_main, &app->workers[i]) !=
                  0);
    }
    run_loop(&app->workers[0]);
    for (unsigned i = 1; i < app->settings.workers; i++)
        pthread_join(app->workers[i].thread, NULL);
}

/* As many connections as there are descriptors for, beside those of the database and our own. */
static void limit_connections(struct tb_app *app)
{
    struct rlimit files;
    app->connections_max = TB_LIMIT_CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    rlim_t own = TB_LIMIT_OWN_DESCRIPTORS;
    rlim_t free = files.rlim_cur > 2 * own ? files.rlim_cur - own : own;
    if (free / app->settings.workers < app->connections_max)
        app->connections_max = (unsigned)(free / app->settings.workers);
}

static enum tb_err start_rates(struct tb_app *app)
{
    const struct tb_serve_settings *settings = &app->settings;
    if (settings->rate_requests == 0)
        return TB_OK;
    (void)snprintf(app->rate_policy_field, sizeof(app->rate_policy_field), "\"default\";q=%u;w=%u",
                   settings->rate_requests, settings->rate_window_s);
    app->rate = tb_rate_new((struct tb_rate_policy){.quota = settings->rate_requests,
                                                    .window_s = settings->rate_window_s});
    app->failures = tb_rate_new((struct tb_rate_policy){.quota = TB_LIMIT_RATE_FAILURES,
                                                        .window_s = TB_LIMIT_RATE_FAILURES_S});
    app->stranger_writes = tb_rate_new((struct tb_rate_policy){
        .quota = TB_LIMIT_RATE_STRANGER_WRITES, .window_s = TB_LIMIT_RATE_STRANGER_WRITES_S});
    return app->rate != NULL && app->failures != NULL && app->stranger_writes != NULL
               ? TB_OK
               : TB_ERR_NO_MEMORY;
}

enum tb_err tb_serve(const struct tb_serve_settings *settings, struct tb_error_text *reterr_text)
{
    struct tb_app *app = calloc(1, sizeof(*app));
    TB_BUG_IF(settings->workers < 1 || settings->workers > TB_WORKERS_MAX);
    if (app == NULL)
        return TB_ERR_NO_MEMORY;
    app->settings = *settings;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file larger than is allowed is an error of write() */
    limit_connections(app);
    enum tb_err err = start_rates(app);
    if (err == TB_OK)
        err = tb_store_start(settings->scans_folder, &app->store);
    if (err == TB_OK)
        err = start_workers(app, reterr_text);
    if (err != TB_OK)
        return err; /* the process ends: nothing of the half-made app is used again */
    err = tb_settlement_scheduler_start(settings->conninfo, &app->scheduler, reterr_text);
    if (err != TB_OK)
        return err;
    watch_signals(app);
    if (!tb_framing_is_complete())
        tb_log(TB_LOG_WARN, "framing_incomplete", "slibmicrohttpd", MHD_get_version(), NULL);
    tb_log(TB_LOG_INFO, "serving", "saddress", settings->address, "iport", (int64_t)settings->port,
           "iworkers", (int64_t)settings->workers, "stls", settings->tls != NULL ? "on" : "off",
           NULL);
    run_workers(app);
    tb_settlement_scheduler_stop(app->scheduler);
    tb_store_stop(app->store);
    tb_rate_free(app->rate);
    tb_rate_free(app->failures);
    tb_rate_free(app->stranger_writes);
    free(app);
    return TB_OK;
}
