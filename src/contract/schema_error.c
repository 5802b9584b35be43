#include "contract/schema.h"
#include "timebank/json.h"

/* The value of an enum is cut here; the last item may then be missing. */
#define EXPECTED_BYTES_MAX 512

/* The name for clients, and what stands before and after the expected value for people. */
static const struct {
    const char *name;
    struct {
        const char *before;
        const char *after;
    } says[TB_LANGUAGE_COUNT];
} codes[TB_SCHEMA_CODE_COUNT] = {
    [TB_SCHEMA_REQUIRED] = {"required", {{"缺少必填项", ""}, {"is required", ""}}},
    [TB_SCHEMA_UNKNOWN_FIELD] = {"unknown_field",
                                 {{"不是已知字段", ""}, {"is not a known field", ""}}},
    [TB_SCHEMA_TYPE] = {"type", {{"类型须为 ", ""}, {"must be of type ", ""}}},
    [TB_SCHEMA_ENUM] = {"enum", {{"须为以下之一:", ""}, {"must be one of ", ""}}},
    [TB_SCHEMA_CONST] = {"const", {{"须为 ", ""}, {"must be ", ""}}},
    [TB_SCHEMA_MINIMUM] = {"minimum", {{"不得小于 ", ""}, {"must be at least ", ""}}},
    [TB_SCHEMA_MAXIMUM] = {"maximum", {{"不得大于 ", ""}, {"must be at most ", ""}}},
    [TB_SCHEMA_EXCLUSIVE_MINIMUM] = {"exclusive_minimum",
                                     {{"须大于 ", ""}, {"must be more than ", ""}}},
    [TB_SCHEMA_EXCLUSIVE_MAXIMUM] = {"exclusive_maximum",
                                     {{"须小于 ", ""}, {"must be less than ", ""}}},
    [TB_SCHEMA_MULTIPLE_OF] = {"multiple_of",
                               {{"须为 ", " 的倍数"}, {"must be a multiple of ", ""}}},
    [TB_SCHEMA_MIN_LENGTH] = {"min_length",
                              {{"至少 ", " 个字符"}, {"must have at least ", " characters"}}},
    [TB_SCHEMA_MAX_LENGTH] = {"max_length",
                              {{"至多 ", " 个字符"}, {"must have at most ", " characters"}}},
    [TB_SCHEMA_PATTERN] = {"pattern", {{"须符合格式 ", ""}, {"must match the pattern ", ""}}},
    [TB_SCHEMA_FORMAT] = {"format", {{"不是有效的 ", ""}, {"must be a valid ", ""}}},
    [TB_SCHEMA_MIN_ITEMS] = {"min_items", {{"至少 ", " 项"}, {"must have at least ", " items"}}},
    [TB_SCHEMA_MAX_ITEMS] = {"max_items", {{"至多 ", " 项"}, {"must have at most ", " items"}}},
    [TB_SCHEMA_UNIQUE_ITEMS] = {"unique_items",
                                {{"不得有重复项", ""},
                                 {"must not contain the same item twice", ""}}},
    [TB_SCHEMA_MIN_PROPERTIES] = {"min_properties",
                                  {{"至少 ", " 个字段"}, {"must have at least ", " fields"}}},
    [TB_SCHEMA_MAX_PROPERTIES] = {"max_properties",
                                  {{"至多 ", " 个字段"}, {"must have at most ", " fields"}}},
    [TB_SCHEMA_PROPERTY_NAME] = {"property_name",
                                 {{"字段名不被允许", ""}, {"has a name that is not allowed", ""}}},
    [TB_SCHEMA_NOT_ALLOWED] = {"not_allowed",
                               {{"此处不允许出现", ""}, {"is not allowed here", ""}}},
    [TB_SCHEMA_NUMBER_RANGE] = {"number_range",
                                {{"数字超出范围", ""}, {"is a number out of range", ""}}},
    [TB_SCHEMA_INVALID_TEXT] = {"invalid_text",
                                {{"须为不含 NUL 的 UTF-8 文本", ""},
                                 {"must be UTF-8 without NUL", ""}}},
};

const char *tb_schema_code_name(enum tb_schema_code code)
{
    TB_BUG_IF(code >= TB_SCHEMA_CODE_COUNT);
    return codes[code].name;
}

void tb_schema_error_describe(const struct tb_schema_error *error, enum tb_language language,
                              struct tb_buf *out)
{
    TB_BUG_IF(error->code >= TB_SCHEMA_CODE_COUNT);
    tb_buf_add_text(out, codes[error->code].says[language].before);
    tb_buf_add_str(out, error->expected);
    tb_buf_add_text(out, codes[error->code].says[language].after);
}

static void add_step(struct tb_buf *out, const struct tb_schema_step *step)
{
    if (step->up == NULL) {
        if (step->key != NULL)
            tb_buf_add_text(out, step->key);
        return;
    }
    add_step(out, step->up);
    if (step->key != NULL)
        tb_json_pointer_add(out, tb_str_of(step->key));
    else
        tb_buf_printf(out, "/%zu", step->index);
}

/* Of the nearest place whose pointer is short enough. */
static struct tb_str pointer_of(const struct tb_schema_step *at, struct tb_arena *arena)
{
    struct tb_buf out;
    tb_buf_init(&out, TB_SCHEMA_POINTER_BYTES_MAX);
    add_step(&out, at);
    while (out.overflow && at->up != NULL) {
        at = at->up;
        tb_buf_fini(&out);
        tb_buf_init(&out, TB_SCHEMA_POINTER_BYTES_MAX);
        add_step(&out, at);
    }
    struct tb_str pointer = tb_arena_str(arena, tb_buf_str(&out));
    tb_buf_fini(&out);
    return pointer;
}

/* allOf and $ref may find the same fault twice. */
static bool is_known(const struct tb_schema_errors *errors, const struct tb_schema_error *error)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct tb_schema_error *other = &errors->items[i];
        if (other->code == error->code && tb_str_eq(other->pointer, error->pointer) &&
            tb_str_eq(other->expected, error->expected))
            return true;
    }
    return false;
}

void tb_schema_error_add(struct tb_schema_errors *errors, struct tb_arena *arena,
                         enum tb_schema_code code, const struct tb_schema_step *at,
                         struct tb_str expected)
{
    struct tb_schema_error error = {pointer_of(at, arena), code, expected};
    if (is_known(errors, &error))
        return;
    if (errors->count == TB_SCHEMA_ERRORS_MAX)
        errors->truncated = true;
    else
        errors->items[errors->count++] = error;
}

/* The items of an enum without their brackets, as many as fit. */
static void add_items(const json_t *values, struct tb_buf *out)
{
    for (size_t i = 0; i < json_array_size(values) && !out->overflow; i++) {
        size_t len = out->len;
        tb_buf_add_text(out, i > 0 ? ", " : "");
        tb_json_canonical(json_array_get(values, i), out);
        if (out->overflow)
            out->len = len;
    }
}

void tb_schema_error_add_json(struct tb_schema_errors *errors, struct tb_arena *arena,
                              enum tb_schema_code code, const struct tb_schema_step *at,
                              const json_t *expected)
{
    struct tb_buf out;
    tb_buf_init(&out, EXPECTED_BYTES_MAX);
    if (code == TB_SCHEMA_ENUM)
        add_items(expected, &out);
    else
        tb_json_canonical(expected, &out);
    struct tb_str text = out.overflow && code != TB_SCHEMA_ENUM
                             ? TB_STR_NULL
                             : tb_arena_str(arena, tb_buf_str(&out));
    tb_schema_error_add(errors, arena, code, at, text);
    tb_buf_fini(&out);
}
