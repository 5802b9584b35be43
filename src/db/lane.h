/*
 * The inside of a lane: its queue (lane.c), its connections (connection.c) and what is on the
 * wire (flight.c).
 *
 * Who calls whom: connection.c and flight.c change one connection; whatever frees slots, brings a
 * connection up or ends one is followed by tb_db_lane_turn, from the loop. done() runs only below
 * tb_db_flight_receive, tb_db_flight_lose, tb_db_lane_turn and the lane's wake and timer handlers;
 * it may submit jobs and close the lane, so nothing is freed outside of uv's close callbacks.
 *
 * Invariant: while a job waits in the queue no connection that takes jobs has a free slot, but
 * for the time between an event and the turn that follows it.
 */
#ifndef TIMEBANK_DB_LANE_H
#define TIMEBANK_DB_LANE_H

#include "db/segment.h"

enum tb_db_state {
    TB_DB_PAUSING,    /* the timer will connect again */
    TB_DB_CONNECTING, /* PQconnectPoll; the timer gives up */
    TB_DB_SETTING_UP, /* session_sql is on its way; the timer gives up */
    TB_DB_READY,      /* pipeline mode; the timer watches over what is in flight */
    TB_DB_BROKEN,     /* sending failed; the lane's wake handler ends the connection */
    TB_DB_CLOSED,     /* the lane closes */
};

struct tb_db_connection {
    struct tb_db_lane *lane;
    unsigned index; /* in the lane, for logs */
    enum tb_db_state state;
    PGconn *conn;
    uv_poll_t *poll; /* of its own memory: libpq may change the socket while it connects */
    int poll_events;
    uv_timer_t timer;
    uint64_t pause_ms;   /* before the next attempt */
    bool failure_logged; /* one line an outage */
    bool renew;          /* takes no more jobs; connects anew when those in flight have ended */

    struct tb_db_prepared prepared;
    struct tb_db_segment *flight; /* a ring of depth_max */
    unsigned flight_head;
    unsigned flight_count;
    unsigned group_count; /* sent last and still without a Sync; the lane's wake handler sends it */
    int64_t heard_ms;     /* when the server last answered, or the flight began */
};

struct tb_db_jobs {
    struct tb_db_job *first;
    struct tb_db_job **end; /* where the next one is linked */
    unsigned count;
};

struct tb_db_lane {
    uv_loop_t *loop;
    char *name;
    char *conninfo;
    char *session_sql;
    char *application_name;
    unsigned depth_max;
    unsigned queue_max;
    bool shares_sync;
    int64_t statement_ms; /* of its sessions; 0: their server may be silent for ever */
    uint64_t close_wait_ms;

    struct tb_db_jobs queue;
    struct tb_db_jobs refused; /* answered by the wake handler */
    uv_idle_t wake;
    uv_timer_t deadline;    /* sweeps the queue; while closing: the end of patience */
    int64_t deadline_at_ms; /* INT64_MAX: not armed */

    void (*on_free)(void *context);
    void *on_free_context;
    void (*on_notify)(void *context);
    void *on_notify_context;

    bool closing;
    bool finished; /* its own handles are closing too */
    void (*closed)(void *context);
    void *closed_context;
    unsigned handles; /* uv handles whose close callback has not run */

    unsigned connections_count;
    struct tb_db_connection connections[];
};

/* lane.c */
void tb_db_lane_wake(struct tb_db_lane *lane);
void tb_db_lane_turn(struct tb_db_lane *lane);
void tb_db_lane_notify(struct tb_db_lane *lane);
void tb_db_lane_requeue(struct tb_db_lane *lane, struct tb_db_job *job);
void tb_db_lane_handle_closed(struct tb_db_lane *lane);
void tb_db_job_answer(struct tb_db_job *job, struct tb_db_reply *reply);

/* connection.c */
enum tb_err tb_db_connection_init(struct tb_db_connection *connection, struct tb_db_lane *lane,
                                  unsigned index);
void tb_db_connection_fini(struct tb_db_connection *connection);
void tb_db_connection_start(struct tb_db_connection *connection);
/* Ends a READY or BROKEN one: jobs in flight are UNKNOWN; it connects again after its pause. */
void tb_db_connection_lose(struct tb_db_connection *connection, const char *reason);
/* Nothing is in flight: connects anew at once. */
void tb_db_connection_renew(struct tb_db_connection *connection);
/* For good; nothing is in flight. */
void tb_db_connection_close(struct tb_db_connection *connection);
void tb_db_connection_watch(struct tb_db_connection *connection, int events);
/* The flight has begun: from now on the server must be heard. */
void tb_db_connection_listen(struct tb_db_connection *connection);

/* flight.c */
bool tb_db_flight_has_room(const struct tb_db_connection *connection);
/* False: the job was not sent and stays the caller's. The connection may be BROKEN afterwards. */
bool tb_db_flight_send(struct tb_db_connection *connection, struct tb_db_job *job);
/* Ends the group that is open, if any. The connection may be BROKEN afterwards. */
void tb_db_flight_sync(struct tb_db_connection *connection);
/* Answers whatever is complete. False when the connection must be given up. */
bool tb_db_flight_receive(struct tb_db_connection *connection);
void tb_db_flight_lose(struct tb_db_connection *connection);
/* Of the first job in flight; there is one. */
struct tb_msec tb_db_flight_deadline(struct tb_db_connection *connection);

#endif
