#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "message/entity_tag.h"

static void assert_tag(struct tb_str *list, const char *opaque, bool weak)
{
    struct tb_entity_tag tag;
    assert_true(tb_entity_tag_next(list, &tag));
    assert_true(tb_str_is(tag.opaque, opaque));
    assert_int_equal(tag.weak, weak);
}

static void a_list_is_read_tag_by_tag(void **state)
{
    struct tb_str list = TB_STR(" ,\"a\",W/\"b\" ,,\t\"\", \"c,\\d\xe8\" ,");
    struct tb_entity_tag tag;
    (void)state;
    assert_tag(&list, "a", false);
    assert_tag(&list, "b", true);
    assert_tag(&list, "", false);
    assert_tag(&list, "c,\\d\xe8", false);
    assert_false(tb_entity_tag_next(&list, &tag));
    assert_int_equal(list.len, 0);
}

static void what_is_no_tag_ends_the_list_with_a_rest(void **state)
{
    const char *const lists[] = {"a",      "\"",          "\"a",      "\"a b\"",   "w/\"a\"", "W/a",
                                 "\"a\"b", "\"a\" \"b\"", "W /\"a\"", "\"a\x7f\"", "*"};
    struct tb_entity_tag tag;
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct tb_str list = tb_str_of(lists[i]);
        assert_false(tb_entity_tag_next(&list, &tag));
        assert_true(list.len > 0);
    }
}

static void assert_version(const char *header, int64_t wanted)
{
    int64_t version = -1;
    assert_int_equal(tb_if_match_read(tb_str_of(header), &version), TB_IF_MATCH_VERSION);
    assert_int_equal(version, wanted);
}

static void if_match_gives_the_version_of_our_tags(void **state)
{
    (void)state;
    assert_version("\"v17.5f3a9c2e\"", 17);
    assert_version("\"v17\"", 17);
    assert_version("\"17\"", 17);
    assert_version("v17", 17);
    assert_version("17", 17);
    assert_version("\"v17.aa\", \"v17.bb\"", 17);
    assert_version("\"v9223372036854775807\"", INT64_MAX);
}

static void weak_tags_never_match(void **state)
{
    (void)state;
    assert_version("W/\"v17\"", TB_VERSION_NONE);
    assert_version("W/\"v17\", W/\"x\"", TB_VERSION_NONE);
    assert_version("W/\"v17\", \"v18\"", 18);
}

static void if_match_is_any_for_a_star_alone(void **state)
{
    int64_t version = -7;
    (void)state;
    assert_int_equal(tb_if_match_read(TB_STR("*"), &version), TB_IF_MATCH_ANY);
    assert_int_equal(version, -7);
}

static void if_match_refuses_what_speaks_of_no_single_version(void **state)
{
    const char *const headers[] = {"",
                                   ",",
                                   "v",
                                   "x",
                                   "\"x\"",
                                   "\"\"",
                                   "\"v\"",
                                   "\"v-1\"",
                                   "-1",
                                   "\"v1\", \"v2\"",
                                   "\"v1\", *",
                                   "*, \"v1\"",
                                   "\"v1\" \"v1\"",
                                   "\"v1",
                                   "v1, v1",
                                   "\"v9223372036854775808\"",
                                   "\".1\"",
                                   "vv1"};
    int64_t version;
    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        assert_int_equal(tb_if_match_read(tb_str_of(headers[i]), &version), TB_IF_MATCH_INVALID);
}

static void if_none_match_compares_whole_tags_weakly(void **state)
{
    struct tb_str etag = TB_STR("\"v1.ab\"");
    (void)state;
    assert_true(tb_if_none_match_names(TB_STR("\"v1.ab\""), etag));
    assert_true(tb_if_none_match_names(TB_STR("W/\"v1.ab\""), etag));
    assert_true(tb_if_none_match_names(TB_STR("\"x\" , W/\"y\",\"v1.ab\""), etag));
    assert_true(tb_if_none_match_names(TB_STR("*"), etag));
    assert_false(tb_if_none_match_names(TB_STR("\"v1\""), etag));
    assert_false(tb_if_none_match_names(TB_STR("\"v1.AB\""), etag));
    assert_false(tb_if_none_match_names(TB_STR("v1.ab"), etag));
    assert_false(tb_if_none_match_names(TB_STR("x\"v1.ab\""), etag));
    assert_false(tb_if_none_match_names(TB_STR(""), etag));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_tag_by_tag),
        cmocka_unit_test(what_is_no_tag_ends_the_list_with_a_rest),
        cmocka_unit_test(if_match_gives_the_version_of_our_tags),
        cmocka_unit_test(weak_tags_never_match),
        cmocka_unit_test(if_match_is_any_for_a_star_alone),
        cmocka_unit_test(if_match_refuses_what_speaks_of_no_single_version),
        cmocka_unit_test(if_none_match_compares_whole_tags_weakly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
