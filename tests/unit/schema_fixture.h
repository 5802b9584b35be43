/* What the tests of the schema module share: an arena a test, compiled text, errors as text. */
#ifndef TIMEBANK_TESTS_SCHEMA_FIXTURE_H
#define TIMEBANK_TESTS_SCHEMA_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timebank/json.h"
#include "timebank/schema.h"

#include <stdio.h>
#include <stdlib.h>

static inline int setup(void **state)
{
    *state = tb_arena_new(8 << 20);
    return *state == NULL;
}

static inline int teardown(void **state)
{
    tb_arena_free(*state);
    return 0;
}

static inline json_t *parse(void **state, const char *text)
{
    const struct tb_json_limits limits = {.max_depth = TB_JSON_DEPTH_MAX, .allow_scalar = true};
    json_t *value = NULL;
    struct tb_json_error error;
    if (tb_json_parse(tb_str_of(text), &limits, *state, &value, &error) != TB_OK)
        fail_msg("%s: %s", text, error.text);
    return value;
}

static inline const struct tb_schema *compile(void **state, const char *text)
{
    const json_t *document = parse(state, text);
    const struct tb_schema *schema = NULL;
    struct tb_error_text error;
    if (tb_schema_compile(document, document, *state, &schema, &error) != TB_OK)
        fail_msg("%s: %s", text, error.text);
    return schema;
}

/* All errors as lines of "pointer code expected". */
static inline void print_errors(const struct tb_schema_errors *errors, struct tb_buf *out)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct tb_schema_error *error = &errors->items[i];
        assert_non_null(error->pointer.ptr);
        tb_buf_printf(out, "%s%.*s %s", i > 0 ? "\n" : "", TB_STR_ARG(error->pointer),
                      tb_schema_code_name(error->code));
        if (error->expected.ptr != NULL)
            tb_buf_printf(out, " %.*s", TB_STR_ARG(error->expected));
    }
    tb_buf_add_char(out, '\0');
}

static inline void assert_errors(const struct tb_schema_errors *errors, const char *expected)
{
    struct tb_buf out;
    tb_buf_init(&out, 1 << 20);
    print_errors(errors, &out);
    assert_string_equal(out.data, expected);
    tb_buf_fini(&out);
}

static inline void check(void **state, const char *schema, const char *value, const char *expected)
{
    struct tb_schema_errors errors = {.count = 0};
    size_t found = tb_schema_validate(compile(state, schema), parse(state, value), *state, &errors);
    assert_errors(&errors, expected);
    assert_int_equal(found == 0, errors.count == 0);
    assert_false(errors.truncated);
}

#endif
