/* The contract's own schemas against any value: two bytes choose the schema, JSON or the text of a
 * parameter follows. */
#include "fuzz.h"

#include "timebank/json.h"

#include <stdlib.h>

struct place {
    const struct tb_schema *schema;
    uint16_t hash; /* of the operation's name and what of it the schema is for */
    bool is_text;
};

static struct place *places;
static size_t places_count;

static void add_place(const char *operation, struct tb_str part, const struct tb_schema *schema,
                      bool is_text)
{
    char name[160];
    if (schema == NULL)
        return;
    (void)snprintf(name, sizeof(name), "%s.%.*s", operation, TB_STR_ARG(part));
    places[places_count++] = (struct place){schema, fuzz_hash(tb_str_of(name)), is_text};
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct tb_contract *contract = fuzz_contract();
    size_t count = 2 * contract->operations_count;
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < contract->operations_count; i++)
        count += contract->operations[i].parameters_count;
    places = calloc(count, sizeof(*places));
    for (size_t i = 0; i < contract->operations_count; i++) {
        const struct tb_operation *operation = &contract->operations[i];
        add_place(operation->id, TB_STR("body"), operation->body, false);
        add_place(operation->id, TB_STR("answer"), operation->answer, false);
        for (size_t j = 0; j < operation->parameters_count; j++)
            add_place(operation->id, operation->parameters[j].name, operation->parameters[j].schema,
                      true);
    }
    return 0;
}

static const struct place *choose_place(const uint8_t *data)
{
    const struct place *chosen = &places[0];
    for (size_t i = 1; i < places_count; i++)
        if (fuzz_distance(data, places[i].hash) < fuzz_distance(data, chosen->hash))
            chosen = &places[i];
    return chosen;
}

/* ------------------------------------------------------------------ pointers (RFC 6901) */

/* The next segment, unescaped. */
static struct tb_str take_segment(struct tb_str *pointer, struct tb_arena *arena)
{
    char *out = tb_arena_alloc(arena, pointer->len + 1);
    size_t len = 0;
    size_t i = 1;
    DEMAND(out != NULL && pointer->ptr[0] == '/');
    for (; i < pointer->len && pointer->ptr[i] != '/'; i++) {
        char c = pointer->ptr[i];
        if (c == '~') {
            i++;
            DEMAND(i < pointer->len && (pointer->ptr[i] == '0' || pointer->ptr[i] == '1'));
            c = pointer->ptr[i] == '0' ? '~' : '/';
        }
        out[len++] = c;
    }
    *pointer = (struct tb_str){pointer->ptr + i, pointer->len - i};
    return (struct tb_str){out, len};
}

/* NULL when there is nothing; *ret_last: whether only the last segment led nowhere. */
static const json_t *resolve(const json_t *value, struct tb_str pointer, struct tb_arena *arena,
                             bool *ret_last)
{
    *ret_last = false;
    while (value != NULL && pointer.len > 0) {
        struct tb_str segment = take_segment(&pointer, arena);
        int64_t index;
        *ret_last = pointer.len == 0 && json_is_object(value);
        if (json_is_array(value) && tb_str_to_int64(segment, &index) && index >= 0)
            value = json_array_get(value, (size_t)index);
        else
            value = json_object_getn(value, segment.ptr, segment.len);
    }
    return value;
}

/* ------------------------------------------------------------------ properties */

static void check_error(const struct tb_schema_error *error)
{
    DEMAND(error->pointer.ptr != NULL);
    DEMAND(tb_schema_code_name(error->code)[0] != '\0');
    for (int language = TB_LANGUAGE_ZH; language <= TB_LANGUAGE_EN; language++) {
        struct tb_buf text;
        tb_buf_init(&text, 4096);
        tb_schema_error_describe(error, (enum tb_language)language, &text);
        DEMAND(fuzz_str(&text).len > 0);
        tb_buf_fini(&text);
    }
}

static void check_errors(const struct tb_schema_errors *errors, size_t found)
{
    DEMAND((found == 0) == (errors->count == 0));
    DEMAND(errors->count <= TB_SCHEMA_ERRORS_MAX && errors->count <= found);
    DEMAND(!errors->truncated || errors->count == TB_SCHEMA_ERRORS_MAX);
    for (size_t i = 0; i < errors->count; i++)
        check_error(&errors->items[i]);
}

static void check_value(const struct place *place, struct tb_str text, struct tb_arena *arena)
{
    const struct tb_json_limits limits = {.allow_scalar = true};
    struct tb_schema_errors errors = {0};
    struct tb_json_error error;
    json_t *value;
    if (tb_json_parse(text, &limits, arena, &value, &error) != TB_OK)
        return;
    size_t found = tb_schema_validate(place->schema, value, arena, &errors);
    check_errors(&errors, found);
    for (size_t i = 0; i < errors.count; i++) {
        bool is_member;
        const json_t *at = resolve(value, errors.items[i].pointer, arena, &is_member);
        DEMAND(at != NULL || (is_member && errors.items[i].code == TB_SCHEMA_REQUIRED));
    }
    /* The canonical form is the same value. */
    struct tb_buf canonical;
    tb_buf_init(&canonical, FUZZ_ARENA_BYTES);
    tb_json_canonical(value, &canonical);
    DEMAND(tb_json_parse(fuzz_str(&canonical), &limits, arena, &value, &error) == TB_OK);
    struct tb_schema_errors again = {0};
    DEMAND((tb_schema_validate(place->schema, value, arena, &again) == 0) == (found == 0));
    tb_buf_fini(&canonical);
}

static void check_text(const struct place *place, struct tb_str text, struct tb_arena *arena)
{
    struct tb_schema_errors errors = {0};
    struct tb_schema_errors again = {0};
    json_t *value = NULL;
    struct tb_str base = TB_STR("parameter");
    size_t found = tb_schema_validate_text(place->schema, text, base, arena, &errors, &value);
    check_errors(&errors, found);
    for (size_t i = 0; i < errors.count; i++)
        DEMAND(tb_str_starts_with(errors.items[i].pointer, base));
    DEMAND((value != NULL) == (found == 0));
    DEMAND(value == NULL || tb_schema_validate(place->schema, value, arena, &again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < FUZZ_CHOICE_BYTES)
        return 0;
    const struct place *place = choose_place(data);
    struct tb_str text = fuzz_text(data + FUZZ_CHOICE_BYTES, size - FUZZ_CHOICE_BYTES);
    struct tb_arena *arena = tb_arena_new(FUZZ_ARENA_BYTES);
    if (place->is_text)
        check_text(place, text, arena);
    else
        check_value(place, text, arena);
    DEMAND(!tb_arena_overflowed(arena));
    tb_arena_free(arena);
    return 0;
}
