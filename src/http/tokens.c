#include "http/tokens.h"

#include "timebank/buf.h"
#include "timebank/limits.h"

#include <stdio.h>
#include <stdlib.h>

#define TOUCHED_MAX 256 /* tokens whose use is written down at a time */
#define TOUCH_TEXT_BYTES (TOUCHED_MAX * (2 * TB_TOKEN_HASH_BYTES + 32))

struct entry {
    struct tb_token_hash hash;
    struct tb_msec learnt;  /* 0: empty */
    struct tb_msec expires; /* monotonic; INT64_MAX: never */
    struct tb_msec used;    /* wall clock; 0: not since it was last written down */
    unsigned generation;
    bool is_good;
    struct tb_actor actor;
};

/* The statement that writes uses down, while it is under way. */
struct touch {
    struct tb_db_job job;
    struct tb_db_step step;
    const char *values[3];
    struct tb_buf districts;
    struct tb_buf hashes;
    struct tb_buf times;
    bool under_way;
};

struct tb_tokens {
    struct tb_db_lane *lane;
    uv_timer_t timer;
    unsigned generation; /* of belief: what was learnt in an earlier one is stale */
    size_t touched_to;   /* entries before it have been looked at in this round */
    struct touch touch;
    void (*closed)(void *context);
    void *closed_context;
    int closing; /* of lane and timer: those still open */
    struct entry entries[TB_LIMIT_TOKEN_CACHE_ENTRIES];
};

/* The hash is random already: its first bytes choose the place; a collision replaces. */
static struct entry *place_of(struct tb_tokens *tokens, const struct tb_token_hash *hash)
{
    uint32_t index;
    memcpy(&index, hash->bytes, sizeof(index));
    return &tokens->entries[index % TB_LIMIT_TOKEN_CACHE_ENTRIES];
}

static bool is_fresh(const struct tb_tokens *tokens, const struct entry *entry, struct tb_msec now)
{
    bool listens = tb_db_lane_connected(tokens->lane) > 0;
    int64_t trust_ms =
        listens && entry->is_good ? TB_LIMIT_TOKEN_TRUST_MS : TB_LIMIT_TOKEN_CACHE_MS;
    return entry->generation == tokens->generation && now.ms < entry->expires.ms &&
           now.ms - entry->learnt.ms < trust_ms;
}

enum tb_token_belief tb_tokens_find(struct tb_tokens *tokens, const struct tb_token_hash *hash,
                                    struct tb_actor *ret_actor)
{
    struct entry *entry = place_of(tokens, hash);
    struct tb_msec now = tb_clock_monotonic();
    if (entry->learnt.ms == 0 || memcmp(&entry->hash, hash, sizeof(*hash)) != 0)
        return TB_TOKEN_UNKNOWN;
    if (!is_fresh(tokens, entry, now))
        return entry->is_good ? TB_TOKEN_STALE : TB_TOKEN_UNKNOWN;
    if (!entry->is_good)
        return TB_TOKEN_BAD;
    entry->used = tb_clock_wall();
    *ret_actor = entry->actor;
    return TB_TOKEN_GOOD;
}

unsigned tb_tokens_generation(const struct tb_tokens *tokens)
{
    return tokens->generation;
}

/* ------------------------------------------------------------------ learning */

static const char *text_at(const PGresult *rows, const char *name)
{
    return PQgetvalue(rows, 0, PQfnumber(rows, name));
}

static bool is_true_at(const PGresult *rows, const char *name)
{
    return text_at(rows, name)[0] == 't';
}

static int64_t number_at(const PGresult *rows, const char *name, int64_t fallback)
{
    int64_t value;
    return tb_str_to_int64(tb_str_of(text_at(rows, name)), &value) ? value : fallback;
}

static void copy_text(char *to, size_t bytes, const PGresult *rows, const char *name)
{
    (void)snprintf(to, bytes, "%s", text_at(rows, name));
}

static bool read_actor(const PGresult *rows, int district_id, struct tb_actor *ret_actor)
{
    *ret_actor = (struct tb_actor){
        .district_id = district_id,
        .scope_low = number_at(rows, "scope_low", 0),
        .scope_high = number_at(rows, "scope_high", 0),
        .permits = (is_true_at(rows, "reads") ? TB_PERMIT_READ : 0) |
                   (is_true_at(rows, "writes") ? TB_PERMIT_WRITE : 0) |
                   (is_true_at(rows, "reports") ? TB_PERMIT_REPORTS : 0),
    };
    copy_text(ret_actor->token_id, sizeof(ret_actor->token_id), rows, "token_id");
    copy_text(ret_actor->user_id, sizeof(ret_actor->user_id), rows, "user_id");
    copy_text(ret_actor->person_id, sizeof(ret_actor->person_id), rows, "person_id");
    copy_text(ret_actor->team_id, sizeof(ret_actor->team_id), rows, "team_id");
    return tb_role_parse(tb_str_of(text_at(rows, "role")), &ret_actor->role) &&
           !is_true_at(rows, "revoked") && !is_true_at(rows, "expired");
}

bool tb_tokens_learn(struct tb_tokens *tokens, const struct tb_token_hash *hash, int district_id,
                     unsigned generation, const PGresult *rows, struct tb_actor *ret_actor)
{
    struct entry *entry = place_of(tokens, hash);
    struct tb_msec now = tb_clock_monotonic();
    *entry = (struct entry){
        .hash = *hash,
        .learnt = now,
        .expires = {INT64_MAX},
        .generation = generation,
    };
    if (PQntuples(rows) == 1) {
        entry->is_good = read_actor(rows, district_id, &entry->actor);
        entry->expires.ms = number_at(rows, "expires_in_ms", INT64_MAX - now.ms) + now.ms;
    }
    if (!entry->is_good)
        return false;
    entry->used = tb_clock_wall();
    *ret_actor = entry->actor;
    return true;
}

static void on_notify(void *context)
{
    struct tb_tokens *tokens = context;
    tokens->generation++;
}

/* ------------------------------------------------------------------ writing down */

static void on_touched(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct tb_tokens *tokens = job->context;
    (void)reply; /* a use that could not be written down is written down with the next one */
    tb_buf_fini(&tokens->touch.districts);
    tb_buf_fini(&tokens->touch.hashes);
    tb_buf_fini(&tokens->touch.times);
    tokens->touch.under_way = false;
}

static void add_use(struct touch *touch, const struct entry *entry)
{
    const char *comma = touch->districts.len > 1 ? "," : "";
    tb_buf_printf(&touch->districts, "%s%d", comma, entry->actor.district_id);
    tb_buf_printf(&touch->hashes, "%s\"\\\\x", comma);
    for (size_t i = 0; i < TB_TOKEN_HASH_BYTES; i++)
        tb_buf_printf(&touch->hashes, "%02x", entry->hash.bytes[i]);
    tb_buf_add_char(&touch->hashes, '"');
    time_t seconds = (time_t)(entry->used.ms / 1000);
    struct tm utc;
    char text[32];
    gmtime_r(&seconds, &utc);
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S+00", &utc);
    tb_buf_printf(&touch->times, "%s\"%s\"", comma, text);
}

/* Goes on where the last round stopped, so that all entries have their turn. */
static unsigned gather_uses(struct tb_tokens *tokens)
{
    unsigned count = 0;
    for (size_t i = 0; i < TB_LIMIT_TOKEN_CACHE_ENTRIES && count < TOUCHED_MAX; i++) {
        struct entry *entry = &tokens->entries[tokens->touched_to];
        tokens->touched_to = (tokens->touched_to + 1) % TB_LIMIT_TOKEN_CACHE_ENTRIES;
        if (!entry->is_good || entry->used.ms == 0)
            continue;
        add_use(&tokens->touch, entry);
        entry->used.ms = 0;
        count++;
    }
    return count;
}

static void begin_array(struct tb_buf *array)
{
    tb_buf_init(array, TOUCH_TEXT_BYTES);
    tb_buf_add_char(array, '{');
}

static const char *end_array(struct tb_buf *array)
{
    tb_buf_add(array, "}", 2); /* with its end */
    return array->data;
}

static void on_touch_timer(uv_timer_t *timer)
{
    struct tb_tokens *tokens = timer->data;
    struct touch *touch = &tokens->touch;
    if (touch->under_way)
        return;
    touch->under_way = true;
    begin_array(&touch->districts);
    begin_array(&touch->hashes);
    begin_array(&touch->times);
    unsigned count = gather_uses(tokens);
    touch->values[0] = end_array(&touch->districts);
    touch->values[1] = end_array(&touch->hashes);
    touch->values[2] = end_array(&touch->times);
    touch->step = (struct tb_db_step){&tb_engine.touch_tokens, touch->values};
    touch->job = (struct tb_db_job){
        .steps = &touch->step,
        .steps_count = 1,
        .deadline = {tb_clock_monotonic().ms + TB_LIMIT_TOKEN_TOUCH_MS},
        .done = on_touched,
        .context = tokens,
    };
    bool whole = !touch->districts.overflow && !touch->hashes.overflow && !touch->times.overflow;
    if (count > 0 && whole)
        tb_db_lane_submit(tokens->lane, &touch->job);
    else
        on_touched(&touch->job, NULL);
}

/* ------------------------------------------------------------------ life */

static enum tb_err open_lane(struct tb_tokens *tokens, const struct tb_tokens_settings *settings)
{
    char session_sql[256];
    (void)snprintf(session_sql, sizeof(session_sql),
                   "SET ROLE timebank_service; SET statement_timeout = %d; "
                   "SET lock_timeout = %d; LISTEN timebank_tokens",
                   TB_LIMIT_WRITE_STATEMENT_MS, TB_LIMIT_LOCK_WAIT_MS);
    enum tb_err err = tb_db_lane_new(settings->loop,
                                     &(struct tb_db_lane_settings){
                                         .name = "tokens",
                                         .conninfo = settings->conninfo,
                                         .session_sql = session_sql,
                                         .statement_ms = TB_LIMIT_WRITE_STATEMENT_MS,
                                         .connections = 1,
                                         .depth_max = 1,
                                         .queue_max = 1,
                                     },
                                     &tokens->lane);
    if (err == TB_OK)
        tb_db_lane_on_notify(tokens->lane, on_notify, tokens);
    return err;
}

enum tb_err tb_tokens_new(const struct tb_tokens_settings *settings, struct tb_tokens **ret_tokens)
{
    struct tb_tokens *tokens = calloc(1, sizeof(*tokens));
    if (tokens == NULL)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = open_lane(tokens, settings);
    if (err != TB_OK) {
        free(tokens);
        return err;
    }
    uv_timer_init(settings->loop, &tokens->timer);
    tokens->timer.data = tokens;
    uv_timer_start(&tokens->timer, on_touch_timer, TB_LIMIT_TOKEN_TOUCH_MS,
                   TB_LIMIT_TOKEN_TOUCH_MS);
    *ret_tokens = tokens;
    return TB_OK;
}

static void on_part_closed(void *context)
{
    struct tb_tokens *tokens = context;
    if (--tokens->closing == 0)
        tokens->closed(tokens->closed_context);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

void tb_tokens_close(struct tb_tokens *tokens, void (*closed)(void *context), void *context)
{
    tokens->closed = closed;
    tokens->closed_context = context;
    tokens->closing = 2;
    uv_close((uv_handle_t *)&tokens->timer, on_timer_closed);
    tb_db_lane_close(tokens->lane, on_part_closed, tokens);
}

void tb_tokens_free(struct tb_tokens *tokens)
{
    free(tokens);
}
