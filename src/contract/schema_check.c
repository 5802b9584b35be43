#include "contract/schema.h"
#include "timebank/json.h"

#include <stdlib.h>

/* One check of one value. */
struct check {
    struct tb_arena *arena;
    struct tb_schema_errors *errors;
    size_t found; /* faults, noted in errors or known there already */
};

static void check_value(struct check *check, const struct tb_schema *schema, const json_t *value,
                        const struct tb_schema_step *at);

static void add(struct check *check, enum tb_schema_code code, const struct tb_schema_step *at,
                struct tb_str expected)
{
    check->found++;
    tb_schema_error_add(check->errors, check->arena, code, at, expected);
}

static void add_json(struct check *check, enum tb_schema_code code, const struct tb_schema_step *at,
                     const json_t *expected)
{
    check->found++;
    tb_schema_error_add_json(check->errors, check->arena, code, at, expected);
}

static void add_count(struct check *check, enum tb_schema_code code,
                      const struct tb_schema_step *at, size_t expected)
{
    add(check, code, at, tb_str_of(tb_arena_printf(check->arena, "%zu", expected)));
}

/* Gives false above the span: what costs more than linear time is then left out. */
static bool check_span(struct check *check, struct tb_schema_span span, size_t count,
                       enum tb_schema_code min_code, enum tb_schema_code max_code,
                       const struct tb_schema_step *at)
{
    if (count < span.min)
        add_count(check, min_code, at, span.min);
    if (count > span.max)
        add_count(check, max_code, at, span.max);
    return count <= span.max;
}

unsigned tb_schema_value_types(const json_t *value)
{
    int64_t integer;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return TB_SCHEMA_TYPE_OBJECT;
    case JSON_ARRAY:
        return TB_SCHEMA_TYPE_ARRAY;
    case JSON_STRING:
        return TB_SCHEMA_TYPE_STRING;
    case JSON_INTEGER:
        return TB_SCHEMA_TYPE_INTEGER | TB_SCHEMA_TYPE_NUMBER;
    case JSON_REAL:
        return TB_SCHEMA_TYPE_NUMBER |
               (tb_json_to_int64(value, &integer) ? TB_SCHEMA_TYPE_INTEGER : 0);
    case JSON_TRUE:
    case JSON_FALSE:
        return TB_SCHEMA_TYPE_BOOLEAN;
    case JSON_NULL:
        return TB_SCHEMA_TYPE_NULL;
    }
    return 0;
}

static bool is_in_enum(const json_t *values, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(values); i++)
        if (tb_json_equal(json_array_get(values, i), value))
            return true;
    return false;
}

static void check_number(struct check *check, const struct tb_schema *s, const json_t *value,
                         const struct tb_schema_step *at)
{
    if (s->minimum != NULL && tb_json_compare_numbers(value, s->minimum) < 0)
        add_json(check, TB_SCHEMA_MINIMUM, at, s->minimum);
    if (s->maximum != NULL && tb_json_compare_numbers(value, s->maximum) > 0)
        add_json(check, TB_SCHEMA_MAXIMUM, at, s->maximum);
    if (s->exclusive_minimum != NULL && tb_json_compare_numbers(value, s->exclusive_minimum) <= 0)
        add_json(check, TB_SCHEMA_EXCLUSIVE_MINIMUM, at, s->exclusive_minimum);
    if (s->exclusive_maximum != NULL && tb_json_compare_numbers(value, s->exclusive_maximum) >= 0)
        add_json(check, TB_SCHEMA_EXCLUSIVE_MAXIMUM, at, s->exclusive_maximum);
    if (s->multiple_of != NULL && !tb_schema_is_multiple(value, s->multiple_of))
        add_json(check, TB_SCHEMA_MULTIPLE_OF, at, s->multiple_of);
}

/* Code points of valid UTF-8: the bytes that do not continue another. */
static size_t count_characters(struct tb_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static void check_string(struct check *check, const struct tb_schema *s, const json_t *value,
                         const struct tb_schema_step *at)
{
    struct tb_str text = tb_json_str(value);
    bool fits = check_span(check, s->length, count_characters(text), TB_SCHEMA_MIN_LENGTH,
                           TB_SCHEMA_MAX_LENGTH, at);
    if (s->format != TB_SCHEMA_FORMAT_NONE && !tb_schema_format_matches(s->format, text))
        add(check, TB_SCHEMA_FORMAT, at, tb_json_str(json_object_get(s->raw, "format")));
    if (fits && s->pattern != NULL && !tb_schema_pattern_matches(s->pattern, text))
        add(check, TB_SCHEMA_PATTERN, at, tb_schema_pattern_source(s->pattern));
}

static int compare_bytes(const void *a, const void *b)
{
    const struct tb_str *x = a;
    const struct tb_str *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = len > 0 ? memcmp(x->ptr, y->ptr, len) : 0;
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Sorts the canonical bytes of the elements: no input makes this quadratic. */
static bool has_equal_items(const json_t *array, struct tb_str *items, struct tb_buf *bytes)
{
    size_t count = json_array_size(array);
    for (size_t i = 0; i < count; i++) {
        size_t start = bytes->len;
        tb_json_canonical(json_array_get(array, i), bytes);
        items[i].len = bytes->len - start;
    }
    const char *at = bytes->data;
    for (size_t i = 0; i < count; at += items[i++].len)
        items[i].ptr = at;
    qsort(items, count, sizeof(*items), compare_bytes);
    for (size_t i = 1; i < count; i++)
        if (tb_str_eq(items[i - 1], items[i]))
            return true;
    return bytes->overflow; /* no memory to tell: refused */
}

static void check_unique(struct check *check, const json_t *array, const struct tb_schema_step *at)
{
    size_t count = json_array_size(array);
    if (count < 2)
        return;
    struct tb_str *items = calloc(count, sizeof(*items));
    struct tb_buf bytes;
    tb_buf_init(&bytes, SIZE_MAX / 2);
    if (items == NULL || has_equal_items(array, items, &bytes))
        add(check, TB_SCHEMA_UNIQUE_ITEMS, at, TB_STR_NULL);
    tb_buf_fini(&bytes);
    free(items);
}

static void check_array(struct check *check, const struct tb_schema *s, const json_t *array,
                        const struct tb_schema_step *at)
{
    size_t count = json_array_size(array);
    bool fits =
        check_span(check, s->item_count, count, TB_SCHEMA_MIN_ITEMS, TB_SCHEMA_MAX_ITEMS, at);
    if (fits && s->unique_items)
        check_unique(check, array, at);
    for (size_t i = 0; i < count && !check->errors->truncated; i++) {
        const struct tb_schema *item =
            i < s->prefix_items.count ? s->prefix_items.items[i] : s->items;
        struct tb_schema_step step = {at, NULL, i};
        if (item != NULL)
            check_value(check, item, json_array_get(array, i), &step);
    }
}

static void check_required(struct check *check, const struct tb_schema *s, const json_t *object,
                           const struct tb_schema_step *at)
{
    for (size_t i = 0; i < json_array_size(s->required) && !check->errors->truncated; i++) {
        struct tb_schema_step step = {at, json_string_value(json_array_get(s->required, i)), 0};
        if (json_object_get(object, step.key) == NULL)
            add(check, TB_SCHEMA_REQUIRED, &step, TB_STR_NULL);
    }
}

static void check_name(struct check *check, const struct tb_schema *names,
                       const struct tb_schema_step *at)
{
    struct tb_schema_errors own = {.count = 0};
    json_t *name = json_string(at->key);
    struct check inner = {check->arena, &own, 0};
    if (name != NULL)
        check_value(&inner, names, name, at);
    if (name == NULL || inner.found > 0)
        add(check, TB_SCHEMA_PROPERTY_NAME, at, TB_STR_NULL);
    json_decref(name);
}

static void check_member(struct check *check, const struct tb_schema *s, const json_t *value,
                         const struct tb_schema_step *at)
{
    if (s->property_names != NULL)
        check_name(check, s->property_names, at);
    if (s->additional == NULL || json_object_get(s->properties_raw, at->key) != NULL)
        return;
    if (s->additional->never)
        add(check, TB_SCHEMA_UNKNOWN_FIELD, at, TB_STR_NULL);
    else
        check_value(check, s->additional, value, at);
}

static void check_object(struct check *check, const struct tb_schema *s, const json_t *value,
                         const struct tb_schema_step *at)
{
    (void)check_span(check, s->property_count, json_object_size(value), TB_SCHEMA_MIN_PROPERTIES,
                     TB_SCHEMA_MAX_PROPERTIES, at);
    check_required(check, s, value, at);
    for (size_t i = 0; i < s->properties_len && !check->errors->truncated; i++) {
        struct tb_schema_step step = {at, s->properties[i].name.ptr, 0};
        const json_t *member = json_object_get(value, step.key);
        if (member != NULL)
            check_value(check, s->properties[i].schema, member, &step);
    }
    if (s->additional == NULL && s->property_names == NULL)
        return;
    json_t *object = (json_t *)value; /* jansson's iterators take no const */
    for (void *it = json_object_iter(object); it != NULL && !check->errors->truncated;
         it = json_object_iter_next(object, it)) {
        struct tb_schema_step step = {at, json_object_iter_key(it), 0};
        check_member(check, s, json_object_iter_value(it), &step);
    }
}

static void check_by_type(struct check *check, const struct tb_schema *schema, const json_t *value,
                          const struct tb_schema_step *at)
{
    if (json_is_number(value))
        check_number(check, schema, value, at);
    else if (json_is_string(value))
        check_string(check, schema, value, at);
    else if (json_is_array(value))
        check_array(check, schema, value, at);
    else if (json_is_object(value))
        check_object(check, schema, value, at);
}

/* Of the wrong type, a value gets no further errors: they would say the same again. */
static void check_value(struct check *check, const struct tb_schema *schema, const json_t *value,
                        const struct tb_schema_step *at)
{
    if (check->errors->truncated)
        return;
    if (schema->never)
        add(check, TB_SCHEMA_NOT_ALLOWED, at, TB_STR_NULL);
    if (schema->ref != NULL)
        check_value(check, schema->ref, value, at);
    for (size_t i = 0; i < schema->all_of.count; i++)
        check_value(check, schema->all_of.items[i], value, at);
    if (schema->types != 0 && (schema->types & tb_schema_value_types(value)) == 0) {
        add(check, TB_SCHEMA_TYPE, at, tb_schema_types_text(schema->types, check->arena));
        return;
    }
    if (schema->const_value != NULL && !tb_json_equal(schema->const_value, value))
        add_json(check, TB_SCHEMA_CONST, at, schema->const_value);
    if (schema->enum_values != NULL && !is_in_enum(schema->enum_values, value))
        add_json(check, TB_SCHEMA_ENUM, at, schema->enum_values);
    check_by_type(check, schema, value, at);
}

size_t tb_schema_validate_at(const struct tb_schema *schema, const json_t *value,
                             struct tb_str base, struct tb_arena *arena,
                             struct tb_schema_errors *errors)
{
    bool full_before = errors->truncated;
    struct tb_schema_step at = {.key = NULL};
    struct check check = {arena, errors, 0};
    if (base.len > 0)
        at.key = tb_arena_copy(arena, base.ptr, base.len);
    errors->truncated = false;
    check_value(&check, schema, value, &at);
    errors->truncated = errors->truncated || full_before;
    return check.found;
}

size_t tb_schema_validate(const struct tb_schema *schema, const json_t *value,
                          struct tb_arena *arena, struct tb_schema_errors *errors)
{
    return tb_schema_validate_at(schema, value, TB_STR_NULL, arena, errors);
}
