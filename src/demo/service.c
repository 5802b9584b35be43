/* What is served in a week: at least one record in each community, the teams' regular work, and a
 * few withdrawals. */
#include "demo/plan.h"

#define TEAM_RECORDS 2     /* of a team in a week */
#define WITHDRAWALS 6      /* in a week, where somebody can pay and serve */
#define SECOND_PERMILLE 60 /* of the communities without a team have a second record */
#define TRIES 60

static const struct tb_demo_activity at_home[] = {
    {"companionship", "person", NULL, "家中", "陪聊解闷、读报,询问身体情况", "recipient", NULL,
     540},
    {"time_gift", "person", NULL, "家中", "送时服务:打扫卫生、整理房间", "recipient", NULL, 510},
    {"home_care", "person", NULL, "家中", "居家照料:做饭、洗衣", "recipient", NULL, 600},
    {"living", "person", NULL, "家中", "代购米面、代缴水电费", "recipient", NULL, 870},
    {"paired_help", "person", NULL, "家中", "结对帮扶探访,送医陪诊", "recipient", NULL, 840},
    {"mutual_help", "person", NULL, "楼院", "邻里互助:修理门窗、家电", "recipient", NULL, 930},
};

static const struct tb_demo_activity arts[] = {
    {"performance", "public", "社区居民", "文化广场", "节目排练与演出", "venue_keeper", NULL, 840},
    {"culture", "group", "书画班学员", "活动室", "书画班辅导", "venue_keeper", NULL, 540},
};
static const struct tb_demo_activity legal[] = {
    {"legal_advice", "group", "来访居民", "法律咨询室", "周二下午法律咨询", "committee_member",
     NULL, 840},
    {"legal_mediation", "group", "纠纷双方", "调解室", "赡养、遗产纠纷调解", "committee_member",
     NULL, 900},
};
static const struct tb_demo_activity minority[] = {
    {"legal_mediation", "group", "回族居民", "调解室", "少数民族居民纠纷调解", "committee_member",
     NULL, 570},
    {"marriage_introduction", "group", "未婚青年及家长", "聊天室", "婚姻介绍", "committee_member",
     NULL, 900},
};
static const struct tb_demo_activity general[] = {
    {"heart_talk", "group", "有矛盾的居民家庭", "聊天室", "每周舒心会,化解矛盾", "committee_member",
     NULL, 870},
};
static const struct tb_demo_activity lunch[] = {
    {"lunch_table", "group", "挂钥匙的孩子", "午间小饭桌", "照看学生午餐、午休", "guardian",
     "祖父母", 690},
};
static const struct tb_demo_activity patrol[] = {
    {"patrol", "public", "社区居民", "辖区", "配合社区民警治安巡逻", "partner_unit", NULL, 1140},
    {"patrol", "public", "社区居民", "辖区", "早间巡逻,护送学生过街", "partner_unit", NULL, 420},
};
static const struct tb_demo_activity publicity[] = {
    {"blackboard", "public", "社区居民", "宣传栏", "出一期黑板报", "committee_member", NULL, 540},
};
static const struct tb_demo_activity medical[] = {
    {"medical", "group", "社区老年居民", "卫生服务站", "量血压、健康咨询", "venue_keeper", NULL,
     510},
};

#define LIST(list) list, sizeof(list) / sizeof((list)[0])

/* What a kind of team does, and on which days of the week (bit 0: Monday). */
static const struct {
    const char *kind;
    const struct tb_demo_activity *activities;
    size_t count;
    unsigned days;
} work[] = {
    {"home_care", LIST(at_home), 0x7f},     {"arts", LIST(arts), 0x60},
    {"legal_mediation", LIST(legal), 0x02}, {"minority", LIST(minority), 0x1f},
    {"general", LIST(general), 0x10},       {"lunch_table", LIST(lunch), 0x1f},
    {"patrol", LIST(patrol), 0x7f},         {"publicity", LIST(publicity), 0x7f},
    {"medical", LIST(medical), 0x3f},
};

struct planner {
    struct tb_demo_plan *plan;
    struct tb_demo_chance chance;
    unsigned week;
    struct tb_date begin;
    unsigned days;                        /* of the week until the last day */
    uint8_t busy[TB_DEMO_VOLUNTEERS_MAX]; /* a bit a day */
    struct tb_demo_record *records;
    unsigned count;
};

struct tb_date tb_demo_week_begin(unsigned week)
{
    struct tb_date first;
    TB_BUG_IF(tb_date_parse(TB_STR(TB_DEMO_FIRST_MONDAY), &first) != TB_OK);
    return tb_date_add_days(first, 7 * (int32_t)week);
}

/* ------------------------------------------------------------------ who and when */

static bool share_household(const struct tb_demo_plan *plan, unsigned a, unsigned b)
{
    return plan->persons[a].household == plan->persons[b].household;
}

static bool can_serve(const struct planner *planner, unsigned volunteer, unsigned day)
{
    const struct tb_demo_volunteer *v = &planner->plan->volunteers[volunteer];
    return !v->is_reserved && v->joined.days <= planner->begin.days + (int32_t)day &&
           (planner->busy[volunteer] & (1u << day)) == 0;
}

/* The earlier of the list serve more: the smaller of two draws. */
static int pick_volunteer(struct planner *planner, unsigned first, unsigned count, unsigned day)
{
    for (unsigned i = 0; i < TRIES; i++) {
        unsigned a = tb_demo_chance_below(&planner->chance, count);
        unsigned b = tb_demo_chance_below(&planner->chance, count);
        unsigned volunteer = first + (a < b ? a : b);
        if (can_serve(planner, volunteer, day))
            return (int)volunteer;
    }
    return TB_DEMO_NONE;
}

static unsigned pick_day(struct planner *planner, unsigned days)
{
    unsigned day = tb_demo_chance_below(&planner->chance, planner->days);
    for (unsigned i = 0; i < 7; i++, day = (day + 1) % planner->days)
        if ((days & (1u << day)) != 0)
            return day;
    return day; /* in the last week the team's day has not come yet */
}

/* A retiree who is no volunteer, or a resident; now and then one of the next community, which the
 * week's rules will flag. */
static int pick_recipient(struct planner *planner, unsigned c, unsigned server)
{
    const struct tb_demo_plan *plan = planner->plan;
    if (tb_demo_chance_permille(&planner->chance, 8) && c + 1 < TB_DEMO_COMMUNITIES)
        c++;
    const struct tb_demo_community *home = &plan->communities[c];
    unsigned retirees = home->retirees_count - home->volunteers_count;
    for (unsigned i = 0; i < TRIES; i++) {
        unsigned draw = tb_demo_chance_below(&planner->chance, retirees + home->residents_count);
        unsigned person = draw < retirees ? home->persons_first + home->volunteers_count + draw
                                          : home->residents_first + draw - retirees;
        if (person != home->group_head && !share_household(plan, person, server))
            return (int)person;
    }
    return TB_DEMO_NONE;
}

/* ------------------------------------------------------------------ a record */

static int pick_minutes(struct planner *planner)
{
    static const int lengths[] = {60, 90, 90, 120, 120, 120, 150, 180};
    return lengths[tb_demo_chance_below(&planner->chance, 8)];
}

static unsigned attester_of(const struct planner *planner, const struct tb_demo_record *record)
{
    const struct tb_demo_community *home = &planner->plan->communities[record->community];
    if (record->recipient != TB_DEMO_NONE)
        return (unsigned)record->recipient;
    return strcmp(record->activity->capacity, "guardian") == 0 ? home->residents_first + 2
                                                               : home->keeper;
}

/* The team's leader, else the head of the residents' group; now and then the secretary, so that
 * the subdistrict has to verify. */
static unsigned registrar_of(struct planner *planner, const struct tb_demo_record *record)
{
    const struct tb_demo_plan *plan = planner->plan;
    const struct tb_demo_volunteer *server = &plan->volunteers[record->volunteer];
    const struct tb_demo_community *home = &plan->communities[record->community];
    if (tb_demo_chance_permille(&planner->chance, 3) && record->payer == TB_DEMO_NONE)
        return home->secretary;
    if (server->team == TB_DEMO_NONE)
        return home->group_head;
    unsigned leader = plan->volunteers[plan->teams[server->team].first_member].person;
    bool fits = leader != record->attester && !share_household(plan, leader, server->person);
    return fits ? leader : home->group_head;
}

static void register_record(struct planner *planner, struct tb_demo_record *record, unsigned day)
{
    bool is_late =
        day < 4 && day + 1 < planner->days && tb_demo_chance_permille(&planner->chance, 30);
    record->registered_day = tb_date_add_days(record->day, is_late);
    record->registered_at = is_late ? 570 : record->starts_at + record->minutes + 25;
}

static struct tb_demo_record *add_record(struct planner *planner, unsigned community,
                                         unsigned volunteer, unsigned day,
                                         const struct tb_demo_activity *activity)
{
    TB_BUG_IF(planner->count == TB_DEMO_WEEK_RECORDS_MAX);
    struct tb_demo_record *record = &planner->records[planner->count];
    *record = (struct tb_demo_record){
        .community = community,
        .volunteer = volunteer,
        .recipient = TB_DEMO_NONE,
        .activity = activity,
        .day = tb_date_add_days(planner->begin, (int32_t)day),
        .starts_at = activity->starts_at,
        .minutes = pick_minutes(planner),
        .payer = TB_DEMO_NONE,
    };
    uint64_t seed = planner->plan->seed;
    tb_demo_id(seed, "record", planner->week, planner->count, 0, record->id);
    tb_demo_id(seed, "attestation", planner->week, planner->count, 0, record->attestation_id);
    planner->busy[volunteer] |= (uint8_t)(1u << day);
    planner->count++;
    return record;
}

static void finish_record(struct planner *planner, struct tb_demo_record *record, unsigned day)
{
    record->attester = attester_of(planner, record);
    record->registrar = registrar_of(planner, record);
    register_record(planner, record, day);
}

/* False when nobody can serve then. */
static bool plan_record(struct planner *planner, unsigned community, unsigned first, unsigned count,
                        const struct tb_demo_activity *activity, unsigned day)
{
    int volunteer = pick_volunteer(planner, first, count, day);
    if (volunteer == TB_DEMO_NONE)
        return false;
    int recipient = TB_DEMO_NONE;
    if (strcmp(activity->recipient_kind, "person") == 0) {
        recipient = pick_recipient(planner, community, planner->plan->volunteers[volunteer].person);
        if (recipient == TB_DEMO_NONE)
            return false;
    }
    struct tb_demo_record *record =
        add_record(planner, community, (unsigned)volunteer, day, activity);
    record->recipient = recipient;
    if (tb_demo_chance_permille(&planner->chance, 4)) { /* over 8 hours: flagged */
        record->starts_at = 480;
        record->minutes = 510;
    }
    finish_record(planner, record, day);
    return true;
}

/* ------------------------------------------------------------------ the week */

static void plan_community(struct planner *planner, unsigned c)
{
    const struct tb_demo_community *home = &planner->plan->communities[c];
    unsigned wanted = 1 + tb_demo_chance_permille(&planner->chance, SECOND_PERMILLE);
    for (unsigned i = 0, tries = 0; i < wanted; tries++) {
        TB_BUG_IF(tries == TRIES);
        unsigned activity = tb_demo_chance_below(&planner->chance, 6);
        i += plan_record(planner, c, home->volunteers_first, home->volunteers_count,
                         &at_home[activity], pick_day(planner, 0x7f));
    }
}

static void plan_team(struct planner *planner, const struct tb_demo_team *team)
{
    size_t kind = 0;
    while (strcmp(work[kind].kind, team->kind) != 0)
        kind++;
    for (unsigned i = 0, tries = 0; i < TEAM_RECORDS; tries++) {
        TB_BUG_IF(tries == TRIES);
        unsigned activity = tb_demo_chance_below(&planner->chance, (unsigned)work[kind].count);
        i += plan_record(planner, team->community, team->first_member, team->members_count,
                         &work[kind].activities[activity], pick_day(planner, work[kind].days));
    }
}

static int find_payer(struct planner *planner, const struct tb_demo_community *home)
{
    for (unsigned i = 0; i < TRIES; i++) {
        unsigned payer =
            home->volunteers_first + tb_demo_chance_below(&planner->chance, home->volunteers_count);
        if (planner->plan->volunteers[payer].spendable >= 240)
            return (int)payer;
    }
    return TB_DEMO_NONE;
}

/* Mostly what was applied for; sometimes less, so that the rest is released, or 10 minutes more. */
static void plan_minutes_paid(struct planner *planner, struct tb_demo_record *record)
{
    unsigned draw = tb_demo_chance_below(&planner->chance, 100);
    record->hold_minutes = record->minutes;
    if (draw < 15)
        record->minutes -= 15;
    else if (draw < 20)
        record->minutes += 10;
}

/* Out of what was earned before the time bank: so the balance is there whatever is verified. */
static bool plan_withdrawal(struct planner *planner, unsigned number)
{
    struct tb_demo_plan *plan = planner->plan;
    unsigned c = tb_demo_chance_below(&planner->chance, TB_DEMO_URBAN);
    const struct tb_demo_community *home = &plan->communities[c];
    unsigned day = pick_day(planner, 0x7f);
    int payer = find_payer(planner, home);
    int server = pick_volunteer(planner, home->volunteers_first, home->volunteers_count, day);
    if (payer == TB_DEMO_NONE || server == TB_DEMO_NONE ||
        share_household(plan, plan->volunteers[payer].person, plan->volunteers[server].person))
        return false;
    unsigned self = plan->volunteers[payer].person;
    int spouse = plan->persons[self].spouse;
    bool for_spouse = spouse != TB_DEMO_NONE && tb_demo_chance_permille(&planner->chance, 500);
    unsigned activity = tb_demo_chance_below(&planner->chance, 6);
    struct tb_demo_record *record =
        add_record(planner, c, (unsigned)server, day, &at_home[activity]);
    record->recipient = for_spouse ? spouse : (int)self;
    record->payer = payer;
    plan_minutes_paid(planner, record);
    plan->volunteers[payer].spendable -= 240;
    tb_demo_id(plan->seed, "withdrawal", planner->week, number, 0, record->withdrawal_id);
    tb_demo_id(plan->seed, "assignment", planner->week, number, 0, record->assignment_id);
    finish_record(planner, record, day);
    return true;
}

unsigned tb_demo_week_plan(struct tb_demo_plan *plan, unsigned week, struct tb_date last_day,
                           struct tb_demo_record ret_records[TB_DEMO_WEEK_RECORDS_MAX])
{
    struct planner planner = {
        .plan = plan,
        .chance = tb_demo_chance_of(plan->seed, "week", week),
        .week = week,
        .begin = tb_demo_week_begin(week),
        .records = ret_records,
    };
    int32_t days = last_day.days - planner.begin.days + 1;
    TB_BUG_IF(days < 1);
    planner.days = days > 7 ? 7 : (unsigned)days;
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++)
        plan_team(&planner, &plan->teams[i]);
    for (unsigned c = 0; c < TB_DEMO_COMMUNITIES; c++)
        if (tb_demo_team_places(plan, c) == 0)
            plan_community(&planner, c);
    for (unsigned done = 0, tries = 0; done < WITHDRAWALS && tries < TRIES; tries++)
        done += plan_withdrawal(&planner, done);
    return planner.count;
}
