#include "timebank/json.h"

#include <stdio.h>
#include <stdlib.h>

/* Names come from the client: a longer pointer is not given back. */
#define POINTER_BYTES_MAX 1024

const char *tb_json_code_name(enum tb_json_code code)
{
    switch (code) {
    case TB_JSON_MALFORMED:
        return "json_malformed";
    case TB_JSON_EMPTY:
        return "json_empty";
    case TB_JSON_DUPLICATE_KEY:
        return "json_duplicate_key";
    case TB_JSON_TOO_DEEP:
        return "json_too_deep";
    case TB_JSON_TOO_MANY_VALUES:
        return "json_too_many_values";
    case TB_JSON_NOT_UTF8:
        return "json_not_utf8";
    case TB_JSON_NUL_CHARACTER:
        return "json_nul_character";
    case TB_JSON_NUMBER_RANGE:
        return "json_number_range";
    case TB_JSON_SCALAR:
        return "json_scalar";
    case TB_JSON_NO_MEMORY:
        return "json_no_memory";
    }
    return "json_unknown";
}

/* The position behind the string that begins at `at`, or len when it has no end. */
static size_t skip_string(struct tb_str bytes, size_t at)
{
    for (size_t i = at + 1; i < bytes.len; i++) {
        if (bytes.ptr[i] == '\\')
            i++;
        else if (bytes.ptr[i] == '"')
            return i + 1;
    }
    return bytes.len;
}

/* Line and column of a position, for errors that the parser did not place itself. */
static void place_error(struct tb_str bytes, size_t position, struct tb_json_error *error)
{
    int line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < position && i < bytes.len; i++) {
        if (bytes.ptr[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    error->line = line;
    error->column = (int)(position - line_start) + 1;
    error->position = position;
}

static struct tb_json_error error_at(struct tb_str bytes, size_t position, enum tb_json_code code,
                                     const char *text)
{
    struct tb_json_error error = {.code = code};
    place_error(bytes, position, &error);
    (void)snprintf(error.text, sizeof(error.text), "%s", text);
    return error;
}

/* Before parsing, because the parser allocates as it descends: nesting and number of values.
 * Every value but the first stands behind an opening bracket or a comma. */
static bool within_limits(struct tb_str bytes, unsigned max_depth, size_t max_values,
                          struct tb_json_error *reterr_error)
{
    unsigned depth = 0;
    size_t values = 1;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        bool opens = c == '[' || c == '{';
        if (c == '"') {
            i = skip_string(bytes, i) - 1;
        } else if (opens || c == ',') {
            if (opens && ++depth > max_depth) {
                *reterr_error = error_at(bytes, i, TB_JSON_TOO_DEEP, "nested too deeply");
                return false;
            }
            if (++values > max_values) {
                *reterr_error = error_at(bytes, i, TB_JSON_TOO_MANY_VALUES, "too many values");
                return false;
            }
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

struct frame {
    bool is_object;
    bool key_next;     /* a string that comes now is a name */
    size_t index;      /* of the element, in an array */
    struct tb_str key; /* of the member, in an object, with its quotes */
};

static void walk_char(struct tb_str bytes, size_t *at, struct frame *frames, size_t *depth)
{
    char c = bytes.ptr[*at];
    struct frame *top = *depth > 0 ? &frames[*depth - 1] : NULL;
    if (c == '"') {
        size_t end = skip_string(bytes, *at);
        if (top != NULL && top->key_next)
            top->key = (struct tb_str){bytes.ptr + *at, end - *at};
        *at = end - 1;
    } else if ((c == '{' || c == '[') && *depth < TB_JSON_DEPTH_MAX) {
        frames[(*depth)++] = (struct frame){.is_object = c == '{', .key_next = c == '{'};
    } else if ((c == '}' || c == ']') && *depth > 0) {
        (*depth)--;
    } else if (c == ':' && top != NULL) {
        top->key_next = false;
    } else if (c == ',' && top != NULL) {
        top->index++;
        top->key_next = top->is_object;
    }
}

/* The name that a quoted token stands for; NULL when it has none (it holds a NUL). */
static json_t *decode_key(struct tb_str token)
{
    return token.ptr == NULL ? NULL : json_loadb(token.ptr, token.len, JSON_DECODE_ANY, NULL);
}

static void add_index(struct tb_buf *out, size_t index)
{
    tb_buf_printf(out, "/%zu", index);
}

/* Where in the value the parser was at `position`. Only for errors inside well-formed text. */
static void find_pointer(struct tb_str bytes, size_t position, struct tb_arena *arena,
                         struct tb_json_error *error)
{
    struct frame frames[TB_JSON_DEPTH_MAX];
    size_t depth = 0;
    for (size_t i = 0; i < position && i < bytes.len; i++)
        walk_char(bytes, &i, frames, &depth);
    struct tb_buf out;
    tb_buf_init(&out, POINTER_BYTES_MAX);
    for (size_t i = 0; i < depth && !out.overflow; i++) {
        if (!frames[i].is_object) {
            add_index(&out, frames[i].index);
            continue;
        }
        json_t *key = decode_key(frames[i].key);
        if (key == NULL) {
            out.overflow = true;
            break;
        }
        tb_json_pointer_add(&out, tb_json_str(key));
        if (i == depth - 1 && error->code == TB_JSON_DUPLICATE_KEY)
            error->name = tb_arena_str(arena, tb_json_str(key));
        json_decref(key);
    }
    if (out.overflow)
        error->name = TB_STR_NULL;
    else
        error->pointer = tb_arena_str(arena, tb_buf_str(&out));
    tb_buf_fini(&out);
}

static enum tb_json_code code_of(const json_error_t *failure)
{
    enum json_error_code code = json_error_code(failure);
    if (code == json_error_duplicate_key)
        return TB_JSON_DUPLICATE_KEY;
    if (code == json_error_invalid_utf8)
        return TB_JSON_NOT_UTF8;
    if (code == json_error_numeric_overflow)
        return TB_JSON_NUMBER_RANGE;
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        return TB_JSON_NUL_CHARACTER;
    if (code == json_error_stack_overflow)
        return TB_JSON_TOO_DEEP;
    if (code == json_error_out_of_memory)
        return TB_JSON_NO_MEMORY;
    return TB_JSON_MALFORMED;
}

static enum tb_err parser_failed(struct tb_str bytes, const json_error_t *failure,
                                 struct tb_arena *arena, struct tb_json_error *reterr_error)
{
    size_t position = failure->position > 0 ? (size_t)failure->position : 0;
    struct tb_json_error error = error_at(bytes, position, code_of(failure), failure->text);
    if (error.code == TB_JSON_DUPLICATE_KEY || error.code == TB_JSON_NUMBER_RANGE ||
        error.code == TB_JSON_NUL_CHARACTER)
        find_pointer(bytes, position, arena, &error);
    *reterr_error = error;
    return error.code == TB_JSON_NO_MEMORY ? TB_ERR_NO_MEMORY : TB_ERR_INVALID;
}

static bool is_blank(struct tb_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (strchr(" \t\r\n", bytes.ptr[i]) == NULL || bytes.ptr[i] == '\0')
            return false;
    return true;
}

enum tb_err tb_json_parse(struct tb_str bytes, const struct tb_json_limits *limits,
                          struct tb_arena *arena, json_t **ret_value,
                          struct tb_json_error *reterr_error)
{
    struct tb_json_limits use = limits != NULL ? *limits : (struct tb_json_limits){0};
    unsigned max_depth = use.max_depth > 0 ? use.max_depth : TB_JSON_DEPTH_DEFAULT;
    size_t max_values = use.max_values > 0 ? use.max_values : TB_JSON_VALUES_DEFAULT;
    TB_BUG_IF(max_depth > TB_JSON_DEPTH_MAX);
    if (is_blank(bytes)) {
        *reterr_error = error_at(bytes, 0, TB_JSON_EMPTY, "no JSON value");
        return TB_ERR_INVALID;
    }
    if (!within_limits(bytes, max_depth, max_values, reterr_error))
        return TB_ERR_LIMIT;
    json_error_t failure;
    json_t *value =
        json_loadb(bytes.ptr, bytes.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &failure);
    if (value == NULL)
        return parser_failed(bytes, &failure, arena, reterr_error);
    if (!use.allow_scalar && !json_is_object(value) && !json_is_array(value)) {
        json_decref(value);
        *reterr_error = error_at(bytes, 0, TB_JSON_SCALAR, "must be an object or an array");
        return TB_ERR_INVALID;
    }
    if (tb_json_defer(arena, value) != TB_OK) {
        *reterr_error = error_at(bytes, 0, TB_JSON_NO_MEMORY, "out of memory");
        return TB_ERR_NO_MEMORY;
    }
    *ret_value = value;
    return TB_OK;
}

static void release_json(void *value)
{
    json_decref(value);
}

enum tb_err tb_json_defer(struct tb_arena *arena, json_t *value)
{
    return tb_arena_defer(arena, release_json, value);
}

struct tb_str tb_json_str(const json_t *value)
{
    if (!json_is_string(value))
        return TB_STR_NULL;
    return (struct tb_str){json_string_value(value), json_string_length(value)};
}

void tb_json_pointer_add(struct tb_buf *out, struct tb_str segment)
{
    tb_buf_add_char(out, '/');
    for (size_t i = 0; i < segment.len; i++) {
        if (segment.ptr[i] == '~')
            tb_buf_add_text(out, "~0");
        else if (segment.ptr[i] == '/')
            tb_buf_add_text(out, "~1");
        else
            tb_buf_add_char(out, segment.ptr[i]);
    }
}

void tb_json_real_text(double value, char ret_text[TB_JSON_REAL_BYTES])
{
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(ret_text, TB_JSON_REAL_BYTES, "%.*g", digits, value);
        if (strtod(ret_text, NULL) == value)
            break;
    }
    size_t radix = strspn(ret_text, "+-0123456789e");
    if (ret_text[radix] != '\0')
        ret_text[radix] = '.';
}

/* The value of a real that is an integer within int64, where the conversion is exact. */
static bool real_as_integer(double real, int64_t *ret_value)
{
    if (!(real >= -0x1p63 && real < 0x1p63) || (double)(int64_t)real != real)
        return false;
    *ret_value = (int64_t)real;
    return true;
}

bool tb_json_to_int64(const json_t *value, int64_t *ret_value)
{
    if (json_is_integer(value)) {
        *ret_value = json_integer_value(value);
        return true;
    }
    double real = json_real_value(value); /* 0.0 for what is no real */
    if (!json_is_real(value) || real > 0x1p53 || real < -0x1p53)
        return false;
    return real_as_integer(real, ret_value);
}

static void canonical_real(double real, struct tb_buf *out)
{
    int64_t integer;
    if (real_as_integer(real, &integer)) {
        tb_buf_printf(out, "%lld", (long long)integer);
        return;
    }
    char text[TB_JSON_REAL_BYTES];
    tb_json_real_text(real, text);
    tb_buf_add_text(out, text);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* NULL-terminated by count; free() it. jansson's iterators take no const. */
static const char **sorted_names(json_t *object, size_t count)
{
    const char **names = malloc((count + 1) * sizeof(*names));
    if (names == NULL)
        return NULL;
    size_t at = 0;
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it))
        names[at++] = json_object_iter_key(it);
    qsort(names, count, sizeof(*names), compare_names);
    return names;
}

static void canonical_object(const json_t *object, struct tb_buf *out)
{
    size_t count = json_object_size(object);
    const char **names = sorted_names((json_t *)object, count);
    if (names == NULL) {
        out->overflow = true;
        return;
    }
    tb_buf_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            tb_buf_add_char(out, ',');
        tb_buf_add_json_string(out, tb_str_of(names[i]));
        tb_buf_add_char(out, ':');
        tb_json_canonical(json_object_get(object, names[i]), out);
    }
    tb_buf_add_char(out, '}');
    free(names);
}

static void canonical_array(const json_t *array, struct tb_buf *out)
{
    tb_buf_add_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            tb_buf_add_char(out, ',');
        tb_json_canonical(json_array_get(array, i), out);
    }
    tb_buf_add_char(out, ']');
}

void tb_json_canonical(const json_t *value, struct tb_buf *out)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        canonical_object(value, out);
        return;
    case JSON_ARRAY:
        canonical_array(value, out);
        return;
    case JSON_STRING:
        tb_buf_add_json_string(out, tb_json_str(value));
        return;
    case JSON_INTEGER:
        tb_buf_printf(out, "%lld", (long long)json_integer_value(value));
        return;
    case JSON_REAL:
        canonical_real(json_real_value(value), out);
        return;
    case JSON_TRUE:
        tb_buf_add_text(out, "true");
        return;
    case JSON_FALSE:
        tb_buf_add_text(out, "false");
        return;
    case JSON_NULL:
        tb_buf_add_text(out, "null");
        return;
    }
}

static int compare_integer_real(int64_t integer, double real)
{
    if (real >= 0x1p63)
        return -1;
    if (real < -0x1p63)
        return 1;
    int64_t whole = (int64_t)real;
    if (integer != whole)
        return integer < whole ? -1 : 1;
    double rest = real - (double)whole;
    return (rest < 0) - (rest > 0);
}

int tb_json_compare_numbers(const json_t *a, const json_t *b)
{
    TB_BUG_IF(!json_is_number(a) || !json_is_number(b));
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a);
        json_int_t y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    if (json_is_integer(a))
        return compare_integer_real(json_integer_value(a), json_real_value(b));
    if (json_is_integer(b))
        return -compare_integer_real(json_integer_value(b), json_real_value(a));
    double x = json_real_value(a);
    double y = json_real_value(b);
    return (x > y) - (x < y);
}

static bool equal_objects(json_t *a, const json_t *b)
{
    if (json_object_size(a) != json_object_size(b))
        return false;
    for (void *it = json_object_iter(a); it != NULL; it = json_object_iter_next(a, it)) {
        const json_t *other = json_object_get(b, json_object_iter_key(it));
        if (other == NULL || !tb_json_equal(json_object_iter_value(it), other))
            return false;
    }
    return true;
}

static bool equal_arrays(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!tb_json_equal(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}

bool tb_json_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return tb_json_compare_numbers(a, b) == 0;
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_object(a))
        return equal_objects((json_t *)a, b);
    if (json_is_array(a))
        return equal_arrays(a, b);
    return !json_is_string(a) || tb_str_eq(tb_json_str(a), tb_json_str(b));
}
