/*
 * The process's clocks. Everything of the domain uses the database's business_now() instead.
 */
#ifndef TIMEBANK_CLOCK_H
#define TIMEBANK_CLOCK_H

#include <stdint.h>

/* Milliseconds that cannot be mistaken for another quantity. */
struct tb_msec {
    int64_t ms;
};

struct tb_msec tb_clock_monotonic(void);
int64_t tb_clock_monotonic_us(void);
/* Milliseconds since 1970-01-01T00:00:00Z. */
struct tb_msec tb_clock_wall(void);

#endif
