/*
 * Settlement: brings the weeks, months and quarters of each district forward, from open over frozen
 * to settled.
 *
 * Never: computes a boundary in SQL or a sum in C, keeps a timer of what is due (it is computed
 * from the rows at each call), or moves a state back.
 * Source: docs/ledger.md, "Settlement". Figures and digests come from
 * sql/functions/settle_week.sql, settle_month.sql and settle_quarter.sql.
 * Invariant: each step is one transaction that checks the state again under its lock, so any
 * number of processes may run this at once, and running it twice changes nothing.
 * Years get their rows and stay open.
 */
#ifndef TIMEBANK_SETTLEMENT_H
#define TIMEBANK_SETTLEMENT_H

#include "timebank/db.h"
#include "timebank/due.h"
#include "timebank/error.h"

/* The channel on which a session hears that the business clock was moved. */
#define TB_SETTLEMENT_CHANNEL "timebank_clock"

/* Period rows reach at least so far ahead of the business clock. */
#define TB_SETTLEMENT_DAYS_AHEAD 60

/*
 * Adds the missing periods of one district (its code as text) that touch the days from … to, both
 * included, and moves the cut-off of those still open when holidays or the policy week_cutoff
 * have changed. In a transaction of its own. TB_ERR_NOT_FOUND: no such district; TB_ERR_CONFIG: its
 * time zone or a holiday is wrong; TB_ERR_INVALID: the days; TB_ERR_DB; TB_ERR_NO_MEMORY. Blocks.
 */
TB_CHECK_RESULT enum tb_err tb_settlement_ensure_periods(struct tb_db_session *session,
                                                         const char *district, struct tb_date from,
                                                         struct tb_date to,
                                                         struct tb_error_text *reterr_text);

enum tb_settlement_result {
    TB_SETTLEMENT_DONE,
    TB_SETTLEMENT_WOULD,   /* dry run */
    TB_SETTLEMENT_ALREADY, /* another process was first */
    TB_SETTLEMENT_BUSY,    /* another process is at it; the district stops here */
};

/* "done", "would", "already", "busy". */
const char *tb_settlement_result_name(enum tb_settlement_result result);

/* One step. Texts are borrowed during the callback. */
struct tb_settlement_step {
    const char *district;
    enum tb_due_kind kind;
    struct tb_period period;
    size_t place; /* from 1, of `total` steps of the district's plan */
    size_t total;
    enum tb_settlement_result result;
    bool has_figures; /* done, but for a freeze that is no week's; or a dry run's first settlement,
                         which is exact: a later week would also get what the weeks before it carry
                       */
    int64_t records;
    int64_t flagged;     /* freezing */
    int64_t communities; /* freezing */
    int64_t deposits;    /* settling, as all that follow */
    int64_t captures;
    int64_t minutes;
    int64_t carried;    /* weeks */
    int64_t statements; /* months: totals; quarters: lines of the notice */
    const char *digest; /* 64 hexadecimal digits; "" without figures or when freezing */
};

/* {0} settles all districts by their clock. */
struct tb_settlement_options {
    const char *district;  /* NULL: all */
    const char *grain;     /* "week", "month", "quarter": no greater ones; NULL: all */
    const char *as_of;     /* RFC 3339, not after the business clock; NULL: that clock */
    const char *seed;      /* "\x…": the spot checks' and the notices' seeds are derived from it;
                              NULL: random */
    bool dry_run;          /* changes nothing: no periods are added, no holds expire */
    bool accept_jump;      /* goes on although the clock is behind its heartbeat, and tells whoever
                              serves that he may too */
    bool clock_is_checked; /* the caller has done so */
    void (*on_step)(const struct tb_settlement_step *step, void *context); /* may be NULL */
    bool (*is_stopped)(void *context); /* asked between steps; may be NULL */
    void *context;
};

/*
 * Does what is due, district by district, in the order of the plan. Blocks.
 * TB_ERR_CONFLICT: the database's clock is behind the latest event and accept_jump is off.
 * TB_ERR_INVALID: as_of is no instant or lies after the business clock; no such grain is settled.
 * TB_ERR_NOT_FOUND: no such district. TB_ERR_CONFIG, TB_ERR_DB, TB_ERR_NO_MEMORY: what was done
 * before stays done. ret_steps counts the steps done (or, dry, those that would be).
 */
TB_CHECK_RESULT enum tb_err tb_settlement_run_due(struct tb_db_session *session,
                                                  const struct tb_settlement_options *options,
                                                  unsigned *ret_steps,
                                                  struct tb_error_text *reterr_text);

/* ---- The guard against a clock that jumps ---- */

/* How far the clocks may drift apart between two wake-ups. */
#define TB_CLOCK_JUMP_MS 60000

enum tb_clock_jump {
    TB_CLOCK_STEADY,
    TB_CLOCK_FORWARD, /* the database's clock ran ahead of this process's */
    TB_CLOCK_BACK,
    TB_CLOCK_BEHIND, /* the database's clock is behind what it has stored */
};

/* "steady", "forward", "back", "behind". */
const char *tb_clock_jump_name(enum tb_clock_jump jump);

/* {0} at first. Time without a process (downtime) is no jump. */
struct tb_clock_guard {
    bool is_started;
    int64_t wall_ms;
    int64_t monotonic_ms;
    int64_t accepted_ms; /* heartbeats up to here have been accepted */
};

/* wall_ms: the database's clock; monotonic_ms: this process's; heartbeat_ms: the wall clock of the
 * latest stored change, 0 when there is none. The next check counts from these. */
enum tb_clock_jump tb_clock_guard_check(struct tb_clock_guard *guard, int64_t wall_ms,
                                        int64_t monotonic_ms, int64_t heartbeat_ms);

/* ---- Inside serve ---- */

struct tb_settlement_scheduler;

/*
 * Starts a thread with a session of its own that does what is due every 30 s and whenever the
 * business clock is moved. It connects by itself, again and again if need be.
 * conninfo is copied. TB_ERR_NO_MEMORY; TB_ERR_IO when the thread cannot be started.
 */
TB_CHECK_RESULT enum tb_err
tb_settlement_scheduler_start(const char *conninfo, struct tb_settlement_scheduler **ret_scheduler,
                              struct tb_error_text *reterr_text);

/* The step under way is the last; after TB_LIMIT_DRAIN_MS it is given up. Does not wait. */
void tb_settlement_scheduler_begin_stop(struct tb_settlement_scheduler *scheduler);
/* Waits for the end, then frees. NULL is allowed. */
void tb_settlement_scheduler_stop(struct tb_settlement_scheduler *scheduler);

/* Whether a jump of the clock was seen and nothing settles until somebody runs
 * `settle --accept-jump`. Any thread. */
bool tb_settlement_scheduler_is_halted(const struct tb_settlement_scheduler *scheduler);

#endif
