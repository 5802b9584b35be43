/*
 * The plan of the demo: who lives where, who serves, and what is served in each week.
 *
 * Never: the database, the network, a clock. The same seed gives the same plan.
 * Source: the founding document (docs/requirements.md) for what it names and counts; the rest is
 * made up, and whatever can be marked so is marked `synthetic`. Invariant: indexes point into the
 * arrays of the same plan; the people and the volunteers of one community stand together.
 */
#ifndef TB_DEMO_PLAN_H
#define TB_DEMO_PLAN_H

#include "timebank/calendar.h"
#include "timebank/demo.h"
#include "timebank/uuid.h"

#define TB_DEMO_DISTRICT 371402
#define TB_DEMO_OFFICES 6 /* four subdistricts, two towns */
#define TB_DEMO_COMMUNITIES 98
#define TB_DEMO_URBAN 47
#define TB_DEMO_RETIREES 3310
#define TB_DEMO_URBAN_RETIREES 3178 /* 96 % */
#define TB_DEMO_LIXIU 270
#define TB_DEMO_TEAMS 12
#define TB_DEMO_MEMBERS 355 /* 350余 */
#define TB_DEMO_FIRST_MONDAY "2012-05-14"
#define TB_DEMO_PERSONS_MAX 5000
#define TB_DEMO_VOLUNTEERS_MAX 800
#define TB_DEMO_NONE (-1)

/* ------------------------------------------------------------------ chance (chance.c) */

/* splitmix64 (Steele, Lea, Flood 2014): one 64-bit state, full period, good enough to make up
 * people. Each thing made up has a stream of its own, so that a change in one leaves the others. */
struct tb_demo_chance {
    uint64_t state;
};

struct tb_demo_chance tb_demo_chance_of(uint64_t seed, const char *stream, uint64_t number);
uint64_t tb_demo_chance_next(struct tb_demo_chance *chance);
/* 0 to limit - 1; limit > 0. The bias of limit / 2^32 does not matter here. */
unsigned tb_demo_chance_below(struct tb_demo_chance *chance, unsigned limit);
bool tb_demo_chance_permille(struct tb_demo_chance *chance, unsigned permille);
/* The id of what `kind` and three numbers name under a seed (UUID version 8). */
void tb_demo_id(uint64_t seed, const char *kind, unsigned a, unsigned b, unsigned c,
                char ret_id[TB_UUID_TEXT_BYTES]);

/* ------------------------------------------------------------------ places (places.c) */

struct tb_demo_office {
    int64_t code;
    const char *name;
    bool is_town;
};

/* The names that the document does not have, and all codes below the street, are made up: the
 * codes in the official form (001–199 residents', 200–399 villagers' committees). */
struct tb_demo_place {
    int64_t code;
    char name[32];
    unsigned office;
    bool is_urban;
    bool is_of_document;
};

extern const struct tb_demo_office tb_demo_offices[TB_DEMO_OFFICES];
void tb_demo_places_make(struct tb_demo_place ret_places[TB_DEMO_COMMUNITIES]);
/* The index of a community by its name; a defect when there is none. */
unsigned tb_demo_place_find(const struct tb_demo_place *places, const char *name);

struct tb_demo_holiday {
    const char *first;
    const char *last;
    bool is_working_day;
    const char *name;
    const char *source;
};

/* 2012 to 2015, oldest first within a kind; ended by a NULL. */
extern const struct tb_demo_holiday tb_demo_holidays[];

/* ------------------------------------------------------------------ people (people.c) */

enum tb_demo_standing { TB_DEMO_OTHER, TB_DEMO_IS_LIXIU, TB_DEMO_IS_TUIXIU };

struct tb_demo_person {
    char id[TB_UUID_TEXT_BYTES];
    char user_id[TB_UUID_TEXT_BYTES]; /* used once he is a user */
    char name[16];
    bool is_female;
    bool is_synthetic;
    enum tb_demo_standing standing;
    const char *category; /* as one who is served; NULL: none */
    const char *ethnicity;
    struct tb_date born;
    struct tb_date since;
    char phone[12];     /* "" none; of a range that is assigned to nobody */
    char id_number[19]; /* "" none; of an area that does not exist */
    unsigned community;
    unsigned household;
    int spouse;    /* a person, or TB_DEMO_NONE */
    int volunteer; /* or TB_DEMO_NONE */
};

struct tb_demo_household {
    char id[TB_UUID_TEXT_BYTES];
    unsigned community;
    char address[64];
};

struct tb_demo_volunteer {
    char id[TB_UUID_TEXT_BYTES];
    char passbook_id[TB_UUID_TEXT_BYTES];
    unsigned person;
    int team; /* or TB_DEMO_NONE */
    struct tb_date joined;
    int64_t opening_minutes; /* served before the time bank, with evidence; 0: none */
    int64_t spendable;       /* of these, not yet planned to be withdrawn */
    bool is_reserved;        /* of an acceptance scenario: nothing is left to chance */
};

struct tb_demo_team {
    char id[TB_UUID_TEXT_BYTES];
    const char *name;
    const char *kind;
    const char *founded_on;
    bool is_of_document;
    unsigned community;
    unsigned members_count;
    unsigned first_member; /* a volunteer; he leads */
};

/* The people of a community, by their index. */
struct tb_demo_community {
    unsigned persons_first, persons_count; /* retirees first */
    unsigned retirees_count;
    unsigned volunteers_first, volunteers_count;
    unsigned secretary, clerk, group_head, keeper;
    unsigned residents_first, residents_count; /* no retirees; served only */
};

/* Who plays the acceptance scenarios of docs/requirements.md. */
struct tb_demo_scenario {
    unsigned volunteer; /* 99 h 30; a person, as all here */
    unsigned recipient;
    unsigned leader;
    unsigned father; /* 600 minutes */
    unsigned daughter;
    unsigned alone; /* an empty-nest resident without an account */
    unsigned community;
    unsigned sibling; /* a community of the same subdistrict */
    unsigned sibling_leader;
};

struct tb_demo_plan {
    uint64_t seed;
    struct tb_demo_place places[TB_DEMO_COMMUNITIES];
    struct tb_demo_community communities[TB_DEMO_COMMUNITIES];
    struct tb_demo_person *persons;
    unsigned persons_count;
    struct tb_demo_household *households;
    unsigned households_count;
    struct tb_demo_volunteer *volunteers;
    unsigned volunteers_count;
    struct tb_demo_team teams[TB_DEMO_TEAMS];
    unsigned office_admins[TB_DEMO_OFFICES]; /* persons */
    unsigned office_clerks[TB_DEMO_OFFICES];
    unsigned auditor, report_reader, information_officer;
    struct tb_demo_scenario scenario;
};

/* In the arena. TB_ERR_NO_MEMORY. */
TB_CHECK_RESULT enum tb_err tb_demo_plan_make(uint64_t seed, struct tb_arena *arena,
                                              struct tb_demo_plan **ret_plan);

/* The parts of the plan, in the order of the making. */
void tb_demo_person_make_up(struct tb_demo_plan *plan, unsigned index);
void tb_demo_teams_make(struct tb_demo_plan *plan);
unsigned tb_demo_team_places(const struct tb_demo_plan *plan, unsigned community);

/* ------------------------------------------------------------------ service (service.c) */

struct tb_demo_activity {
    const char *category;
    const char *recipient_kind; /* person, group, public */
    const char *label;          /* of a group or the public */
    const char *place;          /* behind the community's name */
    const char *content;
    const char *capacity; /* of who attests */
    const char *relation; /* of a guardian */
    int starts_at;        /* minutes after 00:00 */
};

struct tb_demo_record {
    char id[TB_UUID_TEXT_BYTES];
    char attestation_id[TB_UUID_TEXT_BYTES];
    unsigned community;
    unsigned volunteer;
    int recipient; /* a person, or TB_DEMO_NONE */
    unsigned attester;
    unsigned registrar;
    const struct tb_demo_activity *activity;
    struct tb_date day;
    int starts_at; /* minutes after 00:00 */
    int minutes;
    struct tb_date registered_day;
    int registered_at; /* minutes after 00:00 */
    int payer;         /* a volunteer, or TB_DEMO_NONE */
    int hold_minutes;
    char assignment_id[TB_UUID_TEXT_BYTES]; /* with a payer */
    char withdrawal_id[TB_UUID_TEXT_BYTES];
};

#define TB_DEMO_WEEK_RECORDS_MAX 400

/* The records of week 0 … TB_DEMO_WEEKS - 1, at least one a community. Weeks are planned in order
 * (what is withdrawn is counted). last_day: nothing is served after it. Gives how many. */
unsigned tb_demo_week_plan(struct tb_demo_plan *plan, unsigned week, struct tb_date last_day,
                           struct tb_demo_record ret_records[TB_DEMO_WEEK_RECORDS_MAX]);

struct tb_date tb_demo_week_begin(unsigned week);

#endif
