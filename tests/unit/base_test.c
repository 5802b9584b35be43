#include "timebank/arena.h"
#include "timebank/buf.h"
#include "timebank/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void arena_gives_memory_up_to_its_maximum_and_no_further(void **state)
{
    (void)state;
    struct tb_arena *arena = tb_arena_new(1000);
    assert_non_null(tb_arena_alloc(arena, 400));
    assert_non_null(tb_arena_alloc(arena, 600));
    assert_false(tb_arena_overflowed(arena));
    assert_null(tb_arena_alloc(arena, 1));
    assert_true(tb_arena_overflowed(arena));
    assert_int_equal(tb_arena_used_bytes(arena), 1000);
    tb_arena_free(arena);
}

static void arena_refuses_a_size_that_would_wrap(void **state)
{
    (void)state;
    struct tb_arena *arena = tb_arena_new(SIZE_MAX);
    for (size_t less = 0; less < 100; less++)
        assert_null(tb_arena_alloc(arena, SIZE_MAX - less));
    assert_true(tb_arena_overflowed(arena));
    tb_arena_free(arena);
}

static char released[4];
static size_t released_count;

static void note_release(void *object)
{
    released[released_count++] = *(char *)object;
}

static void arena_releases_deferred_objects_newest_first(void **state)
{
    (void)state;
    char names[] = "abc";
    struct tb_arena *arena = tb_arena_new(4096);
    released_count = 0;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tb_arena_defer(arena, note_release, &names[i]), TB_OK);
    tb_arena_free(arena);
    assert_memory_equal(released, "cba", 3);
}

static void arena_without_room_releases_at_once(void **state)
{
    (void)state;
    char name = 'x';
    struct tb_arena *arena = tb_arena_new(1);
    released_count = 0;
    assert_int_equal(tb_arena_defer(arena, note_release, &name), TB_ERR_NO_MEMORY);
    assert_int_equal(released_count, 1);
    tb_arena_free(arena);
    assert_int_equal(released_count, 1);
}

static void buffer_stops_at_its_maximum_and_remembers(void **state)
{
    (void)state;
    struct tb_buf buf;
    tb_buf_init(&buf, 5);
    tb_buf_add_text(&buf, "12345");
    assert_false(buf.overflow);
    tb_buf_add_char(&buf, '6');
    assert_true(buf.overflow);
    assert_int_equal(buf.len, 5);
    tb_buf_fini(&buf);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    struct tb_buf buf;
    tb_buf_init(&buf, 100);
    tb_buf_add_json_string(&buf, TB_STR("a\"b\\c\n\x01\x1f 冯"));
    assert_int_equal(buf.len, strlen("\"a\\\"b\\\\c\\n\\u0001\\u001f 冯\""));
    assert_memory_equal(buf.data, "\"a\\\"b\\\\c\\n\\u0001\\u001f 冯\"", buf.len);
    tb_buf_fini(&buf);
}

static bool reads(const char *text, int64_t expected)
{
    int64_t value;
    return tb_str_to_int64(tb_str_of(text), &value) && value == expected;
}

static void integers_are_read_whole_or_not_at_all(void **state)
{
    int64_t value;
    (void)state;
    assert_true(reads("0", 0));
    assert_true(reads("-7", -7));
    assert_true(reads("9223372036854775807", INT64_MAX));
    assert_true(reads("-9223372036854775808", INT64_MIN));
    static const char *const bad[] = {
        "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(tb_str_to_int64(tb_str_of(bad[i]), &value));
}

static void new_uuids_are_valid_different_and_in_order(void **state)
{
    (void)state;
    char last[TB_UUID_TEXT_BYTES] = "";
    for (int i = 0; i < 10000; i++) {
        char id[TB_UUID_TEXT_BYTES];
        tb_uuid_v7(id);
        assert_true(tb_uuid_is_valid(tb_str_of(id)));
        assert_int_equal(id[14], '7');
        assert_true(strcmp(last, id) < 0);
        memcpy(last, id, sizeof(last));
    }
}

static void derived_uuids_follow_from_their_bytes(void **state)
{
    (void)state;
    char a[TB_UUID_TEXT_BYTES];
    char b[TB_UUID_TEXT_BYTES];
    tb_uuid_v8(TB_STR("abc"), a);
    tb_uuid_v8(TB_STR("abc"), b);
    /* SHA-256("abc") = ba7816bf 8f01cfea 414140de 5dae2223 …, with version 8 and variant 2. */
    assert_string_equal(a, "ba7816bf-8f01-8fea-8141-40de5dae2223");
    assert_string_equal(a, b);
    tb_uuid_v8(TB_STR("abd"), b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_memory_up_to_its_maximum_and_no_further),
        cmocka_unit_test(arena_refuses_a_size_that_would_wrap),
        cmocka_unit_test(arena_releases_deferred_objects_newest_first),
        cmocka_unit_test(arena_without_room_releases_at_once),
        cmocka_unit_test(buffer_stops_at_its_maximum_and_remembers),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(integers_are_read_whole_or_not_at_all),
        cmocka_unit_test(new_uuids_are_valid_different_and_in_order),
        cmocka_unit_test(derived_uuids_follow_from_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
