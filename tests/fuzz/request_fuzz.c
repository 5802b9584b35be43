/* What a write's SQL gets of a request: two bytes choose the operation, a body follows and, behind
 * a NUL, the text of its path parameters. No body may reach a member that is not its own. */
#include "fuzz.h"

#include "timebank/call.h"
#include "timebank/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define USER "018f3a5e-7c1d-7000-8000-000000000001"
#define PERSON "018f3a5e-7c1d-7000-8000-000000000002"
#define AT "2014-05-15T09:30:00+08:00"

static struct write {
    const struct tb_operation *operation;
    uint16_t hash;
} * writes;
static size_t writes_count;
static struct tb_seal *seal;

static void open_seal(void)
{
    struct tb_error_text error;
    char path[32];
    int file = memfd_create("key", 0);
    DEMAND(file >= 0);
    for (int i = 0; i < 64; i++)
        DEMAND(write(file, "7", 1) == 1);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    DEMAND(tb_seal_open(path, &seal, &error) == TB_OK);
    close(file);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct tb_contract *contract = fuzz_contract();
    struct tb_error_text error;
    (void)argc;
    (void)argv;
    DEMAND(tb_programs_load(contract, &error) == TB_OK);
    writes = calloc(contract->operations_count, sizeof(*writes));
    for (size_t i = 0; i < contract->operations_count; i++) {
        const struct tb_operation *operation = &contract->operations[i];
        char name[160];
        if (operation->lane != TB_LANE_WRITE || operation->program == NULL)
            continue;
        (void)snprintf(name, sizeof(name), "%s.body", operation->id);
        writes[writes_count++] = (struct write){operation, fuzz_hash(tb_str_of(name))};
    }
    open_seal();
    return 0;
}

static const struct tb_operation *choose_operation(const uint8_t *data)
{
    const struct write *chosen = &writes[0];
    for (size_t i = 1; i < writes_count; i++)
        if (fuzz_distance(data, writes[i].hash) < fuzz_distance(data, chosen->hash))
            chosen = &writes[i];
    return chosen->operation;
}

/* ------------------------------------------------------------------ a call */

/* As parse.c lets it through; false when it would not. */
static bool take_body(struct tb_call *call, struct tb_str text)
{
    struct tb_schema_errors errors = {0};
    struct tb_json_error error;
    return call->operation->body == NULL ||
           (tb_json_parse(text, NULL, call->arena, &call->body, &error) == TB_OK &&
            tb_schema_validate(call->operation->body, call->body, call->arena, &errors) == 0);
}

static bool take_parameters(struct tb_call *call, struct tb_str text)
{
    size_t count = call->operation->parameters_count;
    json_t *probe = json_stringn(text.ptr, text.len);
    bool good = probe != NULL && memchr(text.ptr, '\0', text.len) == NULL;
    json_decref(probe);
    call->parameters = tb_arena_alloc(call->arena, (count + 1) * sizeof(*call->parameters));
    for (size_t i = 0; i < count; i++)
        call->parameters[i] = text;
    return good;
}

/* ------------------------------------------------------------------ properties */

static bool is(const json_t *object, const char *name, struct tb_str text)
{
    return tb_str_eq(tb_json_str(json_object_get(object, name)), text);
}

static void check_context(const json_t *object, const struct tb_call *call)
{
    DEMAND(is(object, "actor", TB_STR(USER)) && is(object, "actor_user", TB_STR(USER)));
    DEMAND(is(object, "actor_person", TB_STR(PERSON)) &&
           is(object, "actor_role", TB_STR("resident")));
    DEMAND(is(object, "self_person", TB_STR(PERSON)) && is(object, "at", TB_STR(AT)));
    DEMAND(json_object_get(object, "actor_team") == NULL);
    DEMAND(json_object_get(object, "own_team") == NULL);
    DEMAND(json_integer_value(json_object_get(object, "scope_low")) == 371402001000);
    DEMAND(json_integer_value(json_object_get(object, "scope_high")) == 371402001999);
    DEMAND(json_integer_value(json_object_get(object, "if_match")) == 17);
    DEMAND(is(object, "key", call->key) && is(object, "request_id", TB_STR("id")));
    for (size_t i = 0; i < call->operation->parameters_count; i++)
        DEMAND(is(object, call->operation->parameters[i].name.ptr, call->parameters[i]));
}

static bool is_secret(const struct tb_operation *operation, const char *name)
{
    struct tb_schema_property property;
    return tb_schema_find_property(operation->body, tb_str_of(name), &property) &&
           (tb_schema_keyword(property.schema, "x-sealed") != NULL ||
            tb_schema_keyword(property.schema, "x-lookup") != NULL);
}

static void check_member(const json_t *object, const struct tb_operation *operation,
                         const char *name, const json_t *value)
{
    const json_t *shown = json_object_get(json_object_get(object, "body"), name);
    const json_t *member = json_object_get(object, name);
    if (!is_secret(operation, name)) {
        DEMAND(member != NULL && tb_json_equal(member, value));
        DEMAND(!operation->program->wants_body || tb_json_equal(shown, value));
        return;
    }
    char lookup[160];
    (void)snprintf(lookup, sizeof(lookup), "%s_lookup", name);
    DEMAND(member == NULL);
    DEMAND(json_is_string(json_object_get(object, lookup)) == json_is_string(value));
    DEMAND(!operation->program->wants_body ||
           (json_is_null(value) ? json_is_null(shown) : json_is_true(shown)));
}

static void check_request(struct tb_call *call)
{
    struct tb_str text = tb_write_request(seal, call);
    DEMAND(text.ptr != NULL);
    char *whole = tb_arena_printf(call->arena, "{%.*s", TB_STR_ARG(text));
    json_t *object = json_loads(whole, JSON_REJECT_DUPLICATES, NULL);
    DEMAND(object != NULL);
    check_context(object, call);
    const char *name;
    json_t *value;
    json_object_foreach(call->body, name, value) check_member(object, call->operation, name, value);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tb_actor actor = {
        .district_id = 371402,
        .role = TB_ROLE_RESIDENT,
        .scope_low = 371402001000,
        .scope_high = 371402001999,
        .user_id = USER,
        .person_id = PERSON,
    };
    if (size < FUZZ_CHOICE_BYTES)
        return 0;
    struct tb_str text = fuzz_text(data + FUZZ_CHOICE_BYTES, size - FUZZ_CHOICE_BYTES);
    const char *end = text.len > 0 ? memchr(text.ptr, '\0', text.len) : NULL;
    size_t body_len = end != NULL ? (size_t)(end - text.ptr) : text.len;
    struct tb_str rest =
        end != NULL ? (struct tb_str){end + 1, text.len - body_len - 1} : TB_STR("x");
    struct tb_arena *arena = tb_arena_new(FUZZ_ARENA_BYTES);
    struct tb_call call = {
        .operation = choose_operation(data),
        .arena = arena,
        .actor = &actor,
        .district_id = actor.district_id,
        .key = rest.len > 0 ? rest : TB_STR("key"),
        .request_id = TB_STR("id"),
        .if_match = 17,
        .at = AT,
    };
    if (take_parameters(&call, rest) && take_body(&call, (struct tb_str){text.ptr, body_len}))
        check_request(&call);
    DEMAND(!tb_arena_overflowed(arena));
    tb_arena_free(arena);
    return 0;
}
