#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "message/query.h"

static int make_arena(void **state)
{
    *state = tb_arena_new(65536);
    return *state == NULL;
}

static int free_arena(void **state)
{
    tb_arena_free(*state);
    return 0;
}

static void assert_decoded(void **state, const char *text, enum tb_plus plus, struct tb_str wanted)
{
    struct tb_str decoded;
    assert_int_equal(tb_percent_decode(tb_str_of(text), plus, *state, &decoded), TB_OK);
    assert_int_equal(decoded.len, wanted.len);
    assert_memory_equal(decoded.ptr, wanted.ptr, wanted.len);
}

static void escapes_become_bytes_once(void **state)
{
    assert_decoded(state, "", TB_PLUS_IS_PLUS, TB_STR(""));
    assert_decoded(state, "%41%2541", TB_PLUS_IS_PLUS, TB_STR("A%41"));
    assert_decoded(state, "%e8%B7%af", TB_PLUS_IS_PLUS, TB_STR("路"));
    assert_decoded(state, "a%00b", TB_PLUS_IS_PLUS, TB_STR("a\0b"));
    assert_decoded(state, "%26%3D%2B", TB_PLUS_IS_BLANK, TB_STR("&=+"));
}

static void plus_is_a_blank_in_a_query_only(void **state)
{
    assert_decoded(state, "a+b", TB_PLUS_IS_PLUS, TB_STR("a+b"));
    assert_decoded(state, "a+b", TB_PLUS_IS_BLANK, TB_STR("a b"));
}

static void an_escape_without_two_digits_is_refused(void **state)
{
    const char *const texts[] = {"%", "%4", "a%", "a%4", "%zz", "%4z", "%z4", "%%41", "%+1", "% 1"};
    struct tb_str decoded;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(tb_percent_decode(tb_str_of(texts[i]), TB_PLUS_IS_BLANK, *state, &decoded),
                         TB_ERR_INVALID);
}

static void decoding_without_memory_is_told_apart_from_bad_text(void **state)
{
    struct tb_arena *small = tb_arena_new(4);
    struct tb_str decoded;
    (void)state;
    assert_int_equal(tb_percent_decode(TB_STR("%zzzzzzzz"), TB_PLUS_IS_PLUS, small, &decoded),
                     TB_ERR_NO_MEMORY);
    tb_arena_free(small);
}

static void what_is_encoded_is_unreserved(void **state)
{
    struct tb_buf out;
    (void)state;
    tb_buf_init(&out, 100);
    tb_percent_encode(TB_STR("aZ09-._~ +%&=/\0路>"), &out);
    tb_buf_add_char(&out, '\0');
    assert_string_equal(out.data, "aZ09-._~%20%2B%25%26%3D%2F%00%E8%B7%AF%3E");
    tb_buf_fini(&out);
}

static void assert_pair(struct tb_str *query, const char *name, const char *value)
{
    struct tb_query_pair pair;
    assert_true(tb_query_next(query, &pair));
    assert_true(tb_str_is(pair.name, name));
    assert_true(tb_str_is(pair.value, value));
}

static void pairs_are_split_before_they_are_decoded(void **state)
{
    struct tb_str query = TB_STR("&&a=1&b&=c&d=e=f&a%26b=%3D&g=&");
    struct tb_query_pair pair;
    (void)state;
    assert_pair(&query, "a", "1");
    assert_pair(&query, "b", "");
    assert_pair(&query, "", "c");
    assert_pair(&query, "d", "e=f");
    assert_pair(&query, "a%26b", "%3D");
    assert_pair(&query, "g", "");
    assert_false(tb_query_next(&query, &pair));
    assert_false(tb_query_next(&query, &pair));
}

static void assert_next(void **state, const char *query, const char *wanted)
{
    struct tb_buf out;
    tb_buf_init(&out, 1000);
    tb_query_with_cursor(tb_str_of(query), TB_STR("new"), *state, &out);
    tb_buf_add_char(&out, '\0');
    assert_string_equal(out.data, wanted);
    tb_buf_fini(&out);
}

static void the_next_page_has_the_same_query_and_one_cursor(void **state)
{
    assert_next(state, "", "cursor=new");
    assert_next(state, "name=a+b&cursor=old&limit=2", "name=a%20b&limit=2&cursor=new");
    assert_next(state, "c%75rsor=old", "cursor=new");
}

static void the_next_page_does_not_end_its_link_early(void **state)
{
    assert_next(state, "name=a>;\"b", "name=a%3E%3B%22b&cursor=new");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(escapes_become_bytes_once),
        TEST(plus_is_a_blank_in_a_query_only),
        TEST(an_escape_without_two_digits_is_refused),
        TEST(decoding_without_memory_is_told_apart_from_bad_text),
        TEST(what_is_encoded_is_unreserved),
        TEST(pairs_are_split_before_they_are_decoded),
        TEST(the_next_page_has_the_same_query_and_one_cursor),
        TEST(the_next_page_does_not_end_its_link_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
