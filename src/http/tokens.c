#include "http/tokens.h"

#include "http/request.h"

#include "timebank/limits.h"

#include <stdio.h>
#include <stdlib.h>

struct entry {
    struct tb_token_hash hash;
    struct tb_msec until; /* 0: empty */
    bool valid;
    struct tb_actor actor;
};

struct tb_tokens {
    struct entry entries[TB_LIMIT_TOKEN_CACHE_ENTRIES];
};

struct tb_tokens *tb_tokens_new(void)
{
    return calloc(1, sizeof(struct tb_tokens));
}

void tb_tokens_free(struct tb_tokens *tokens)
{
    free(tokens);
}

/* The hash is random already: its first bytes choose the place; a collision replaces. */
static struct entry *place_of(struct tb_tokens *tokens, const struct tb_token_hash *hash)
{
    uint32_t index;
    memcpy(&index, hash->bytes, sizeof(index));
    return &tokens->entries[index % TB_LIMIT_TOKEN_CACHE_ENTRIES];
}

static const struct entry *find(struct tb_tokens *tokens, const struct tb_token_hash *hash)
{
    const struct entry *entry = place_of(tokens, hash);
    bool fresh = entry->until.ms > tb_clock_monotonic().ms;
    return fresh && memcmp(&entry->hash, hash, sizeof(*hash)) == 0 ? entry : NULL;
}

static void refuse_token(struct tb_request *request, const char *code)
{
    tb_respond_problem(request, tb_str_of(code), NULL);
}

static bool admit(struct tb_request *request, const struct entry *entry)
{
    if (!entry->valid) {
        refuse_token(request, "token_invalid");
        return false;
    }
    request->actor = entry->actor;
    request->has_actor = true;
    return true;
}

/* ------------------------------------------------------------------ asking the database */

struct look_up {
    struct tb_db_job job;
    struct tb_db_step step;
    const char *values[2];
    struct tb_request *request;
    struct tb_token_hash hash;
    int district_id;
};

static const char *text_at(const PGresult *rows, const char *name)
{
    return PQgetvalue(rows, 0, PQfnumber(rows, name));
}

static int64_t number_at(const PGresult *rows, const char *name)
{
    int64_t value = 0;
    return tb_str_to_int64(tb_str_of(text_at(rows, name)), &value) ? value : 0;
}

static bool read_actor(const PGresult *rows, int district_id, struct tb_actor *ret_actor)
{
    *ret_actor = (struct tb_actor){
        .district_id = district_id,
        .scope_low = number_at(rows, "scope_low"),
        .scope_high = number_at(rows, "scope_high"),
    };
    (void)snprintf(ret_actor->user_id, sizeof(ret_actor->user_id), "%s", text_at(rows, "user_id"));
    (void)snprintf(ret_actor->person_id, sizeof(ret_actor->person_id), "%s",
                   text_at(rows, "person_id"));
    (void)snprintf(ret_actor->team_id, sizeof(ret_actor->team_id), "%s", text_at(rows, "team_id"));
    return tb_role_parse(tb_str_of(text_at(rows, "role")), &ret_actor->role) &&
           text_at(rows, "revoked")[0] == 'f' && text_at(rows, "expired")[0] != 't';
}

static void on_looked_up(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct look_up *look_up = job->context;
    struct tb_request *request = look_up->request;
    if (reply->outcome != TB_DB_DONE) {
        request->call.operation = request->operation;
        request->call.arena = request->arena;
        tb_call_refuse_reply(&request->call, reply);
        tb_respond_problem(request,
                           reply->outcome == TB_DB_UNKNOWN ? TB_STR("database_unavailable")
                                                           : request->call.code,
                           NULL);
        return;
    }
    struct entry *entry = place_of(request->worker->tokens, &look_up->hash);
    *entry = (struct entry){
        .hash = look_up->hash,
        .until = {tb_clock_monotonic().ms + TB_LIMIT_TOKEN_CACHE_MS},
    };
    entry->valid = PQntuples(reply->result) == 1 &&
                   read_actor(reply->result, look_up->district_id, &entry->actor);
    if (admit(request, entry))
        tb_request_continue(request);
}

static void ask(struct tb_request *request, struct tb_token_hash hash, int district_id)
{
    struct look_up *look_up = tb_arena_alloc(request->arena, sizeof(*look_up));
    char *district = tb_arena_printf(request->arena, "%d", district_id);
    struct tb_str hash_text = tb_token_hash_text(&hash, request->arena);
    if (look_up == NULL || district == NULL || hash_text.ptr == NULL) {
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
        return;
    }
    *look_up = (struct look_up){
        .values = {district, hash_text.ptr},
        .request = request,
        .hash = hash,
        .district_id = district_id,
    };
    look_up->step = (struct tb_db_step){&tb_engine.find_token, look_up->values};
    look_up->job = (struct tb_db_job){
        .steps = &look_up->step,
        .steps_count = 1,
        .deadline = request->deadline,
        .done = on_looked_up,
        .context = look_up,
    };
    tb_request_suspend(request);
    tb_db_lane_submit(request->worker->lanes.read, &look_up->job);
}

bool tb_request_authenticate(struct tb_request *request)
{
    if (request->operation->is_public)
        return true;
    struct tb_str header = tb_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    if (header.ptr == NULL) {
        refuse_token(request, "token_missing");
        return false;
    }
    struct tb_str scheme = TB_STR("Bearer ");
    struct tb_str text = {header.ptr + scheme.len, header.len - scheme.len};
    int district_id;
    if (header.len < scheme.len ||
        !tb_str_eq_nocase((struct tb_str){header.ptr, scheme.len}, scheme) ||
        tb_token_parse(text, &district_id) != TB_OK) {
        refuse_token(request, "token_invalid");
        return false;
    }
    struct tb_token_hash hash = tb_token_hash(text);
    const struct entry *known = find(request->worker->tokens, &hash);
    if (known != NULL)
        return admit(request, known);
    ask(request, hash, district_id);
    return false;
}
