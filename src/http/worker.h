/*
 * A worker: one event loop with all that belongs to it. Everything in it is used on its own thread
 * only, except the inbox (any thread) and `connected` counts read for /readyz.
 */
#ifndef TB_HTTP_WORKER_H
#define TB_HTTP_WORKER_H

#include "http/rate.h"

#include "timebank/call.h"
#include "timebank/serve.h"
#include "timebank/store.h"

#include <microhttpd.h>
#include <stdatomic.h>

#define TB_WORKERS_MAX 8

struct tb_tokens;     /* tokens.h */
struct tb_connection; /* connection.h */
struct tb_settlement_scheduler;
struct tb_app;

struct tb_worker {
    struct tb_app *app;
    unsigned index;
    pthread_t thread;
    uv_loop_t loop;
    struct tb_inbox inbox;
    struct tb_read_lanes lanes;
    struct tb_tokens *tokens;

    struct MHD_Daemon *daemon;
    int listener;
    uv_poll_t poll;       /* libmicrohttpd's epoll descriptor */
    uv_idle_t more;       /* active while libmicrohttpd has more to do at once */
    uv_prepare_t prepare; /* runs libmicrohttpd after connections were resumed */
    bool kicked;
    bool has_waited; /* since the last sweep libmicrohttpd once had nothing more to do */
    struct tb_connection *connections;
    unsigned connections_count;
    uv_timer_t sweep; /* ends connections that take too long */

    unsigned busy;      /* requests that run and have no answer yet */
    unsigned sending;   /* answers handed over that have not been sent */
    unsigned suspended; /* connections that wait for the database */
    bool draining;
    bool closing; /* the lanes are closing: whatever comes is refused */
    uv_timer_t drain;
    struct tb_msec drain_deadline;
    int lanes_open;
    struct tb_letter drain_letter;
};

struct tb_app {
    struct tb_serve_settings settings;
    struct tb_rate *rate;            /* of tokens; NULL: unlimited */
    struct tb_rate *failures;        /* of addresses, by tokens in vain; NULL: unlimited */
    struct tb_rate *stranger_writes; /* of addresses, without a token; NULL: unlimited */
    char rate_policy_field[64];      /* RateLimit-Policy */
    struct tb_write_lane *writes;
    unsigned connections_max; /* of one worker */
    struct tb_worker workers[TB_WORKERS_MAX];
    atomic_uint workers_running; /* besides the first */
    struct tb_store *store;
    atomic_uint scans_coming; /* whose bytes are in memory */
    atomic_uint scans_going;  /* whose files are open */
    uv_signal_t signals[2];
    uv_signal_t hangup; /* with TLS */
    struct tb_settlement_scheduler *scheduler;
};

/* server.c */
enum tb_err tb_server_start(struct tb_worker *worker, struct tb_error_text *reterr_text);
void tb_server_kick(struct tb_worker *worker); /* libmicrohttpd has work: run it this turn */
void tb_server_stop_listening(struct tb_worker *worker);
void tb_server_stop(struct tb_worker *worker); /* no request may be left */

#endif
