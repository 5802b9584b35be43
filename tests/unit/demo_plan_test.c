/* The plan of the demo against the founding document's figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "demo/plan.h"

#include <stdlib.h>

static struct tb_arena *arena;
static struct tb_demo_plan *plan;

static struct tb_demo_plan *make(uint64_t seed)
{
    struct tb_demo_plan *made = NULL;
    assert_int_equal(tb_demo_plan_make(seed, arena, &made), TB_OK);
    return made;
}

static int setup(void **state)
{
    (void)state;
    arena = tb_arena_new(64u << 20);
    plan = make(TB_DEMO_SEED);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tb_arena_free(arena);
    return 0;
}

static void test_communities_are_98(void **state)
{
    (void)state;
    static const char *const named[] = {"丰华社区", "北园社区", "岔河社区",  "南营社区",
                                        "尉署社区", "长乐社区", "小锅市社区"};
    unsigned urban = 0;
    for (unsigned c = 0; c < TB_DEMO_COMMUNITIES; c++) {
        urban += plan->places[c].is_urban;
        assert_int_equal(plan->places[c].code / 1000,
                         tb_demo_offices[plan->places[c].office].code / 1000);
        for (unsigned other = 0; other < c; other++)
            assert_true(plan->places[c].code != plan->places[other].code);
    }
    assert_int_equal(urban, 47);
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        assert_true(plan->places[tb_demo_place_find(plan->places, named[i])].is_of_document);
}

static void test_retirees_are_3310(void **state)
{
    (void)state;
    unsigned lixiu = 0;
    unsigned tuixiu = 0;
    unsigned urban = 0;
    for (unsigned i = 0; i < plan->persons_count; i++) {
        const struct tb_demo_person *person = &plan->persons[i];
        lixiu += person->standing == TB_DEMO_IS_LIXIU;
        tuixiu += person->standing == TB_DEMO_IS_TUIXIU;
        urban += person->standing != TB_DEMO_OTHER && plan->places[person->community].is_urban;
    }
    assert_int_equal(lixiu, 270);
    assert_int_equal(tuixiu, 3040);
    assert_int_equal((200 * urban + 3310) / (2 * 3310), 96);
}

static void test_members_are_distinct(void **state)
{
    (void)state;
    unsigned members = 0;
    for (unsigned i = 0; i < plan->volunteers_count; i++)
        members += plan->volunteers[i].team != TB_DEMO_NONE;
    assert_in_range(members, 351, 359);
    unsigned placed = 0;
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++)
        placed += plan->teams[i].members_count;
    assert_int_equal(placed, members);
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++) {
        const struct tb_demo_volunteer *leader = &plan->volunteers[plan->teams[i].first_member];
        assert_int_equal(plan->persons[leader->person].community, plan->teams[i].community);
    }
}

static void test_minority_team_is_led_by_feng(void **state)
{
    (void)state;
    unsigned team = 0;
    while (strcmp(plan->teams[team].kind, "minority") != 0)
        team++;
    const struct tb_demo_person *leader =
        &plan->persons[plan->volunteers[plan->teams[team].first_member].person];
    assert_string_equal(leader->name, "冯良才");
    assert_string_equal(leader->ethnicity, "回族");
    assert_int_equal(leader->standing, TB_DEMO_IS_LIXIU);
    assert_int_equal(2014 - tb_date_to_ymd(leader->born).year, 80);
    assert_false(leader->is_synthetic);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void assert_distinct(const char **texts, size_t count)
{
    qsort(texts, count, sizeof(*texts), compare_texts);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(texts[i - 1], texts[i]);
}

static void test_numbers_are_nobodys_and_distinct(void **state)
{
    (void)state;
    const char *ids[TB_DEMO_PERSONS_MAX];
    const char *numbers[TB_DEMO_PERSONS_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < plan->persons_count; i++) {
        ids[i] = plan->persons[i].id;
        if (plan->persons[i].id_number[0] == '\0')
            continue;
        assert_int_equal(strlen(plan->persons[i].id_number), 18);
        assert_memory_equal(plan->persons[i].id_number, "37149", 5);
        assert_memory_equal(plan->persons[i].phone, "100", 3);
        numbers[count++] = plan->persons[i].id_number;
    }
    assert_int_equal(count, plan->persons_count - 1);
    assert_distinct(numbers, count);
    assert_distinct(ids, plan->persons_count);
}

/* GB 11643-1999: the weighted sum of all eighteen leaves 1 modulo 11. */
static void test_check_digits_are_right(void **state)
{
    (void)state;
    for (unsigned i = 0; i < plan->persons_count; i++) {
        const char *number = plan->persons[i].id_number;
        int rest = 0;
        for (int d = 0; number[0] != '\0' && d < 18; d++)
            rest = (rest * 2 + (number[d] == 'X' ? 10 : number[d] - '0')) % 11;
        if (number[0] != '\0')
            assert_int_equal(rest, 1);
    }
}

static void test_couples_live_together(void **state)
{
    (void)state;
    unsigned couples = 0;
    for (unsigned i = 0; i < plan->persons_count; i++) {
        int spouse = plan->persons[i].spouse;
        if (spouse == TB_DEMO_NONE)
            continue;
        couples++;
        assert_int_equal(plan->persons[spouse].spouse, (int)i);
        assert_int_equal(plan->persons[spouse].household, plan->persons[i].household);
        assert_true(plan->persons[spouse].is_female != plan->persons[i].is_female);
    }
    assert_true(couples > 400);
}

static void test_same_seed_same_plan(void **state)
{
    (void)state;
    const struct tb_demo_plan *again = make(TB_DEMO_SEED);
    const struct tb_demo_plan *other = make(TB_DEMO_SEED + 1);
    assert_int_equal(again->persons_count, plan->persons_count);
    for (unsigned i = 0; i < plan->persons_count; i++) {
        assert_string_equal(again->persons[i].id, plan->persons[i].id);
        assert_string_equal(again->persons[i].name, plan->persons[i].name);
        assert_string_not_equal(other->persons[i].id, plan->persons[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_communities_are_98),
        cmocka_unit_test(test_retirees_are_3310),
        cmocka_unit_test(test_members_are_distinct),
        cmocka_unit_test(test_minority_team_is_led_by_feng),
        cmocka_unit_test(test_numbers_are_nobodys_and_distinct),
        cmocka_unit_test(test_check_digits_are_right),
        cmocka_unit_test(test_couples_live_together),
        cmocka_unit_test(test_same_seed_same_plan),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
