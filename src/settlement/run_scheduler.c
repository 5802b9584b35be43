#include "settlement/run.h"

#include "timebank/limits.h"
#include "timebank/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WAKE_UP_MS 30000
#define RECONNECT_MS 2000

struct tb_settlement_scheduler {
    char *conninfo;
    pthread_t thread;
    int stop_fd; /* becomes readable, and stays so, when it shall stop */
    atomic_bool is_stopping;
    atomic_bool is_halted;
    /* The thread's own: */
    struct tb_db_session *session; /* NULL while there is no connection */
    struct tb_clock_guard guard;
    bool jump_accepted;
    bool only_orders; /* what woke it was told by orders alone */
};

/* It runs on while the machine sleeps: that is downtime and no jump. */
static int64_t boot_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_stopped(void *context)
{
    struct tb_settlement_scheduler *scheduler = context;
    return atomic_load(&scheduler->is_stopping);
}

static void log_step(const struct tb_settlement_step *step, void *context)
{
    (void)context;
    char label[TB_PERIOD_LABEL_BYTES];
    tb_period_label(step->period, label);
    tb_log(TB_LOG_INFO, step->kind == TB_DUE_FREEZE ? "week_freeze" : "week_settle", "sdistrict",
           step->district, "speriod", label, "sresult", tb_settlement_result_name(step->result),
           "irecords", step->records, "iminutes", step->minutes, "icarried", step->carried,
           "sdigest", step->digest, NULL);
}

static void disconnect(struct tb_settlement_scheduler *scheduler)
{
    tb_db_session_close(scheduler->session);
    scheduler->session = NULL;
}

/* The settlement works as the service role, as requests do. */
static bool connect_session(struct tb_settlement_scheduler *scheduler)
{
    struct tb_error_text error = {0};
    enum tb_err err =
        tb_db_session_open(scheduler->conninfo, "timebankd settle", &scheduler->session, &error);
    if (err == TB_OK) {
        tb_db_session_interrupt_by(scheduler->session, scheduler->stop_fd, TB_LIMIT_DRAIN_MS);
        err = tb_db_session_command(scheduler->session,
                                    "SET ROLE timebank_service; SET lock_timeout = '10s'; "
                                    "LISTEN " TB_SETTLEMENT_CHANNEL,
                                    &error);
    }
    if (err == TB_OK)
        return true;
    tb_log(TB_LOG_WARN, "settlement_disconnected", "serror", error.text, NULL);
    disconnect(scheduler);
    return false;
}

/* Whether something was told. An order alone does not make this process settle: who carries the
 * order out would find it at his heels. */
static bool read_notifications(struct tb_settlement_scheduler *scheduler)
{
    PGconn *connection = tb_db_session_connection(scheduler->session);
    bool was_told = false;
    if (!PQconsumeInput(connection)) {
        disconnect(scheduler);
        return false;
    }
    for (PGnotify *told = PQnotifies(connection); told != NULL; told = PQnotifies(connection)) {
        scheduler->only_orders =
            (scheduler->only_orders || !was_told) && strcmp(told->extra, "order") == 0;
        was_told = true;
        if (strcmp(told->extra, "accept_jump") == 0)
            scheduler->jump_accepted = true;
        PQfreemem(told);
    }
    return was_told;
}

/* False: the clock jumped and nobody has accepted it. A standing clock never jumps. */
static bool check_clock(struct tb_settlement_scheduler *scheduler,
                        const struct tb_settlement_clock *clock)
{
    if (scheduler->jump_accepted || clock->stands) {
        scheduler->jump_accepted = false;
        scheduler->guard =
            (struct tb_clock_guard){.accepted_ms = clock->stands ? 0 : clock->heartbeat_ms};
        atomic_store(&scheduler->is_halted, false);
    }
    if (clock->stands)
        return true;
    enum tb_clock_jump jump =
        tb_clock_guard_check(&scheduler->guard, clock->wall_ms, boot_ms(), clock->heartbeat_ms);
    if (jump != TB_CLOCK_STEADY && !atomic_exchange(&scheduler->is_halted, true))
        tb_log(TB_LOG_ERROR, "clock_jump", "sjump", tb_clock_jump_name(jump), "shint",
               "timebankd settle --accept-jump", NULL);
    return !atomic_load(&scheduler->is_halted);
}

static void work(struct tb_settlement_scheduler *scheduler)
{
    struct tb_error_text error = {0};
    struct tb_settlement_clock clock;
    enum tb_err err = tb_settlement_read_clock(scheduler->session, NULL, &clock, &error);
    bool is_steady = err != TB_OK || check_clock(scheduler, &clock);
    const struct tb_settlement_orders orders = {
        .is_halted = !is_steady,
        .on_step = log_step,
        .is_stopped = is_stopped,
        .context = scheduler,
    };
    if (err == TB_OK)
        err = tb_settlement_do_orders(scheduler->session, &orders, &error);
    if (err == TB_OK && (!is_steady || scheduler->only_orders))
        return;
    unsigned steps = 0;
    const struct tb_settlement_options options = {
        .clock_is_checked = true, /* above, with more to go by */
        .on_step = log_step,
        .is_stopped = is_stopped,
        .context = scheduler,
    };
    if (err == TB_OK)
        err = tb_settlement_run_due(scheduler->session, &options, &steps, &error);
    if (err == TB_OK)
        return;
    tb_log(TB_LOG_ERROR, "settlement_failed", "serr", tb_err_name(err), "serror", error.text, NULL);
    if (PQstatus(tb_db_session_connection(scheduler->session)) != CONNECTION_OK)
        disconnect(scheduler);
}

static void wait_for_more(struct tb_settlement_scheduler *scheduler)
{
    struct pollfd fds[2] = {{.fd = scheduler->stop_fd, .events = POLLIN}, {.fd = -1}};
    int timeout_ms = RECONNECT_MS;
    scheduler->only_orders = false;
    if (scheduler->session != NULL) {
        if (read_notifications(scheduler))
            return;
        timeout_ms = scheduler->session != NULL ? WAKE_UP_MS : RECONNECT_MS;
    }
    if (scheduler->session != NULL)
        fds[1] = (struct pollfd){.fd = PQsocket(tb_db_session_connection(scheduler->session)),
                                 .events = POLLIN};
    while (poll(fds, 2, timeout_ms) < 0 && errno == EINTR)
        continue;
    if (scheduler->session != NULL)
        (void)read_notifications(scheduler);
}

static void *run_thread(void *argument)
{
    struct tb_settlement_scheduler *scheduler = argument;
    while (!atomic_load(&scheduler->is_stopping)) {
        if (scheduler->session != NULL || connect_session(scheduler))
            work(scheduler);
        wait_for_more(scheduler);
    }
    disconnect(scheduler);
    return NULL;
}

static void free_scheduler(struct tb_settlement_scheduler *scheduler)
{
    if (scheduler->stop_fd >= 0)
        close(scheduler->stop_fd);
    free(scheduler->conninfo);
    free(scheduler);
}

enum tb_err tb_settlement_scheduler_start(const char *conninfo,
                                          struct tb_settlement_scheduler **ret_scheduler,
                                          struct tb_error_text *reterr_text)
{
    struct tb_settlement_scheduler *scheduler = calloc(1, sizeof(*scheduler));
    if (scheduler == NULL)
        return TB_ERR_NO_MEMORY;
    scheduler->conninfo = strdup(conninfo);
    scheduler->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (scheduler->conninfo == NULL || scheduler->stop_fd < 0 ||
        pthread_create(&scheduler->thread, NULL, run_thread, scheduler) != 0) {
        tb_error_set(reterr_text, "the settlement's thread could not be started");
        free_scheduler(scheduler);
        return TB_ERR_IO;
    }
    *ret_scheduler = scheduler;
    return TB_OK;
}

void tb_settlement_scheduler_begin_stop(struct tb_settlement_scheduler *scheduler)
{
    atomic_store(&scheduler->is_stopping, true);
    while (eventfd_write(scheduler->stop_fd, 1) < 0 && errno == EINTR)
        continue;
}

void tb_settlement_scheduler_stop(struct tb_settlement_scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    tb_settlement_scheduler_begin_stop(scheduler);
    pthread_join(scheduler->thread, NULL);
    free_scheduler(scheduler);
}

bool tb_settlement_scheduler_is_halted(const struct tb_settlement_scheduler *scheduler)
{
    return atomic_load(&scheduler->is_halted);
}
