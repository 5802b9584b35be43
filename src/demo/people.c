#include "demo/plan.h"

#include <stdio.h>

#define URBAN_VOLUNTEERS 4 /* of a community without a team */
#define RURAL_VOLUNTEERS 2
#define RESIDENTS 3 /* who are served, besides the retirees */

#define FENG "冯良才" /* leads the minority team of 南营 at 80 */

/* ------------------------------------------------------------------ homes */

static unsigned add_household(struct tb_demo_plan *plan, unsigned community)
{
    unsigned index = plan->households_count++;
    struct tb_demo_household *household = &plan->households[index];
    const struct tb_demo_place *place = &plan->places[community];
    unsigned number = index;
    while (number > 0 && plan->households[number - 1].community == community)
        number--;
    number = index - number; /* its place in the community */
    household->community = community;
    tb_demo_id(plan->seed, "household", index, 0, 0, household->id);
    if (place->is_urban)
        (void)snprintf(household->address, sizeof(household->address), "%u号楼%u单元%u0%u室",
                       number / 24 + 1, number / 12 % 2 + 1, number / 2 % 6 + 1, number % 2 + 1);
    else
        (void)snprintf(household->address, sizeof(household->address), "中心街%u号", number + 1);
    return index;
}

static unsigned add_person(struct tb_demo_plan *plan, unsigned community, unsigned household,
                           enum tb_demo_standing standing, const char *category)
{
    TB_BUG_IF(plan->persons_count == TB_DEMO_PERSONS_MAX);
    unsigned index = plan->persons_count++;
    struct tb_demo_chance chance = tb_demo_chance_of(plan->seed, "sex", index);
    struct tb_demo_person *person = &plan->persons[index];
    *person = (struct tb_demo_person){
        .community = community,
        .household = household,
        .standing = standing,
        .category = category,
        .ethnicity = "汉族",
        .is_female = tb_demo_chance_permille(&chance, 440),
        .is_synthetic = true,
        .spouse = TB_DEMO_NONE,
        .volunteer = TB_DEMO_NONE,
    };
    tb_demo_id(plan->seed, "person", index, 0, 0, person->id);
    tb_demo_id(plan->seed, "user", index, 0, 0, person->user_id);
    plan->communities[community].persons_count++;
    return index;
}

static unsigned add_single(struct tb_demo_plan *plan, unsigned community, const char *category)
{
    unsigned household = add_household(plan, community);
    unsigned person = add_person(plan, community, household, TB_DEMO_OTHER, category);
    tb_demo_person_make_up(plan, person);
    return person;
}

/* ------------------------------------------------------------------ retirees */

static unsigned retirees_of(const struct tb_demo_plan *plan, unsigned community)
{
    unsigned rural = TB_DEMO_RETIREES - TB_DEMO_URBAN_RETIREES;
    unsigned rural_communities = TB_DEMO_COMMUNITIES - TB_DEMO_URBAN;
    if (plan->places[community].is_urban)
        return TB_DEMO_URBAN_RETIREES / TB_DEMO_URBAN +
               (community < TB_DEMO_URBAN_RETIREES % TB_DEMO_URBAN);
    return rural / rural_communities + (community - TB_DEMO_URBAN < rural % rural_communities);
}

/* Spread evenly: exactly TB_DEMO_LIXIU of all, number `anchor` among them. */
static enum tb_demo_standing standing_of(unsigned number, unsigned anchor)
{
    unsigned place = (number + TB_DEMO_RETIREES - anchor) % TB_DEMO_RETIREES;
    return place * TB_DEMO_LIXIU % TB_DEMO_RETIREES < TB_DEMO_LIXIU ? TB_DEMO_IS_LIXIU
                                                                    : TB_DEMO_IS_TUIXIU;
}

/* In the towns and streets nobody is a couple but the third with the fourth of each six. */
static void marry(struct tb_demo_plan *plan, unsigned husband, unsigned wife)
{
    plan->persons[husband].is_female = false;
    plan->persons[wife].is_female = true;
    plan->persons[husband].spouse = (int)wife;
    plan->persons[wife].spouse = (int)husband;
}

static void add_retirees(struct tb_demo_plan *plan, unsigned c, unsigned first_number,
                         unsigned anchor)
{
    struct tb_demo_community *community = &plan->communities[c];
    bool is_minority = strcmp(plan->places[c].name, "南营社区") == 0;
    community->retirees_count = retirees_of(plan, c);
    for (unsigned i = 0; i < community->retirees_count; i++) {
        bool is_wife = i % 6 == 3;
        unsigned household = is_wife ? plan->households_count - 1 : add_household(plan, c);
        unsigned person =
            add_person(plan, c, household, standing_of(first_number + i, anchor), NULL);
        if (is_minority && i % 5 < 3)
            plan->persons[person].ethnicity = "回族";
        if (is_wife)
            marry(plan, person - 1, person);
    }
    for (unsigned i = 0; i < community->retirees_count; i++)
        tb_demo_person_make_up(plan, community->persons_first + i);
}

/* What the document says of him, and a birthday that fits: the only one who is not made up. */
static void make_feng(struct tb_demo_plan *plan, unsigned community)
{
    struct tb_demo_person *feng = &plan->persons[plan->communities[community].persons_first];
    TB_BUG_IF(feng->standing != TB_DEMO_IS_LIXIU);
    (void)snprintf(feng->name, sizeof(feng->name), "%s", FENG);
    feng->ethnicity = "回族";
    feng->is_female = false;
    feng->is_synthetic = false;
    feng->phone[0] = '\0';
    feng->id_number[0] = '\0';
    TB_BUG_IF(tb_date_from_ymd((struct tb_ymd){1934, 1, 1}, &feng->born) != TB_OK);
}

/* ------------------------------------------------------------------ volunteers */

static struct tb_date first_monday(void)
{
    return tb_demo_week_begin(0);
}

static int64_t opening_of(struct tb_demo_chance *chance)
{
    unsigned draw = tb_demo_chance_below(chance, 1000);
    if (draw < 12)
        return 60 * (400 + (int64_t)tb_demo_chance_below(chance, 90));
    if (draw < 50)
        return 60 * (200 + (int64_t)tb_demo_chance_below(chance, 180));
    if (draw < 140)
        return 30 * (120 + (int64_t)tb_demo_chance_below(chance, 200));
    return draw < 260 ? 30 * (20 + (int64_t)tb_demo_chance_below(chance, 100)) : 0;
}

static void add_volunteer(struct tb_demo_plan *plan, unsigned person, bool joins_first)
{
    TB_BUG_IF(plan->volunteers_count == TB_DEMO_VOLUNTEERS_MAX);
    unsigned index = plan->volunteers_count++;
    struct tb_demo_chance chance = tb_demo_chance_of(plan->seed, "volunteer", index);
    struct tb_demo_volunteer *volunteer = &plan->volunteers[index];
    bool is_new = !joins_first && tb_demo_chance_permille(&chance, 180);
    int32_t days = is_new ? 7 + (int32_t)tb_demo_chance_below(&chance, 560) : 0;
    *volunteer = (struct tb_demo_volunteer){
        .person = person,
        .team = TB_DEMO_NONE,
        .joined = tb_date_add_days(first_monday(), days),
        .opening_minutes = is_new ? 0 : opening_of(&chance),
    };
    volunteer->spendable = volunteer->opening_minutes;
    tb_demo_id(plan->seed, "volunteer", index, 0, 0, volunteer->id);
    tb_demo_id(plan->seed, "passbook", index, 0, 0, volunteer->passbook_id);
    plan->persons[person].volunteer = (int)index;
}

static void add_volunteers(struct tb_demo_plan *plan, unsigned c)
{
    struct tb_demo_community *community = &plan->communities[c];
    unsigned places = tb_demo_team_places(plan, c);
    if (places == 0)
        places = plan->places[c].is_urban ? URBAN_VOLUNTEERS : RURAL_VOLUNTEERS;
    TB_BUG_IF(places > community->retirees_count);
    community->volunteers_first = plan->volunteers_count;
    community->volunteers_count = places;
    for (unsigned i = 0; i < places; i++)
        add_volunteer(plan, community->persons_first + i, i < 2 || i == 5 || i == 11 || i == 30);
}

/* ------------------------------------------------------------------ communities */

/* In town the last retiree heads the residents' group (小组长); he is no volunteer. */
static void add_staff(struct tb_demo_plan *plan, unsigned c)
{
    static const char *const categories[] = {"empty_nest", "empty_nest", "hardship",
                                             "solitary",   "disabled",   "ill"};
    struct tb_demo_community *community = &plan->communities[c];
    unsigned last = community->persons_first + community->retirees_count - 1;
    bool has_head = plan->places[c].is_urban;
    community->secretary = add_single(plan, c, NULL);
    community->clerk = add_single(plan, c, NULL);
    community->keeper = add_single(plan, c, NULL);
    community->group_head = has_head ? last : add_single(plan, c, NULL);
    community->residents_first = plan->persons_count;
    community->residents_count = RESIDENTS;
    for (unsigned i = 0; i < RESIDENTS; i++)
        (void)add_single(plan, c, categories[c == 0 ? i : (c + 2 * i) % 6]);
}

static void add_community(struct tb_demo_plan *plan, unsigned c, unsigned first_number,
                          unsigned anchor)
{
    unsigned office = plan->places[c].office;
    plan->communities[c].persons_first = plan->persons_count;
    add_retirees(plan, c, first_number, anchor);
    add_volunteers(plan, c);
    add_staff(plan, c);
    if (c == 0 || plan->places[c - 1].office != office) {
        plan->office_admins[office] = add_single(plan, c, NULL);
        plan->office_clerks[office] = add_single(plan, c, NULL);
    }
    if (c == 0) {
        plan->auditor = add_single(plan, c, NULL);
        plan->report_reader = add_single(plan, c, NULL);
        plan->information_officer = add_single(plan, c, NULL);
        plan->scenario.daughter = add_single(plan, c, NULL);
        plan->persons[plan->scenario.daughter].is_female = true;
        tb_demo_person_make_up(plan, plan->scenario.daughter);
    }
}

/* ------------------------------------------------------------------ scenarios */

static unsigned reserve(struct tb_demo_plan *plan, unsigned volunteer, int64_t opening_minutes)
{
    struct tb_demo_volunteer *reserved = &plan->volunteers[volunteer];
    TB_BUG_IF(plan->persons[reserved->person].spouse != TB_DEMO_NONE);
    reserved->is_reserved = true;
    reserved->opening_minutes = opening_minutes;
    reserved->spendable = 0;
    return reserved->person;
}

/* 霞光红 of 丰华: its leader, a volunteer half an hour short of a star, a father. */
static void cast_scenario(struct tb_demo_plan *plan)
{
    struct tb_demo_scenario *scenario = &plan->scenario;
    scenario->community = tb_demo_place_find(plan->places, "丰华社区");
    scenario->sibling = tb_demo_place_find(plan->places, "北园社区");
    const struct tb_demo_community *home = &plan->communities[scenario->community];
    TB_BUG_IF(scenario->community != 0);
    scenario->volunteer = reserve(plan, home->volunteers_first + 5, 5970);
    scenario->father = reserve(plan, home->volunteers_first + 11, 600);
    scenario->leader = plan->volunteers[home->volunteers_first].person;
    scenario->sibling_leader =
        plan->volunteers[plan->communities[scenario->sibling].volunteers_first].person;
    scenario->recipient = home->residents_first;
    scenario->alone = home->residents_first + 1;
}

static enum tb_err reserve_memory(struct tb_demo_plan *plan, struct tb_arena *arena)
{
    plan->persons = tb_arena_alloc(arena, TB_DEMO_PERSONS_MAX * sizeof(*plan->persons));
    plan->households = tb_arena_alloc(arena, TB_DEMO_PERSONS_MAX * sizeof(*plan->households));
    plan->volunteers = tb_arena_alloc(arena, TB_DEMO_VOLUNTEERS_MAX * sizeof(*plan->volunteers));
    return plan->persons == NULL || plan->households == NULL || plan->volunteers == NULL
               ? TB_ERR_NO_MEMORY
               : TB_OK;
}

enum tb_err tb_demo_plan_make(uint64_t seed, struct tb_arena *arena, struct tb_demo_plan **ret_plan)
{
    struct tb_demo_plan *plan = tb_arena_alloc(arena, sizeof(*plan));
    if (plan == NULL || reserve_memory(plan, arena) != TB_OK)
        return TB_ERR_NO_MEMORY;
    plan->seed = seed;
    tb_demo_places_make(plan->places);
    unsigned nanying = tb_demo_place_find(plan->places, "南营社区");
    unsigned anchor = 0;
    for (unsigned c = 0; c < nanying; c++)
        anchor += retirees_of(plan, c);
    unsigned number = 0;
    for (unsigned c = 0; c < TB_DEMO_COMMUNITIES; c++) {
        add_community(plan, c, number, anchor);
        number += plan->communities[c].retirees_count;
    }
    TB_BUG_IF(number != TB_DEMO_RETIREES);
    make_feng(plan, nanying);
    tb_demo_teams_make(plan);
    cast_scenario(plan);
    *ret_plan = plan;
    return TB_OK;
}
