#include "timebank/due.h"

#include <stdlib.h>

/* A period of the list with the state that the plan so far would bring it to. */
struct node {
    const struct tb_due_period *source;
    enum tb_period_state state;
};

/* Something that may happen to a node, at the earliest at `at`. */
struct event {
    struct tb_instant at;
    enum tb_due_kind kind;
    size_t node;
};

struct planner {
    struct node *nodes; /* by grain, then begin */
    size_t node_count;
    struct tb_due_plan plan;
};

static const char *const state_names[] = {"open", "frozen", "settled", "noticed", "final"};

const char *tb_period_state_name(enum tb_period_state state)
{
    TB_BUG_IF((unsigned)state > TB_PERIOD_FINAL);
    return state_names[state];
}

enum tb_err tb_period_state_parse(struct tb_str name, enum tb_period_state *ret_state)
{
    for (int i = 0; i <= TB_PERIOD_FINAL; i++) {
        if (tb_str_is(name, state_names[i])) {
            *ret_state = (enum tb_period_state)i;
            return TB_OK;
        }
    }
    return TB_ERR_INVALID;
}

enum tb_err tb_cutoffs_check(const struct tb_clock_rules *rules)
{
    for (size_t i = 0; i < rules->cutoffs_count; i++) {
        const struct tb_cutoff_change *change = &rules->cutoffs[i];
        struct tb_cutoff cutoff = change->cutoff;
        if (!tb_date_in_range(change->from) || cutoff.days < 0 || cutoff.hours < 0 ||
            cutoff.days > TB_CUTOFF_DAYS_MAX || cutoff.hours > 23 ||
            cutoff.days + cutoff.hours == 0)
            return TB_ERR_INVALID;
        if (i > 0 && change->from.days <= change[-1].from.days)
            return TB_ERR_INVALID;
    }
    return TB_OK;
}

/* That of the latest change by the week's first day. */
static struct tb_cutoff cutoff_of(struct tb_period week, const struct tb_clock_rules *rules)
{
    struct tb_cutoff cutoff = TB_CUTOFF_DEFAULT;
    for (size_t i = 0; i < rules->cutoffs_count; i++)
        if (rules->cutoffs[i].from.days <= week.begin.days)
            cutoff = rules->cutoffs[i].cutoff;
    return cutoff;
}

struct tb_date tb_week_due_date(struct tb_period week, const struct tb_clock_rules *rules)
{
    TB_BUG_IF(week.grain != TB_GRAIN_WEEK);
    struct tb_cutoff cutoff = cutoff_of(week, rules);
    int32_t days = cutoff.hours > 0 ? cutoff.days : cutoff.days - 1;
    return tb_workday_next(tb_date_add_days(week.end, days), &rules->holidays);
}

struct tb_period_clocks tb_period_clocks(struct tb_period period, struct tb_zone *zone,
                                         const struct tb_clock_rules *rules)
{
    struct tb_period week = tb_period_containing(TB_GRAIN_WEEK, tb_period_last_day(period));
    struct tb_date due = tb_week_due_date(week, rules);
    int hours = cutoff_of(week, rules).hours;
    struct tb_instant due_at = hours > 0 ? tb_zone_hour_of(zone, due, hours)
                                         : tb_zone_begin_of(zone, tb_date_add_days(due, 1));
    if (period.grain == TB_GRAIN_WEEK)
        return (struct tb_period_clocks){tb_zone_begin_of(zone, period.end), due_at};
    return (struct tb_period_clocks){due_at, due_at};
}

static int compare_int64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_periods(struct tb_period a, struct tb_period b)
{
    if (a.grain != b.grain)
        return compare_int64((int64_t)a.grain, (int64_t)b.grain);
    return compare_int64(a.begin.days, b.begin.days);
}

static int compare_nodes(const void *a, const void *b)
{
    const struct node *left = a;
    const struct node *right = b;
    return compare_periods(left->source->period, right->source->period);
}

/* Nodes are sorted by then, so their index stands for grain and begin. */
static int compare_events(const void *a, const void *b)
{
    const struct event *left = a;
    const struct event *right = b;
    if (left->at.ms != right->at.ms)
        return compare_int64(left->at.ms, right->at.ms);
    if (left->node != right->node)
        return compare_int64((int64_t)left->node, (int64_t)right->node);
    return compare_int64((int64_t)left->kind, (int64_t)right->kind);
}

static bool is_sound(const struct tb_due_period *row)
{
    if ((unsigned)row->period.grain >= TB_GRAIN_COUNT || (unsigned)row->state > TB_PERIOD_FINAL)
        return false;
    if (!tb_date_in_range(row->period.begin) || row->freezes_at.ms > row->due_at.ms)
        return false;
    struct tb_period real = tb_period_containing(row->period.grain, row->period.begin);
    return real.begin.days == row->period.begin.days && real.end.days == row->period.end.days;
}

static enum tb_err sort_nodes(struct planner *planner, const struct tb_due_period *periods)
{
    for (size_t i = 0; i < planner->node_count; i++) {
        if (!is_sound(&periods[i]))
            return TB_ERR_INVALID;
        planner->nodes[i] = (struct node){&periods[i], periods[i].state};
    }
    qsort(planner->nodes, planner->node_count, sizeof(*planner->nodes), compare_nodes);
    for (size_t i = 1; i < planner->node_count; i++) {
        if (compare_nodes(&planner->nodes[i - 1], &planner->nodes[i]) == 0)
            return TB_ERR_INVALID;
    }
    return TB_OK;
}

/* The events whose instant has come, in the order of the plan. */
static size_t sort_events(const struct planner *planner, struct tb_instant now,
                          struct event *ret_events)
{
    size_t count = 0;
    for (size_t i = 0; i < planner->node_count; i++) {
        const struct node *node = &planner->nodes[i];
        if (node->state < TB_PERIOD_FROZEN && node->source->freezes_at.ms <= now.ms)
            ret_events[count++] = (struct event){node->source->freezes_at, TB_DUE_FREEZE, i};
        if (node->state < TB_PERIOD_SETTLED && node->source->due_at.ms <= now.ms)
            ret_events[count++] = (struct event){node->source->due_at, TB_DUE_SETTLE, i};
    }
    if (count > 0)
        qsort(ret_events, count, sizeof(*ret_events), compare_events);
    return count;
}

/* False, as a condition that is not met. */
static bool note_missing(struct planner *planner, struct tb_period missing)
{
    if (!planner->plan.is_missing) {
        planner->plan.is_missing = true;
        planner->plan.missing = missing;
    }
    return false;
}

static bool is_first_of_grain(const struct planner *planner, size_t index)
{
    return index == 0 || planner->nodes[index - 1].source->period.grain !=
                             planner->nodes[index].source->period.grain;
}

/* Whether the period before is there and has come at least as far. */
static bool predecessor_allows(struct planner *planner, size_t index, enum tb_period_state needed)
{
    if (is_first_of_grain(planner, index))
        return true;
    const struct node *before = &planner->nodes[index - 1];
    if (before->source->period.end.days != planner->nodes[index].source->period.begin.days)
        return note_missing(planner, tb_period_next(before->source->period));
    return before->state >= needed;
}

static const struct node *find_node(const struct planner *planner, struct tb_period period)
{
    size_t low = 0;
    size_t high = planner->node_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_periods(planner->nodes[middle].source->period, period);
        if (order == 0)
            return &planner->nodes[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Whether the periods of the next smaller grain, from the one that contains the last day back to
 * the begin, have come far enough. The last must be there; a hole behind it is a defect too. */
static bool children_allow(struct planner *planner, struct tb_period parent)
{
    if (parent.grain == TB_GRAIN_WEEK)
        return true;
    enum tb_period_state needed =
        parent.grain == TB_GRAIN_YEAR ? TB_PERIOD_FINAL : TB_PERIOD_SETTLED;
    struct tb_period last =
        tb_period_containing((enum tb_grain)(parent.grain - 1), tb_period_last_day(parent));
    const struct node *child = find_node(planner, last);
    if (child == NULL)
        return note_missing(planner, last);
    for (size_t i = (size_t)(child - planner->nodes);; i--) {
        if (planner->nodes[i].source->period.end.days <= parent.begin.days)
            return true;
        if (planner->nodes[i].state < needed || !predecessor_allows(planner, i, TB_PERIOD_OPEN))
            return false;
        if (is_first_of_grain(planner, i))
            return true;
    }
}

static void apply_event(struct planner *planner, const struct event *event)
{
    struct node *node = &planner->nodes[event->node];
    bool freezes = event->kind == TB_DUE_FREEZE;
    enum tb_period_state target = freezes ? TB_PERIOD_FROZEN : TB_PERIOD_SETTLED;
    if (node->state != (freezes ? TB_PERIOD_OPEN : TB_PERIOD_FROZEN))
        return;
    if (!predecessor_allows(planner, event->node, target) ||
        !children_allow(planner, node->source->period))
        return;
    node->state = target;
    planner->plan.actions[planner->plan.count++] =
        (struct tb_due_action){event->kind, node->source};
}

enum tb_err tb_due_plan_make(struct tb_arena *arena, const struct tb_due_period *periods,
                             size_t count, struct tb_instant now, struct tb_due_plan *ret_plan)
{
    if (count == 0) {
        *ret_plan = (struct tb_due_plan){0};
        return TB_OK;
    }
    struct planner planner = {.node_count = count};
    planner.nodes = tb_arena_alloc(arena, count * sizeof(*planner.nodes));
    planner.plan.actions = tb_arena_alloc(arena, 2 * count * sizeof(*planner.plan.actions));
    struct event *events = tb_arena_alloc(arena, 2 * count * sizeof(*events));
    if (planner.nodes == NULL || planner.plan.actions == NULL || events == NULL)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = sort_nodes(&planner, periods);
    if (err != TB_OK)
        return err;
    size_t event_count = sort_events(&planner, now, events);
    for (size_t i = 0; i < event_count; i++)
        apply_event(&planner, &events[i]);
    *ret_plan = planner.plan;
    return TB_OK;
}
