#include "timebank/settlement.h"

static const char *const jump_names[] = {"steady", "forward", "back", "behind"};

const char *tb_clock_jump_name(enum tb_clock_jump jump)
{
    TB_BUG_IF((unsigned)jump > TB_CLOCK_BEHIND);
    return jump_names[jump];
}

enum tb_clock_jump tb_clock_guard_check(struct tb_clock_guard *guard, int64_t wall_ms,
                                        int64_t monotonic_ms, int64_t heartbeat_ms)
{
    int64_t ahead_ms = (wall_ms - guard->wall_ms) - (monotonic_ms - guard->monotonic_ms);
    bool was_started = guard->is_started;
    guard->is_started = true;
    guard->wall_ms = wall_ms;
    guard->monotonic_ms = monotonic_ms;
    if (was_started && ahead_ms > TB_CLOCK_JUMP_MS)
        return TB_CLOCK_FORWARD;
    if (was_started && ahead_ms < -TB_CLOCK_JUMP_MS)
        return TB_CLOCK_BACK;
    if (heartbeat_ms > guard->accepted_ms && heartbeat_ms - wall_ms > TB_CLOCK_JUMP_MS)
        return TB_CLOCK_BEHIND;
    return TB_CLOCK_STEADY;
}
