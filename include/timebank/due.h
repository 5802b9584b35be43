/*
 * Due: when a period freezes and settles, and what is to be done about a list of periods now.
 *
 * Never: reads a clock, touches the database, keeps state between calls. The same function serves
 * every wake-up and the catch-up after weeks of downtime.
 * Source: the four clocks. A week freezes Sunday 24:00 and is verified until its cut-off, Wednesday
 * 24:00 unless a policy says another; a month follows the week of its last day; a quarter its
 * months; a year its final quarters. Invariants: what is done late is done in the order in which it
 * would have been done in time; states only move forward; no period overtakes an older one of its
 * grain.
 */
#ifndef TIMEBANK_DUE_H
#define TIMEBANK_DUE_H

#include "timebank/calendar.h"

/* In the order in which they are passed. Weeks and months end at settled. */
enum tb_period_state {
    TB_PERIOD_OPEN,
    TB_PERIOD_FROZEN,  /* no new entries */
    TB_PERIOD_SETTLED, /* booked and sealed */
    TB_PERIOD_NOTICED,
    TB_PERIOD_FINAL,
};

/* "open", "frozen", "settled", "noticed", "final". */
const char *tb_period_state_name(enum tb_period_state state);
TB_CHECK_RESULT enum tb_err tb_period_state_parse(struct tb_str name,
                                                  enum tb_period_state *ret_state);

/* Not before freezes_at does a period freeze, not before due_at does it settle. */
struct tb_period_clocks {
    struct tb_instant freezes_at;
    struct tb_instant due_at;
};

/* How long a week is verified after its end: whole days, and hours of the day after them. */
struct tb_cutoff {
    int days;  /* 0 to TB_CUTOFF_DAYS_MAX */
    int hours; /* 0 to 23; not both 0 */
};
#define TB_CUTOFF_DAYS_MAX 6
#define TB_CUTOFF_DEFAULT ((struct tb_cutoff){.days = 3}) /* Wednesday 24:00 */

/* Holds for the weeks that begin on this day or later. */
struct tb_cutoff_change {
    struct tb_date from;
    struct tb_cutoff cutoff;
};

/* What a district's clocks go by; {0}: no holidays and the default cut-off. The rows are the
 * caller's: holidays as tb_holidays_check() wants them, cut-offs as tb_cutoffs_check(). */
struct tb_clock_rules {
    struct tb_holidays holidays;
    const struct tb_cutoff_change *cutoffs;
    size_t cutoffs_count;
};

/* TB_ERR_INVALID when one is out of range, or not later than the one before. */
TB_CHECK_RESULT enum tb_err tb_cutoffs_check(const struct tb_clock_rules *rules);

/* The last day on which a week is verified: that of its cut-off (the Wednesday), or the next
 * working day. */
struct tb_date tb_week_due_date(struct tb_period week, const struct tb_clock_rules *rules);

/*
 * week: freezes_at is the begin of the next week's Monday, due_at the hour of the cut-off on the
 * due date, its end when the cut-off is of whole days. month, quarter, year: both are due_at of the
 * week that contains the last day. That is the earliest moment; tb_due_plan_make adds what they
 * wait for.
 */
struct tb_period_clocks tb_period_clocks(struct tb_period period, struct tb_zone *zone,
                                         const struct tb_clock_rules *rules);

/* A period row as it is stored. */
struct tb_due_period {
    struct tb_period period;
    enum tb_period_state state;
    struct tb_instant freezes_at;
    struct tb_instant due_at;
};

enum tb_due_kind { TB_DUE_FREEZE, TB_DUE_SETTLE };

struct tb_due_action {
    enum tb_due_kind kind;
    const struct tb_due_period *period; /* into the caller's list */
};

struct tb_due_plan {
    struct tb_due_action *actions; /* in the arena */
    size_t count;
    /* A row that something due waits for is not in the list: a defect of the data. `missing` is
     * the first such period; the plan holds all that can be done without it. */
    bool is_missing;
    struct tb_period missing;
};

/*
 * What is to be done at `now`. The actions are done one after the other and each one counts on
 * those before it, so the caller stops at the first that fails and plans again.
 *
 * periods: one district's, in any order: every period that ends after the begin of the oldest one
 * not yet settled. Settled periods among them are needed, as others wait for them. Earlier ones may
 * be there too, in each grain without holes.
 *
 * The order is that of the instants; at one instant weeks before months before quarters before
 * years, then oldest first, and freezing before settling. So after downtime June freezes before
 * the first week due after it settles, as it would have done in time.
 * A month freezes when the week that contains its last day has settled, a quarter when its months
 * have, a year when its quarters are final. Children before the first one of the list do not
 * count: a district may begin within a quarter.
 *
 * TB_ERR_INVALID: a period that is none of its grain, is there twice, or settles before it
 * freezes. TB_ERR_NO_MEMORY.
 */
TB_CHECK_RESULT enum tb_err tb_due_plan_make(struct tb_arena *arena,
                                             const struct tb_due_period *periods, size_t count,
                                             struct tb_instant now, struct tb_due_plan *ret_plan);

#endif
