#include "operation/sql_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static enum tb_err in_brackets(struct tb_str name, struct tb_buf *out, void *context)
{
    (void)context;
    if (tb_str_is(name, "unknown"))
        return TB_ERR_CONFIG;
    tb_buf_printf(out, "<%.*s>", TB_STR_ARG(name));
    return TB_OK;
}

static void assert_rewritten(const char *text, const char *expected)
{
    struct tb_buf out;
    tb_buf_init(&out, 4096);
    assert_int_equal(tb_sql_rewrite(tb_str_of(text), &out, in_brackets, NULL), TB_OK);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    tb_buf_fini(&out);
}

static void names_are_replaced_and_casts_are_not(void **state)
{
    (void)state;
    assert_rewritten("a = :district AND b = :as_of::date", "a = <district> AND b = <as_of>::date");
    assert_rewritten("x::bigint", "x::bigint");
    assert_rewritten("array[1:2]", "array[1<2>]"); /* slices are not written in our files */
}

static void quoted_texts_and_comments_are_left_alone(void **state)
{
    (void)state;
    assert_rewritten("'at :noon' || :a", "'at :noon' || <a>");
    assert_rewritten("'it''s :x' || :a", "'it''s :x' || <a>");
    assert_rewritten("\"co:l\" = :a", "\"co:l\" = <a>");
    assert_rewritten("-- see :here\n:a", "-- see :here\n<a>");
    assert_rewritten("a - :b", "a - <b>");
}

static void the_replacers_refusal_ends_the_rewriting(void **state)
{
    (void)state;
    struct tb_buf out;
    tb_buf_init(&out, 100);
    assert_int_equal(tb_sql_rewrite(TB_STR(":unknown :a"), &out, in_brackets, NULL), TB_ERR_CONFIG);
    tb_buf_fini(&out);
}

static void a_file_is_split_at_its_headings(void **state)
{
    (void)state;
    struct tb_str text = TB_STR("-- Why.\n-- step: lock\nSELECT 1;\n\n-- step: post\nSELECT 2\n");
    struct tb_str name;
    struct tb_str body;
    assert_true(tb_sql_next_step(&text, &name, &body));
    assert_true(tb_str_is(name, "lock"));
    assert_true(tb_str_is(body, "SELECT 1"));
    assert_true(tb_sql_next_step(&text, &name, &body));
    assert_true(tb_str_is(name, "post"));
    assert_true(tb_str_is(body, "SELECT 2"));
    assert_int_equal(text.len, 0);
    assert_false(tb_sql_next_step(&text, &name, &body));
}

static void a_file_without_headings_is_one_step(void **state)
{
    (void)state;
    struct tb_str text = TB_STR("SELECT 1 -- step: not a heading\n;\n");
    struct tb_str name;
    struct tb_str body;
    assert_true(tb_sql_next_step(&text, &name, &body));
    assert_true(tb_str_is(name, ""));
    assert_true(tb_str_is(body, "SELECT 1 -- step: not a heading"));
    assert_false(tb_sql_next_step(&text, &name, &body));
}

static enum tb_err gather(struct tb_str name, struct tb_str type, void *context)
{
    tb_buf_printf(context, "%.*s|%.*s;", TB_STR_ARG(name), TB_STR_ARG(type));
    return TB_OK;
}

static void request_fields_are_found_with_types_of_any_form(void **state)
{
    (void)state;
    struct tb_buf names;
    tb_buf_init(&names, 1000);
    struct tb_str text =
        TB_STR("FROM jsonb_to_recordset(:requests) AS r(ordinal int,\n"
               "    at timestamptz, amount numeric(10, 2), \"position\" text, tags text[])\n"
               "JOIN jsonb_to_recordset(r.checks) AS x(other int)");
    assert_int_equal(tb_sql_each_request_field(text, gather, &names), TB_OK);
    assert_memory_equal(
        names.data, "ordinal|int;at|timestamptz;amount|numeric(10, 2);position|text;tags|text[];",
        names.len);
    tb_buf_fini(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_replaced_and_casts_are_not),
        cmocka_unit_test(quoted_texts_and_comments_are_left_alone),
        cmocka_unit_test(the_replacers_refusal_ends_the_rewriting),
        cmocka_unit_test(a_file_is_split_at_its_headings),
        cmocka_unit_test(a_file_without_headings_is_one_step),
        cmocka_unit_test(request_fields_are_found_with_types_of_any_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
