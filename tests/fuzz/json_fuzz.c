/* The strict reading of JSON, its canonical form and its equality. */
#include "fuzz.h"

#include "timebank/json.h"

#include <math.h>

/* Small, so that inputs reach them. */
#define DEPTH_MAX 8
#define VALUES_MAX 64

static const struct tb_json_limits limits = {
    .max_depth = DEPTH_MAX,
    .max_values = VALUES_MAX,
    .allow_scalar = true,
};

/* ------------------------------------------------------------------ limits */

/* What a value needs, as include/timebank/json.h counts it. */
struct need {
    unsigned depth;
    size_t values;
};

static void measure(const json_t *value, unsigned depth, struct need *need)
{
    size_t size = json_is_array(value) ? json_array_size(value) : json_object_size(value);
    if (!json_is_array(value) && !json_is_object(value))
        return;
    need->depth = depth > need->depth ? depth : need->depth;
    need->values += size > 0 ? size : 1;
    for (size_t i = 0; i < json_array_size(value); i++)
        measure(json_array_get(value, i), depth + 1, need);
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)value, name, member) measure(member, depth + 1, need);
}

/* jansson alone accepts a text if and only if the limits or we do. */
static void compare_with_jansson(struct tb_str bytes, enum tb_err err)
{
    json_t *value =
        json_loadb(bytes.ptr, bytes.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (value == NULL) {
        DEMAND(err != TB_OK);
        return;
    }
    struct need need = {0, 1};
    measure(value, 1, &need);
    bool fits = need.depth <= DEPTH_MAX && need.values <= VALUES_MAX;
    DEMAND(err == (fits ? TB_OK : TB_ERR_LIMIT));
    json_decref(value);
}

static void check_error(struct tb_str bytes, const struct tb_json_error *error)
{
    DEMAND(error->code <= TB_JSON_NO_MEMORY && error->code != TB_JSON_SCALAR);
    DEMAND(strcmp(tb_json_code_name(error->code), "json_unknown") != 0);
    DEMAND(error->line >= 1 && error->column >= 1 && error->position <= bytes.len);
    DEMAND(strnlen(error->text, sizeof(error->text)) < sizeof(error->text));
    DEMAND(error->pointer.len == 0 || error->pointer.ptr[0] == '/');
    DEMAND(error->name.ptr == NULL || error->code == TB_JSON_DUPLICATE_KEY);
}

/* ------------------------------------------------------------------ values */

static void check_promises(const json_t *value)
{
    struct tb_str text = tb_json_str(value);
    DEMAND(text.ptr == NULL || strlen(text.ptr) == text.len);
    DEMAND(!json_is_real(value) || isfinite(json_real_value(value)));
    for (size_t i = 0; i < json_array_size(value); i++)
        check_promises(json_array_get(value, i));
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)value, name, member) check_promises(member);
}

static void canonical(const json_t *value, struct tb_buf *out)
{
    tb_buf_init(out, FUZZ_ARENA_BYTES);
    tb_json_canonical(value, out);
    DEMAND(!out->overflow);
}

static void check_round_trip(const json_t *value, struct tb_arena *arena)
{
    struct tb_buf once;
    struct tb_buf twice;
    json_t *again;
    struct tb_json_error error;
    canonical(value, &once);
    DEMAND(tb_json_parse(fuzz_str(&once), &limits, arena, &again, &error) == TB_OK);
    DEMAND(tb_json_equal(value, again) && tb_json_equal(again, value));
    canonical(again, &twice);
    DEMAND(tb_str_eq(fuzz_str(&once), fuzz_str(&twice)));
    tb_buf_fini(&once);
    tb_buf_fini(&twice);
}

/* Canonical bytes are equal if and only if the values are. */
static void check_equality(const json_t *a, const json_t *b)
{
    struct tb_buf left;
    struct tb_buf right;
    canonical(a, &left);
    canonical(b, &right);
    bool equal = tb_json_equal(a, b);
    DEMAND(equal == tb_json_equal(b, a));
    DEMAND(equal == tb_str_eq(fuzz_str(&left), fuzz_str(&right)));
    if (json_is_number(a) && json_is_number(b)) {
        int order = tb_json_compare_numbers(a, b);
        DEMAND(order == -tb_json_compare_numbers(b, a) && (order == 0) == equal);
    }
    tb_buf_fini(&left);
    tb_buf_fini(&right);
}

static void check_elements(const json_t *array)
{
    size_t count = json_array_size(array) < 6 ? json_array_size(array) : 6;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i; j < count; j++)
            check_equality(json_array_get(array, i), json_array_get(array, j));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_str bytes = fuzz_text(data, size);
    struct tb_arena *arena = tb_arena_new(FUZZ_ARENA_BYTES);
    json_t *value = NULL;
    struct tb_json_error error = {0};
    enum tb_err err = tb_json_parse(bytes, &limits, arena, &value, &error);
    compare_with_jansson(bytes, err);
    if (err == TB_OK) {
        check_promises(value);
        check_round_trip(value, arena);
        check_elements(value);
    } else {
        DEMAND(value == NULL);
        check_error(bytes, &error);
    }
    tb_arena_free(arena);
    return 0;
}
