#include "timebank/clock.h"

#include <time.h>

static int64_t microseconds(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct tb_msec tb_clock_monotonic(void)
{
    return (struct tb_msec){microseconds(CLOCK_MONOTONIC) / 1000};
}

int64_t tb_clock_monotonic_us(void)
{
    return microseconds(CLOCK_MONOTONIC);
}

struct tb_msec tb_clock_wall(void)
{
    return (struct tb_msec){microseconds(CLOCK_REALTIME) / 1000};
}
