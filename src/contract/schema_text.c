#include "contract/schema.h"
#include "timebank/json.h"

/* What a text could not be read as. */
struct failure {
    enum tb_schema_code code;
    unsigned types;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* JSON's own grammar without the blanks around it. */
static json_t *read_number(struct tb_str text, unsigned types, struct failure *failure)
{
    if (text.len == 0 || !(is_digit(text.ptr[0]) || text.ptr[0] == '-') ||
        !is_digit(text.ptr[text.len - 1]))
        return NULL;
    json_error_t error;
    json_t *number = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, &error);
    if (number == NULL && json_error_code(&error) == json_error_numeric_overflow)
        failure->code = TB_SCHEMA_NUMBER_RANGE;
    if (number == NULL || (types & TB_SCHEMA_TYPE_NUMBER) != 0)
        return number;
    int64_t integer;
    bool is_integer = tb_json_to_int64(number, &integer);
    json_decref(number);
    return is_integer ? json_integer(integer) : NULL;
}

static json_t *read_string(struct tb_str text, struct failure *failure)
{
    json_t *string = NULL;
    if (text.len == 0)
        string = json_string("");
    else if (memchr(text.ptr, '\0', text.len) == NULL)
        string = json_stringn(text.ptr, text.len); /* NULL when it is not UTF-8 */
    if (string == NULL)
        failure->code = TB_SCHEMA_INVALID_TEXT;
    return string;
}

static json_t *read_scalar(const struct tb_schema *schema, struct tb_str text,
                           struct failure *ret_failure)
{
    unsigned types = schema != NULL ? schema->view.types : TB_SCHEMA_TYPE_STRING;
    if (types == TB_SCHEMA_TYPE_ANY)
        types = TB_SCHEMA_TYPE_STRING;
    *ret_failure = (struct failure){TB_SCHEMA_TYPE, types};
    json_t *value = NULL;
    if (types & TB_SCHEMA_TYPE_INTEGER)
        value = read_number(text, types, ret_failure);
    if (value == NULL && (types & TB_SCHEMA_TYPE_BOOLEAN) && tb_str_is(text, "true"))
        value = json_true();
    if (value == NULL && (types & TB_SCHEMA_TYPE_BOOLEAN) && tb_str_is(text, "false"))
        value = json_false();
    if (value == NULL && (types & TB_SCHEMA_TYPE_STRING))
        value = read_string(text, ret_failure);
    return value;
}

/* One reading of a text. */
struct reading {
    struct tb_arena *arena;
    struct tb_schema_errors *errors;
    size_t found;
};

static void add_failure(struct reading *reading, const struct failure *failure,
                        const struct tb_schema_step *at)
{
    struct tb_str expected = failure->code == TB_SCHEMA_TYPE
                                 ? tb_schema_types_text(failure->types, reading->arena)
                                 : TB_STR_NULL;
    reading->found++;
    tb_schema_error_add(reading->errors, reading->arena, failure->code, at, expected);
}

/* Takes the part before the next comma; false when nothing is left. */
static bool next_part(struct tb_str *rest, struct tb_str *ret_part)
{
    if (rest->ptr == NULL)
        return false;
    const char *comma = memchr(rest->ptr, ',', rest->len);
    *ret_part = *rest;
    *rest = TB_STR_NULL;
    if (comma != NULL) {
        size_t len = (size_t)(comma - ret_part->ptr);
        *rest = (struct tb_str){comma + 1, ret_part->len - len - 1};
        ret_part->len = len;
    }
    return true;
}

static json_t *read_array(struct reading *reading, const struct tb_schema *schema,
                          struct tb_str text, const struct tb_schema_step *at)
{
    json_t *array = json_array();
    struct tb_str rest = text.len > 0 ? text : TB_STR_NULL;
    struct tb_str part;
    for (size_t i = 0; reading->found <= TB_SCHEMA_ERRORS_MAX && next_part(&rest, &part); i++) {
        struct failure failure;
        json_t *value = read_scalar(schema->view.items, part, &failure);
        struct tb_schema_step step = {at, NULL, i};
        if (value == NULL || json_array_append_new(array, value) != 0)
            add_failure(reading, &failure, &step);
    }
    return array;
}

static json_t *read_text(struct reading *reading, const struct tb_schema *schema,
                         struct tb_str text, const struct tb_schema_step *at)
{
    if (schema->view.types != TB_SCHEMA_TYPE_ANY && (schema->view.types & TB_SCHEMA_TYPE_ARRAY))
        return read_array(reading, schema, text, at);
    struct failure failure;
    json_t *value = read_scalar(schema, text, &failure);
    if (value == NULL)
        add_failure(reading, &failure, at);
    return value;
}

size_t tb_schema_validate_text(const struct tb_schema *schema, struct tb_str text,
                               struct tb_str base, struct tb_arena *arena,
                               struct tb_schema_errors *errors, json_t **ret_value)
{
    struct reading reading = {arena, errors, 0};
    struct tb_schema_step at = {.key = NULL};
    if (base.len > 0)
        at.key = tb_arena_copy(arena, base.ptr, base.len);
    json_t *value = read_text(&reading, schema, text, &at);
    /* The arena's failure to keep the value is a fault too: what is not kept cannot be used. */
    if (value != NULL && tb_json_defer(arena, value) != TB_OK)
        return reading.found + 1;
    if (value == NULL || reading.found > 0)
        return reading.found > 0 ? reading.found : 1;
    size_t found = tb_schema_validate_at(schema, value, base, arena, errors);
    if (found == 0 && ret_value != NULL)
        *ret_value = value;
    return found;
}
