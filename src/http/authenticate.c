/* Who calls, and whether he may: the token of the Authorization header, its rate, role and scope.
 */
#include "http/request.h"

#include "http/tokens.h"

#include "message/credentials.h"
#include "timebank/limits.h"

#include <netinet/in.h>

/* ------------------------------------------------------------------ rates */

static void refuse_rate(struct tb_request *request, const struct tb_rate *rate,
                        struct tb_rate_state state)
{
    struct tb_rate_policy policy = tb_rate_policy_of(rate);
    request->retry_after_s = state.retry_s > 0 ? state.retry_s : 1;
    tb_respond_problem(
        request, TB_STR("rate_limited"),
        json_pack("{s:i,s:i}", "quota", (int)policy.quota, "window_s", (int)policy.window_s));
}

static struct tb_rate_key key_of_token(const struct tb_token_hash *hash)
{
    struct tb_rate_key key;
    memcpy(key.bytes, hash->bytes, sizeof(key.bytes));
    return key;
}

/* An IPv4 address, or the /64 network of an IPv6 one, scattered by a hash. */
static struct tb_rate_key key_of_address(const struct tb_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    struct tb_rate_key key;
    struct tb_str text = TB_STR("");
    if (address != NULL && address->sa_family == AF_INET)
        text = (struct tb_str){(const char *)&((const struct sockaddr_in *)address)->sin_addr, 4};
    else if (address != NULL && address->sa_family == AF_INET6)
        text = (struct tb_str){(const char *)&((const struct sockaddr_in6 *)address)->sin6_addr, 8};
    struct tb_token_hash hash = tb_token_hash(text);
    memcpy(key.bytes, hash.bytes, sizeof(key.bytes));
    return key;
}

/* False: it has answered. */
static bool count_request(struct tb_request *request, const struct tb_token_hash *hash)
{
    struct tb_rate *rate = request->worker->app->rate;
    if (rate == NULL)
        return true;
    struct tb_rate_key key = key_of_token(hash);
    request->rate = tb_rate_take(rate, &key, tb_clock_monotonic());
    request->is_rated = true;
    if (!request->rate.allowed)
        refuse_rate(request, rate, request->rate);
    return request->rate.allowed;
}

/* Who needs no token is counted by his address; what he writes, with a quota of its own. False: it
 * has answered. What C answers by itself (health, the contract) is not counted. */
static bool count_stranger(struct tb_request *request)
{
    const struct tb_app *app = request->worker->app;
    bool writes = request->operation->lane == TB_LANE_WRITE;
    struct tb_rate *rate = writes ? app->stranger_writes : app->rate;
    if (rate == NULL || request->operation->lane == TB_LANE_NONE)
        return true;
    struct tb_rate_key key = key_of_address(request);
    struct tb_rate_state state = tb_rate_take(rate, &key, tb_clock_monotonic());
    if (!writes) {
        request->rate = state;
        request->is_rated = true;
    }
    if (!state.allowed)
        refuse_rate(request, rate, state);
    return state.allowed;
}

/* Whoever presented too many tokens in vain waits before another one is looked up. False: it has
 * answered. */
static bool may_look_up(struct tb_request *request)
{
    struct tb_rate *failures = request->worker->app->failures;
    if (failures == NULL)
        return true;
    struct tb_rate_key key = key_of_address(request);
    struct tb_rate_state state = tb_rate_look(failures, &key, tb_clock_monotonic());
    if (!state.allowed)
        refuse_rate(request, failures, state);
    return state.allowed;
}

static void refuse_token(struct tb_request *request)
{
    struct tb_rate *failures = request->worker->app->failures;
    struct tb_rate_key key = key_of_address(request);
    if (failures != NULL)
        (void)tb_rate_take(failures, &key, tb_clock_monotonic());
    tb_respond_problem(request, TB_STR("token_invalid"), NULL);
}

/* ------------------------------------------------------------------ asking the database */

struct look_up {
    struct tb_db_job job;
    struct tb_db_step step;
    const char *values[2];
    struct tb_request *request;
    struct tb_token_hash hash;
    int district_id;
    unsigned generation;
};

static void refuse_look_up(struct tb_request *request, const struct tb_db_reply *reply)
{
    request->call.operation = request->operation;
    request->call.arena = request->arena;
    tb_call_refuse_reply(&request->call, reply);
    bool unknown = reply->outcome == TB_DB_UNKNOWN;
    tb_respond_problem(request, unknown ? TB_STR("database_unavailable") : request->call.code,
                       NULL);
}

static void on_looked_up(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct look_up *look_up = job->context;
    struct tb_request *request = look_up->request;
    tb_request_wake(request);
    if (reply->outcome != TB_DB_DONE) {
        refuse_look_up(request, reply);
        return;
    }
    request->has_actor =
        tb_tokens_learn(request->worker->tokens, &look_up->hash, look_up->district_id,
                        look_up->generation, reply->result, &request->actor);
    if (!request->has_actor)
        refuse_token(request);
    else if (count_request(request, &look_up->hash))
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
        .generation = tb_tokens_generation(request->worker->tokens),
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

/* ------------------------------------------------------------------ the step */

static bool find_actor(struct tb_request *request, struct tb_token_hash hash, int district_id)
{
    switch (tb_tokens_find(request->worker->tokens, &hash, &request->actor)) {
    case TB_TOKEN_GOOD:
        request->has_actor = true;
        return count_request(request, &hash);
    case TB_TOKEN_BAD:
        if (may_look_up(request))
            refuse_token(request);
        return false;
    case TB_TOKEN_UNKNOWN:
        if (!may_look_up(request))
            return false;
        break;
    case TB_TOKEN_STALE:
        break;
    }
    ask(request, hash, district_id);
    return false;
}

bool tb_request_authenticate(struct tb_request *request)
{
    if (request->operation->is_public)
        return count_stranger(request);
    struct tb_str header = tb_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    if (header.ptr == NULL) {
        tb_respond_problem(request, TB_STR("token_missing"), NULL);
        return false;
    }
    int district_id;
    struct tb_str text =
        tb_credentials_token(header, request->operation->accepts_basic, request->arena);
    if (text.ptr == NULL || tb_token_parse(text, &district_id) != TB_OK) {
        tb_respond_problem(request, TB_STR("token_invalid"), NULL);
        return false;
    }
    return find_actor(request, tb_token_hash(text), district_id);
}

static json_t *role_list(uint32_t roles)
{
    struct tb_buf list;
    tb_buf_init(&list, 512);
    for (int role = 0; role < TB_ROLE_COUNT; role++)
        if (roles & (1u << role))
            tb_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "",
                          tb_role_name((enum tb_role)role));
    json_t *args = json_pack("{s:s%}", "roles", list.data != NULL ? list.data : "", list.len);
    tb_buf_fini(&list);
    return args;
}

bool tb_request_authorize(struct tb_request *request)
{
    const struct tb_operation *operation = request->operation;
    if (!request->has_actor)
        return true;
    if ((operation->roles & (1u << request->actor.role)) == 0) {
        tb_respond_problem(request, TB_STR("role_not_allowed"), role_list(operation->roles));
        return false;
    }
    if ((operation->permits & request->actor.permits) == 0) {
        const char *wanted = operation->permits & TB_PERMIT_WRITE ? "write" : "read";
        request->scope_wanted = wanted;
        tb_respond_problem(request, TB_STR("scope_insufficient"),
                           json_pack("{s:s}", "scope", wanted));
        return false;
    }
    return true;
}
