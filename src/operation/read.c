/* Reads: bind, one statement, one result. */
#include "operation/read.h"

#include "timebank/json.h"

#include <stdlib.h>

static struct tb_str body_text(const struct tb_call *call, struct tb_str name)
{
    const json_t *value = json_object_getn(call->body, name.ptr, name.len);
    if (value == NULL || json_is_null(value))
        return TB_STR_NULL;
    if (json_is_string(value))
        return tb_json_str(value);
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    struct tb_str copy = text != NULL ? tb_arena_str(call->arena, tb_str_of(text)) : TB_STR_NULL;
    free(text);
    return copy;
}

static struct tb_str lookup_of(const struct tb_seal *seal, const struct tb_call *call,
                               const struct tb_schema *schema, struct tb_str value)
{
    if (value.ptr == NULL)
        return TB_STR_NULL;
    char *district = tb_arena_printf(call->arena, "%d", call->district_id);
    return tb_seal_lookup(seal, tb_json_str(tb_schema_keyword(schema, "x-sealed")),
                          tb_str_of(district), value, call->arena);
}

static struct tb_str body_lookup(const struct tb_seal *seal, const struct tb_call *call,
                                 struct tb_str name)
{
    struct tb_schema_property property;
    if (!tb_schema_find_property(call->operation->body, name, &property))
        return TB_STR_NULL;
    return lookup_of(seal, call, property.schema, body_text(call, name));
}

static struct tb_str actor_value(const struct tb_call *call, enum tb_source source)
{
    const struct tb_actor *actor = call->actor;
    if (actor == NULL)
        return TB_STR_NULL;
    bool self = actor->role == TB_ROLE_VOLUNTEER || actor->role == TB_ROLE_RESIDENT;
    if (source == TB_SOURCE_SCOPE_LOW)
        return tb_str_of(tb_arena_printf(call->arena, "%lld", (long long)actor->scope_low));
    if (source == TB_SOURCE_SCOPE_HIGH)
        return tb_str_of(tb_arena_printf(call->arena, "%lld", (long long)actor->scope_high));
    if (source == TB_SOURCE_ACTOR_ROLE)
        return tb_str_of(tb_role_name(actor->role));
    if (source == TB_SOURCE_ACTOR_PERSON || (source == TB_SOURCE_SELF_PERSON && self))
        return tb_str_of(actor->person_id);
    if (source == TB_SOURCE_ACTOR_USER)
        return tb_str_of(actor->user_id);
    if (source == TB_SOURCE_ACTOR_TOKEN)
        return tb_str_of(actor->token_id);
    if (source == TB_SOURCE_OWN_TEAM && actor->role == TB_ROLE_TEAM_LEADER)
        return tb_str_of(actor->team_id);
    return TB_STR_NULL;
}

static struct tb_str value_of(const struct tb_seal *seal, const struct tb_call *call,
                              const struct tb_binding *binding)
{
    switch (binding->source) {
    case TB_SOURCE_DISTRICT:
        return tb_str_of(tb_arena_printf(call->arena, "%d", call->district_id));
    case TB_SOURCE_SCOPE_LOW:
    case TB_SOURCE_SCOPE_HIGH:
    case TB_SOURCE_SELF_PERSON:
    case TB_SOURCE_OWN_TEAM:
    case TB_SOURCE_ACTOR_ROLE:
    case TB_SOURCE_ACTOR_PERSON:
    case TB_SOURCE_ACTOR_USER:
    case TB_SOURCE_ACTOR_TOKEN:
        return actor_value(call, binding->source);
    case TB_SOURCE_PARAMETER:
        return call->parameters[binding->index];
    case TB_SOURCE_PARAMETER_LOOKUP:
        return lookup_of(seal, call, call->operation->parameters[binding->index].schema,
                         call->parameters[binding->index]);
    case TB_SOURCE_BODY:
        return body_text(call, binding->name);
    case TB_SOURCE_BODY_LOOKUP:
        return body_lookup(seal, call, binding->name);
    case TB_SOURCE_LIMIT:
        return tb_str_of(tb_arena_printf(call->arena, "%lld", (long long)call->limit + 1));
    case TB_SOURCE_CURSOR:
        return call->cursor[binding->index];
    case TB_SOURCE_BATCH:
    case TB_SOURCE_REQUESTS:
    case TB_SOURCE_OPERATION:
    case TB_SOURCE_EVENT:
    case TB_SOURCE_CONTRACT_VERSION:
        break;
    }
    TB_BUG_IF(true);
}

static const struct tb_program_step *choose_step(const struct tb_call *call)
{
    const struct tb_program *program = call->operation->program;
    if (program->lists == NULL)
        return &program->steps[0];
    const struct tb_program_list *list = &program->lists[call->sort];
    if (call->cursor != NULL)
        return call->count ? &list->after_count : &list->after;
    return call->count ? &list->first_count : &list->first;
}

/* libpq wants terminated texts; a value may point into something longer. */
static const char *terminated(const struct tb_call *call, struct tb_str value)
{
    return value.ptr == NULL ? NULL : tb_arena_copy(call->arena, value.ptr, value.len);
}

void read_submit_alone(struct tb_read *read)
{
    struct tb_db_lane *lane =
        read->call->operation->lane == TB_LANE_PAGE ? read->lanes->page : read->lanes->read;
    tb_db_lane_submit(lane, &read->job);
}

void read_lack_memory(struct tb_call *call)
{
    tb_call_refuse(call, TB_STR("request_memory"), NULL);
    call->done(call);
}

void read_take(struct tb_read *read, struct tb_shared_result *shared, int row)
{
    struct tb_call *call = read->call;
    call->result = tb_shared_result_hold(shared);
    call->row = row;
    call->done(call);
}

void read_fail(struct tb_read *read, const struct tb_db_reply *reply, unsigned count)
{
    struct tb_call *call = read->call;
    bool died = reply->outcome == TB_DB_UNKNOWN && !read->retried;
    if (died || (reply->outcome == TB_DB_FAILED && count > 1)) {
        read->retried = read->retried || died; /* it died with its connection: simply asked again */
        read_submit_alone(read);
        return;
    }
    if (reply->outcome == TB_DB_UNKNOWN)
        tb_call_refuse(call, TB_STR("database_unavailable"), NULL);
    else
        tb_call_refuse_reply(call, reply);
    call->done(call);
}

static void on_done(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct tb_read *read = job->context;
    if (reply->outcome != TB_DB_DONE) {
        read_fail(read, reply, 1);
        return;
    }
    struct tb_shared_result *shared = tb_shared_result_new(reply->result);
    if (shared == NULL) {
        read_lack_memory(read->call);
        return;
    }
    reply->result = NULL; /* it is the call's now */
    read_take(read, shared, PQntuples(tb_shared_result_rows(shared)) > 0 ? 0 : -1);
    tb_shared_result_release(shared);
}

void tb_read_submit(struct tb_read_lanes *lanes, struct tb_call *call)
{
    const struct tb_program_step *step = choose_step(call);
    size_t count = (size_t)step->statement.params_count;
    struct tb_read *read = tb_arena_alloc(call->arena, sizeof(*read));
    const char **values = tb_arena_alloc(call->arena, (count + 1) * sizeof(*values));
    for (size_t i = 0; values != NULL && i < count; i++)
        values[i] = terminated(call, value_of(lanes->seal, call, &step->bindings[i]));
    if (read == NULL || values == NULL || tb_arena_overflowed(call->arena)) {
        read_lack_memory(call);
        return;
    }
    *read = (struct tb_read){
        .step = {&step->statement, values},
        .call = call,
        .lanes = lanes,
    };
    read->job = (struct tb_db_job){
        .steps = &read->step,
        .steps_count = 1,
        .deadline = call->deadline,
        .done = on_done,
        .context = read,
    };
    read_gather(read);
}
