/* The JSON object that a write's SQL file gets for one request. */
#include "timebank/call.h"

#include "timebank/buf.h"
#include "timebank/json.h"
#include "timebank/limits.h"
#include "timebank/uuid.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUEST_MAX_BYTES (2 * TB_LIMIT_BODY_BYTES)

static void add_name(struct tb_buf *out, struct tb_str name)
{
    if (out->len > 0)
        tb_buf_add_char(out, ',');
    tb_buf_add_json_string(out, name);
    tb_buf_add_char(out, ':');
}

/* Absent texts are left out: jsonb_to_recordset then gives null. */
static void add_text(struct tb_buf *out, const char *name, struct tb_str value)
{
    if (value.ptr == NULL || value.len == 0)
        return;
    add_name(out, tb_str_of(name));
    tb_buf_add_json_string(out, value);
}

static void add_number(struct tb_buf *out, const char *name, int64_t value)
{
    add_name(out, tb_str_of(name));
    tb_buf_printf(out, "%lld", (long long)value);
}

static void add_json(struct tb_buf *out, struct tb_str name, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL) {
        out->overflow = true;
        return;
    }
    add_name(out, name);
    tb_buf_add_text(out, text);
    free(text);
}

static void add_actor(struct tb_buf *out, const struct tb_actor *actor)
{
    bool self = actor->role == TB_ROLE_VOLUNTEER || actor->role == TB_ROLE_RESIDENT;
    bool leader = actor->role == TB_ROLE_TEAM_LEADER;
    add_text(out, "actor_user", tb_str_of(actor->user_id));
    add_text(out, "actor_person", tb_str_of(actor->person_id));
    add_text(out, "actor_role", tb_str_of(tb_role_name(actor->role)));
    add_text(out, "actor_team", tb_str_of(actor->team_id));
    add_text(out, "self_person", self ? tb_str_of(actor->person_id) : TB_STR_NULL);
    add_text(out, "own_team", leader ? tb_str_of(actor->team_id) : TB_STR_NULL);
    add_number(out, "scope_low", actor->scope_low);
    add_number(out, "scope_high", actor->scope_high);
}

static void add_context(struct tb_buf *out, const struct tb_call *call)
{
    char id[TB_UUID_TEXT_BYTES];
    add_text(out, "actor", call->actor ? tb_str_of(call->actor->user_id) : TB_STR("public"));
    add_text(out, "key", call->key);
    add_text(out, "fingerprint", call->fingerprint);
    add_text(out, "request_id", call->request_id);
    add_text(out, "at", tb_str_of(call->at));
    tb_uuid_v7(id);
    add_text(out, "new_id", tb_str_of(id));
    tb_uuid_v7(id);
    add_text(out, "new_id_2", tb_str_of(id));
    if (call->if_match >= 0)
        add_number(out, "if_match", call->if_match);
    if (call->file_sha256.ptr != NULL) {
        add_text(out, "file_sha256", call->file_sha256);
        add_text(out, "file_type", call->file_type);
        add_number(out, "file_bytes", call->file_bytes);
    }
    if (call->actor != NULL)
        add_actor(out, call->actor);
}

static struct tb_str district_text(const struct tb_call *call)
{
    return tb_str_of(tb_arena_printf(call->arena, "%d", call->district_id));
}

/* What a one-time code is bound to: the first path parameter, the record's id. */
static struct tb_str code_context(const struct tb_call *call)
{
    return call->operation->parameters_count > 0 ? call->parameters[0] : TB_STR("");
}

static void generate_token(struct tb_buf *out, struct tb_call *call)
{
    call->generated = tb_token_make(call->district_id, call->arena);
    if (call->generated.ptr == NULL) {
        out->overflow = true;
        return;
    }
    struct tb_token_hash hash = tb_token_hash(call->generated);
    add_text(out, "generated_hash", tb_token_hash_text(&hash, call->arena));
    add_text(out, "generated_prefix", (struct tb_str){call->generated.ptr, TB_TOKEN_PREFIX_BYTES});
}

/* The code itself goes into the sealed message only. */
static void generate_code(struct tb_buf *out, const struct tb_seal *seal, struct tb_call *call)
{
    char code[8];
    (void)snprintf(code, sizeof(code), "%06u", randombytes_uniform(1000000));
    char *text = tb_arena_printf(call->arena, "志愿服务签字验证码 %s,24 小时内有效。", code);
    add_text(out, "generated_hash",
             tb_seal_lookup(seal, TB_STR("one_time_code"), code_context(call), tb_str_of(code),
                            call->arena));
    add_text(out, "generated_sealed",
             tb_seal_value(seal, TB_STR("message"), tb_str_of(text), call->arena));
}

/* Look-ups of one district never match those of another. */
static void add_sealed(struct tb_buf *out, const struct tb_seal *seal, const struct tb_call *call,
                       struct tb_str name, struct tb_str kind, struct tb_str value)
{
    char *sealed = tb_arena_printf(call->arena, "%.*s_sealed", TB_STR_ARG(name));
    char *lookup = tb_arena_printf(call->arena, "%.*s_lookup", TB_STR_ARG(name));
    if (sealed == NULL || lookup == NULL) {
        out->overflow = true;
        return;
    }
    add_text(out, sealed, tb_seal_value(seal, kind, value, call->arena));
    add_text(out, lookup, tb_seal_lookup(seal, kind, district_text(call), value, call->arena));
}

/* True when the member was one that must not reach SQL as it is. */
static bool add_secret_member(struct tb_buf *out, const struct tb_seal *seal,
                              const struct tb_call *call, struct tb_str name, const json_t *value)
{
    struct tb_schema_property property;
    if (!tb_schema_find_property(call->operation->body, name, &property))
        return false;
    const json_t *sealed = tb_schema_keyword(property.schema, "x-sealed");
    const json_t *lookup = tb_schema_keyword(property.schema, "x-lookup");
    if (sealed == NULL && lookup == NULL)
        return false;
    if (!json_is_string(value))
        return true; /* null: neither ciphertext nor look-up */
    if (sealed != NULL) {
        add_sealed(out, seal, call, name, tb_json_str(sealed), tb_json_str(value));
    } else {
        char *field = tb_arena_printf(call->arena, "%.*s_lookup", TB_STR_ARG(name));
        add_text(out, field != NULL ? field : "",
                 tb_seal_lookup(seal, tb_json_str(lookup), code_context(call), tb_json_str(value),
                                call->arena));
    }
    return true;
}

/* The members one by one; then `body`, in which a secret is only told to be there (true). */
static void add_body(struct tb_buf *out, const struct tb_seal *seal, const struct tb_call *call)
{
    json_t *shown = call->operation->program->wants_body ? json_copy(call->body) : NULL;
    const char *key;
    json_t *value;
    json_object_foreach(call->body, key, value)
    {
        struct tb_str name = tb_str_of(key);
        if (!add_secret_member(out, seal, call, name, value))
            add_json(out, name, value);
        else if (shown != NULL && !json_is_null(value))
            json_object_set_new(shown, key, json_true());
    }
    if (shown != NULL)
        add_json(out, TB_STR("body"), shown);
    json_decref(shown);
}

struct tb_str tb_write_request(const struct tb_seal *seal, struct tb_call *call)
{
    struct tb_buf out;
    tb_buf_init(&out, REQUEST_MAX_BYTES);
    add_context(&out, call);
    const struct tb_operation *operation = call->operation;
    for (size_t i = 0; i < operation->parameters_count; i++) {
        if (call->parameters[i].ptr == NULL)
            continue;
        add_name(&out, operation->parameters[i].name);
        tb_buf_add_json_string(&out, call->parameters[i]);
    }
    if (operation->generate == TB_GENERATE_TOKEN)
        generate_token(&out, call);
    else if (operation->generate == TB_GENERATE_ONE_TIME_CODE)
        generate_code(&out, seal, call);
    if (call->body != NULL)
        add_body(&out, seal, call);
    tb_buf_add_char(&out, '}');
    struct tb_str text = out.overflow ? TB_STR_NULL : tb_arena_str(call->arena, tb_buf_str(&out));
    tb_buf_fini(&out);
    return text;
}
