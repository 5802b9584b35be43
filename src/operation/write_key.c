/* Idempotency keys in flight, and those found in the database. */
#include "operation/write_lane.h"

#include "timebank/json.h"

static struct write **bucket_of(const struct write *write)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    const struct tb_str key = write->call->key;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 1099511628211u;
    return &write->lane->keys[hash % KEY_BUCKETS];
}

static struct tb_str actor_of(const struct tb_call *call)
{
    return call->actor != NULL ? tb_str_of(call->actor->user_id) : TB_STR("public");
}

static bool same_key(const struct tb_call *a, const struct tb_call *b)
{
    return a->district_id == b->district_id && tb_str_eq(a->key, b->key) &&
           tb_str_eq(actor_of(a), actor_of(b));
}

bool write_key_enter(struct write *write)
{
    struct write **bucket = bucket_of(write);
    for (struct write *holder = *bucket; holder != NULL; holder = holder->key_next) {
        if (!same_key(holder->call, write->call))
            continue;
        if (!tb_str_eq(holder->call->fingerprint, write->call->fingerprint)) {
            write_refuse(write, TB_STR("idempotency_key_reused"));
            return false;
        }
        write->state = WRITE_FOLLOWING;
        write->next = holder->followers;
        holder->followers = write;
        write->lane->waiting++;
        return false;
    }
    write->key_next = *bucket;
    *bucket = write;
    write->holds_key = true;
    return true;
}

struct write *write_key_leave(struct write *write)
{
    struct write **link = bucket_of(write);
    while (*link != write)
        link = &(*link)->key_next;
    *link = write->key_next;
    write->holds_key = false;
    struct write *followers = write->followers;
    write->followers = NULL;
    return followers;
}

static void sweep_followers(struct write *holder, struct tb_msec now)
{
    struct write **link = &holder->followers;
    while (*link != NULL) {
        struct write *follower = *link;
        if (follower->call->deadline.ms > now.ms) {
            link = &follower->next;
            continue;
        }
        *link = follower->next;
        follower->lane->waiting--;
        write_refuse(follower, TB_STR("idempotency_in_progress"));
    }
}

void write_key_sweep(struct tb_write_lane *lane, struct tb_msec now)
{
    for (size_t i = 0; i < KEY_BUCKETS; i++)
        for (struct write *holder = lane->keys[i]; holder != NULL; holder = holder->key_next)
            sweep_followers(holder, now);
}

/* ------------------------------------------------------------------ keys of before */

struct look_up {
    struct tb_db_job job;
    struct tb_db_step step;
    const char *values[3];
    struct write *write;
};

static json_t *column_json(const PGresult *rows, const char *name, struct tb_arena *arena)
{
    int index = PQfnumber(rows, name);
    if (index < 0 || PQgetisnull(rows, 0, index))
        return NULL;
    json_t *value = json_loads(PQgetvalue(rows, 0, index), JSON_DECODE_ANY, NULL);
    if (value == NULL || tb_json_defer(arena, value) != TB_OK)
        return NULL;
    return value;
}

/* False: the row is not what a committed transaction leaves. */
static bool replay(struct write *write, const PGresult *rows)
{
    struct tb_call *call = write->call;
    const char *operation = PQgetvalue(rows, 0, PQfnumber(rows, "operation"));
    const char *fingerprint = PQgetvalue(rows, 0, PQfnumber(rows, "fingerprint"));
    if (strcmp(operation, call->operation->id) != 0 || !tb_str_is(call->fingerprint, fingerprint)) {
        tb_call_refuse(call, TB_STR("idempotency_key_reused"), NULL);
        return true;
    }
    int code = PQfnumber(rows, "code");
    call->replayed = true;
    call->generated = TB_STR_NULL; /* what was shown once is not shown again */
    if (PQgetisnull(rows, 0, code)) {
        call->status = TB_CALL_DONE;
        call->replay = column_json(rows, "result", call->arena);
        return call->replay != NULL;
    }
    call->status = TB_CALL_REFUSED;
    call->code = tb_arena_str(call->arena, tb_str_of(PQgetvalue(rows, 0, code)));
    call->args = column_json(rows, "args", call->arena);
    return true;
}

static void on_looked_up(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct write *write = ((struct look_up *)job->context)->write;
    if (reply->outcome == TB_DB_DONE && PQntuples(reply->result) == 1) {
        write->is_stored = replay(write, reply->result);
        if (!write->is_stored)
            tb_call_refuse(write->call, TB_STR("internal_error"), NULL);
        write_answer(write);
    } else if (reply->outcome == TB_DB_DONE) {
        /* The transaction that had the key rolled back after all: do the work now. */
        write_run_single(write);
    } else if (reply->outcome == TB_DB_UNKNOWN && !write->lane->closing && write->attempts++ < 5) {
        write_key_look_up(write);
    } else {
        tb_call_refuse_reply(write->call, reply);
        write_answer(write);
    }
}

void write_key_look_up(struct write *write)
{
    struct tb_call *call = write->call;
    if (write->lane->closing) {
        write_refuse(write, TB_STR("database_unavailable"));
        return;
    }
    struct look_up *look_up = tb_arena_alloc(call->arena, sizeof(*look_up));
    char *district = tb_arena_printf(call->arena, "%d", call->district_id);
    char *key = tb_arena_copy(call->arena, call->key.ptr, call->key.len);
    struct tb_str actor = actor_of(call);
    if (look_up == NULL || district == NULL || key == NULL) {
        write_refuse(write, TB_STR("request_memory"));
        return;
    }
    write->state = WRITE_SINGLE;
    *look_up = (struct look_up){.values = {district, actor.ptr, key}, .write = write};
    look_up->step = (struct tb_db_step){&tb_engine.find_key, look_up->values};
    look_up->job = (struct tb_db_job){
        .steps = &look_up->step,
        .steps_count = 1,
        .deadline = call->deadline,
        .done = on_looked_up,
        .context = look_up,
    };
    tb_db_lane_submit(write->lane->contended, &look_up->job);
}
