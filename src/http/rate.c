#include "http/rate.h"

#include "timebank/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_OF_A_KEY 8 /* entries where it may be found, side by side */

struct entry {
    struct tb_rate_key key;
    int64_t even_at_us; /* 0: empty */
};

struct tb_rate {
    struct tb_rate_policy policy;
    int64_t window_us;
    int64_t step_us;      /* what one request costs */
    pthread_mutex_t lock; /* guards the entries */
    struct entry entries[TB_LIMIT_RATE_KEYS + PLACES_OF_A_KEY];
};

struct tb_rate *tb_rate_new(struct tb_rate_policy policy)
{
    TB_BUG_IF(policy.quota == 0 || policy.window_s == 0);
    struct tb_rate *rate = calloc(1, sizeof(*rate));
    if (rate == NULL)
        return NULL;
    rate->policy = policy;
    rate->window_us = (int64_t)policy.window_s * 1000000;
    rate->step_us = rate->window_us / policy.quota;
    pthread_mutex_init(&rate->lock, NULL);
    return rate;
}

void tb_rate_free(struct tb_rate *rate)
{
    if (rate == NULL)
        return;
    pthread_mutex_destroy(&rate->lock);
    free(rate);
}

struct tb_rate_policy tb_rate_policy_of(const struct tb_rate *rate)
{
    return rate->policy;
}

/* The key's entry, or the one it may have: the one that is even first. */
static struct entry *place_of(struct tb_rate *rate, const struct tb_rate_key *key)
{
    uint32_t hash;
    memcpy(&hash, key->bytes + TB_RATE_KEY_BYTES - sizeof(hash), sizeof(hash));
    struct entry *first = &rate->entries[hash % TB_LIMIT_RATE_KEYS];
    struct entry *best = first;
    for (struct entry *entry = first; entry < first + PLACES_OF_A_KEY; entry++) {
        if (entry->even_at_us != 0 && memcmp(&entry->key, key, sizeof(*key)) == 0)
            return entry;
        if (entry->even_at_us < best->even_at_us)
            best = entry;
    }
    return best;
}

static unsigned seconds_up(int64_t us)
{
    return us <= 0 ? 0 : (unsigned)((us + 999999) / 1000000);
}

static struct tb_rate_state state_of(const struct tb_rate *rate, int64_t ahead_us)
{
    int64_t room_us = rate->window_us - ahead_us;
    return (struct tb_rate_state){
        .remaining = room_us > 0 ? (unsigned)(room_us / rate->step_us) : 0,
        .reset_s = seconds_up(ahead_us),
        .retry_s = seconds_up(rate->step_us - room_us),
    };
}

static struct tb_rate_state visit(struct tb_rate *rate, const struct tb_rate_key *key,
                                  struct tb_msec now, bool counts)
{
    int64_t now_us = now.ms * 1000;
    pthread_mutex_lock(&rate->lock);
    struct entry *entry = place_of(rate, key);
    bool known = entry->even_at_us > now_us && memcmp(&entry->key, key, sizeof(*key)) == 0;
    int64_t ahead_us = known ? entry->even_at_us - now_us : 0;
    bool allowed = ahead_us + rate->step_us <= rate->window_us;
    if (allowed && counts) {
        ahead_us += rate->step_us;
        *entry = (struct entry){*key, now_us + ahead_us};
    }
    pthread_mutex_unlock(&rate->lock);
    struct tb_rate_state state = state_of(rate, ahead_us);
    state.allowed = allowed;
    if (allowed)
        state.retry_s = 0;
    return state;
}

struct tb_rate_state tb_rate_take(struct tb_rate *rate, const struct tb_rate_key *key,
                                  struct tb_msec now)
{
    return visit(rate, key, now, true);
}

struct tb_rate_state tb_rate_look(struct tb_rate *rate, const struct tb_rate_key *key,
                                  struct tb_msec now)
{
    return visit(rate, key, now, false);
}
