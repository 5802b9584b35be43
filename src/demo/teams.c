#include "demo/plan.h"

/* The document's own teams, then two of the kinds that it says were founded. Sizes are made up so
 * that they come to 350余 (351 to 359); founding days too, but for the thirty years of 夕阳红. */
static const struct {
    const char *community;
    const char *name;
    const char *kind;
    const char *founded_on;
    unsigned members;
    bool is_of_document;
} listed[TB_DEMO_TEAMS] = {
    {"丰华社区", "霞光红老干部志愿者服务队", "home_care", "2010-03-05", 30, true},
    {"丰华社区", "老干部艺术团", "arts", "2009-09-09", 28, true},
    {"岔河社区", "老干部法律调解志愿服务队", "legal_mediation", "2011-03-05", 28, true},
    {"南营社区", "少数民族老干部志愿者队伍", "minority", "2011-05-04", 30, true},
    {"尉署社区", "舒心会老干部志愿者队", "general", "2011-10-18", 28, true},
    {"北园社区", "午间小饭桌老干部志愿者队", "lunch_table", "2011-09-01", 26, true},
    {"北园社区", "老干部治安巡逻队", "patrol", "2010-11-09", 28, true},
    {"长乐社区", "夕阳红志愿服务队", "publicity", "1983-10-01", 30, true},
    {"长乐社区", "老干部治安巡逻队", "patrol", "2010-11-09", 28, true},
    {"小锅市社区", "老干部治安巡逻队", "patrol", "2010-11-09", 30, true},
    {"湖滨社区", "老干部医疗服务队", "medical", "2012-03-05", 35, false},
    {"广安社区", "老干部居家养老服务队", "home_care", "2012-03-05", 34, false},
};

/* How many members the teams of a community have. */
unsigned tb_demo_team_places(const struct tb_demo_plan *plan, unsigned community)
{
    unsigned places = 0;
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++)
        if (strcmp(listed[i].community, plan->places[community].name) == 0)
            places += listed[i].members;
    return places;
}

/* Each takes the next volunteers of its community; the first one leads. */
void tb_demo_teams_make(struct tb_demo_plan *plan)
{
    unsigned taken[TB_DEMO_COMMUNITIES] = {0};
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++) {
        struct tb_demo_team *team = &plan->teams[i];
        unsigned c = tb_demo_place_find(plan->places, listed[i].community);
        *team = (struct tb_demo_team){
            .name = listed[i].name,
            .kind = listed[i].kind,
            .founded_on = listed[i].founded_on,
            .is_of_document = listed[i].is_of_document,
            .community = c,
            .members_count = listed[i].members,
            .first_member = plan->communities[c].volunteers_first + taken[c],
        };
        taken[c] += listed[i].members;
        TB_BUG_IF(taken[c] > plan->communities[c].volunteers_count);
        tb_demo_id(plan->seed, "team", i, 0, 0, team->id);
        for (unsigned m = 0; m < team->members_count; m++)
            plan->volunteers[team->first_member + m].team = (int)i;
    }
}
