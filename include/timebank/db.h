/*
 * PostgreSQL, as the rest of the program sees it.
 *
 *   statement  a text with $1…$n, prepared on each connection at its first use there
 *   job        1…n statements between BEGIN-less Syncs: one pipeline segment = one transaction
 *   lane       connections of one kind on one event loop (read, page, write), non-blocking
 *   session    one blocking connection, for commands and for the settlement thread
 *
 * Never here: business rules, HTTP, JSON. Values are text both ways (format 0).
 * Threads: a lane and its jobs belong to the thread of its loop; a session to one thread.
 */
#ifndef TIMEBANK_DB_H
#define TIMEBANK_DB_H

#include "timebank/arena.h"
#include "timebank/clock.h"
#include "timebank/error.h"
#include "timebank/str.h"

#include <libpq-fe.h>
#include <uv.h>

/* ------------------------------------------------------------------ statements */

/* Lives as long as the program. `id` is its index in every connection's table of prepared ones. */
struct tb_db_statement {
    const char *name; /* unique, at most 63 bytes: the server's name of the prepared statement */
    const char *sql;
    int params_count;
    unsigned id; /* given by tb_db_statement_register */
};

#define TB_DB_STATEMENTS_MAX 4096

/* Gives the statement its id; two with one name are a defect. Before any lane starts; not
 * thread-safe. */
void tb_db_statement_register(struct tb_db_statement *statement);

/* ------------------------------------------------------------------ jobs */

#define TB_DB_STEPS_MAX 64 /* of one job */

struct tb_db_step {
    const struct tb_db_statement *statement;
    const char *const *values; /* params_count texts; NULL is SQL's null; borrowed until done */
};

enum tb_db_outcome {
    TB_DB_DONE,        /* committed (ReadyForQuery seen, unless the lane's jobs share their Sync):
                          `result` is the last step's */
    TB_DB_FAILED,      /* rolled back: sqlstate, constraint and message say why */
    TB_DB_UNAVAILABLE, /* never sent: the queue was full (queue_full), the lane closes, or nothing
                          was connected when the deadline passed */
    TB_DB_EXPIRED,     /* never sent: the deadline passed in the queue */
    TB_DB_UNKNOWN,     /* sent, then the connection died before ReadyForQuery, or libpq could not
                          read the answer: it may have committed */
};

struct tb_db_reply {
    enum tb_db_outcome outcome;
    PGresult *result; /* of the last step; freed by the lane after done() unless set to NULL */
    char sqlstate[6]; /* "" unless FAILED */
    const char *constraint; /* "" when the server named none; borrowed during done() */
    const char *message;    /* for logs only, never for clients; borrowed during done() */
    bool queue_full;
};

/* Allocated and owned by who submits it; must stay until done() has been called, once. */
struct tb_db_job {
    const struct tb_db_step *steps;
    size_t steps_count;
    struct tb_msec deadline; /* monotonic; a job still queued then is EXPIRED */
    void (*done)(struct tb_db_job *job, struct tb_db_reply *reply);
    void *context; /* the submitter's */

    /* The lane's; submit sets them. */
    struct tb_db_job *next;
    bool sent_again; /* once, when it was rolled back only because of a stale prepared statement */
    bool alone;      /* with a Sync of its own, after another's error skipped it */
    bool refused_full;
};

/* The same job may succeed when it is sent again: a lost race, a restart, a lack of resources. */
bool tb_db_sqlstate_is_retryable(const char *sqlstate);
/* 57014: statement_timeout (or a cancel) ended it. Not one of the retryable ones. */
bool tb_db_sqlstate_is_canceled(const char *sqlstate);

/* ------------------------------------------------------------------ lanes */

struct tb_db_lane_settings {
    const char *name;        /* for logs and application_name: "read", "page", "write" */
    const char *conninfo;    /* a libpq connection string or URI */
    const char *session_sql; /* SET …; run on each new connection; may be NULL */
    unsigned connections;
    unsigned depth_max; /* jobs in flight on one connection: 1 for writes */
    unsigned queue_max; /* jobs waiting for a connection */
    bool shares_sync;   /* all jobs only read: those of one turn of the loop share a Sync, and a
                           job's last answer is its end */
    /* Their statement_timeout: a server that is silent for that and TB_LIMIT_SILENCE_MS is given
     * up, and after the deadline of what it runs for TB_LIMIT_SILENCE_MS alone. 0: never. */
    int statement_ms;
};

struct tb_db_lane;

/* Starts to connect at once and reconnects for ever with a growing pause (50 ms … 2 s). */
enum tb_err tb_db_lane_new(uv_loop_t *loop, const struct tb_db_lane_settings *settings,
                           struct tb_db_lane **ret_lane);

/* done() is never called from inside submit: always later, from the loop. */
void tb_db_lane_submit(struct tb_db_lane *lane, struct tb_db_job *job);

/* Jobs that submit would send at once, without queueing. 0 while nothing is connected. */
unsigned tb_db_lane_free_slots(const struct tb_db_lane *lane);
unsigned tb_db_lane_connected(const struct tb_db_lane *lane);

/* Called from the loop whenever slots became free or a connection came up; NULL for none. */
void tb_db_lane_on_free(struct tb_db_lane *lane, void (*on_free)(void *context), void *context);

/* For a lane whose session_sql LISTENs: called from the loop for every notification, and whenever a
 * connection came up, because one may have been missed meanwhile. */
void tb_db_lane_on_notify(struct tb_db_lane *lane, void (*on_notify)(void *context), void *context);

#define TB_DB_CLOSE_WAIT_MS 10000

/* Answers queued jobs UNAVAILABLE, lets those in flight end (after TB_DB_CLOSE_WAIT_MS they are
 * UNKNOWN), frees everything, then calls closed(). Never calls done() or closed() from inside. */
void tb_db_lane_close(struct tb_db_lane *lane, void (*closed)(void *context), void *context);

/* ------------------------------------------------------------------ sessions (blocking) */

struct tb_db_session;

enum tb_err tb_db_session_open(const char *conninfo, const char *application_name,
                               struct tb_db_session **ret_session,
                               struct tb_error_text *reterr_text);
void tb_db_session_close(struct tb_db_session *session); /* NULL is allowed */
PGconn *tb_db_session_connection(struct tb_db_session *session);

/* Once `fd` is readable the session waits `grace_ms` longer for its server; then it ends its own
 * socket, and whatever waits fails as if the server had gone. Without this it waits for ever. */
void tb_db_session_interrupt_by(struct tb_db_session *session, int fd, int grace_ms);

/* One simple command without parameters (BEGIN, SET …, a whole script). */
enum tb_err tb_db_session_command(struct tb_db_session *session, const char *sql,
                                  struct tb_error_text *reterr_text);

/* One statement with text parameters; the caller clears *ret_result with PQclear. */
enum tb_err tb_db_session_query(struct tb_db_session *session, const char *sql, int params_count,
                                const char *const *values, PGresult **ret_result,
                                struct tb_error_text *reterr_text);

/* Runs the steps as a lane does (one pipeline segment, prepared statements, one transaction) and
 * waits. Between BEGIN and COMMIT by tb_db_session_command they join that transaction: DONE then
 * does not mean committed. reply->result belongs to the caller; constraint and message live until
 * the next call. */
void tb_db_session_run(struct tb_db_session *session, const struct tb_db_step *steps,
                       size_t steps_count, struct tb_db_reply *ret_reply);

/* ------------------------------------------------------------------ migrations */

/*
 * Brings the database to this program's schema: migrations/ forward only, one transaction each,
 * then every file of sql/functions/ whose hash changed. Serialised between processes by an
 * advisory lock. An applied migration whose file has changed is TB_ERR_CONFIG and nothing is done.
 * ret_applied counts what was applied (0: it was up to date).
 */
enum tb_err tb_db_migrate(const char *conninfo, unsigned *ret_applied,
                          struct tb_error_text *reterr_text);

/* TB_OK when the database is exactly at this program's schema; read-only. TB_ERR_CONFLICT when it
 * must be migrated, TB_ERR_CONFIG when it was migrated by a newer or another program. */
enum tb_err tb_db_migrate_check(const char *conninfo, struct tb_error_text *reterr_text);

#endif
