/*
 * Rates: how often somebody may come, counted for the whole process.
 *
 * One number a key says when it would be even again (the generic cell rate algorithm): a request
 * moves it on by window / quota, and is refused while it lies more than a window ahead. A full
 * quota can so be spent at once, and comes back steadily. Whoever asks too often waits; nobody is
 * locked out. The table is bounded: where it is full the key that is closest to even is forgotten,
 * which errs in favour of the client. Any thread may call.
 * Source: RateLimit header fields for HTTP (IETF draft, httpapi working group); RFC 6585, 4 (429).
 */
#ifndef TB_HTTP_RATE_H
#define TB_HTTP_RATE_H

#include "timebank/clock.h"
#include "timebank/error.h"

#define TB_RATE_KEY_BYTES 16

struct tb_rate_key {
    unsigned char bytes[TB_RATE_KEY_BYTES]; /* of a hash, or an address */
};

struct tb_rate_policy {
    unsigned quota;    /* requests a window, at least 1 */
    unsigned window_s; /* at least 1 */
};

struct tb_rate_state {
    bool allowed;
    unsigned remaining; /* requests that would be allowed now */
    unsigned reset_s;   /* until the whole quota is back, rounded up */
    unsigned retry_s;   /* until one is allowed again, rounded up; 0 when allowed */
};

struct tb_rate;

/* NULL: no memory. */
struct tb_rate *tb_rate_new(struct tb_rate_policy policy);
void tb_rate_free(struct tb_rate *rate); /* NULL is allowed */

struct tb_rate_policy tb_rate_policy_of(const struct tb_rate *rate);

/* Counts a request, unless it is refused. */
struct tb_rate_state tb_rate_take(struct tb_rate *rate, const struct tb_rate_key *key,
                                  struct tb_msec now);

/* The same without counting. */
struct tb_rate_state tb_rate_look(struct tb_rate *rate, const struct tb_rate_key *key,
                                  struct tb_msec now);

#endif
