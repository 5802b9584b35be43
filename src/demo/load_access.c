/* Who may act: users, their roles, and the tokens of the demo. */
#include "demo/load.h"

#include <stdio.h>

/* One role of one person: with it goes a user and a grant. */
struct post {
    unsigned person;
    enum tb_role role;
    int64_t region_code;
    int team; /* or TB_DEMO_NONE */
};

#define POSTS_MAX 1024

struct posts {
    struct post list[POSTS_MAX];
    unsigned count;
};

static void add_post(struct posts *posts, unsigned person, enum tb_role role, int64_t region_code,
                     int team)
{
    TB_BUG_IF(posts->count == POSTS_MAX);
    posts->list[posts->count++] = (struct post){person, role, region_code, team};
}

static void list_posts(const struct tb_demo_plan *plan, struct posts *posts)
{
    const struct tb_demo_scenario *scenario = &plan->scenario;
    const int64_t district = (int64_t)TB_DEMO_DISTRICT * 1000000;
    int64_t home = plan->places[scenario->community].code;
    for (unsigned i = 0; i < TB_DEMO_OFFICES; i++) {
        int64_t code = tb_demo_offices[i].code;
        add_post(posts, plan->office_admins[i], TB_ROLE_SUBDISTRICT_ADMIN, code, TB_DEMO_NONE);
        add_post(posts, plan->office_clerks[i], TB_ROLE_SUBDISTRICT_CLERK, code, TB_DEMO_NONE);
    }
    for (unsigned c = 0; c < TB_DEMO_COMMUNITIES; c++) {
        const struct tb_demo_community *community = &plan->communities[c];
        int64_t code = plan->places[c].code;
        add_post(posts, community->secretary, TB_ROLE_COMMUNITY_SECRETARY, code, TB_DEMO_NONE);
        add_post(posts, community->clerk, TB_ROLE_COMMUNITY_CLERK, code, TB_DEMO_NONE);
        add_post(posts, community->group_head, TB_ROLE_RESIDENTS_GROUP_HEAD, code, TB_DEMO_NONE);
    }
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++)
        add_post(posts, plan->volunteers[plan->teams[i].first_member].person, TB_ROLE_TEAM_LEADER,
                 plan->places[plan->teams[i].community].code, (int)i);
    add_post(posts, plan->auditor, TB_ROLE_AUDITOR, district, TB_DEMO_NONE);
    add_post(posts, plan->report_reader, TB_ROLE_REPORT_READER, district, TB_DEMO_NONE);
    add_post(posts, plan->information_officer, TB_ROLE_INFORMATION_OFFICER, home, TB_DEMO_NONE);
    add_post(posts, scenario->volunteer, TB_ROLE_VOLUNTEER, home, TB_DEMO_NONE);
    add_post(posts, scenario->father, TB_ROLE_VOLUNTEER, home, TB_DEMO_NONE);
    add_post(posts, scenario->recipient, TB_ROLE_RESIDENT, home, TB_DEMO_NONE);
    add_post(posts, scenario->daughter, TB_ROLE_RESIDENT, home, TB_DEMO_NONE);
    add_post(posts, scenario->alone, TB_ROLE_RESIDENT, home, TB_DEMO_NONE);
}

static enum tb_err load_users(struct tb_demo_loader *loader, const struct posts *posts,
                              const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createUser");
    for (unsigned i = 0; i < posts->count; i++) {
        const struct tb_demo_person *person = &loader->plan->persons[posts->list[i].person];
        tb_demo_request(&batch, &loader->admin, at, person->user_id, NULL);
        tb_demo_text(&batch, "person_id", person->id);
        tb_demo_request_end(&batch);
    }
    return tb_demo_batch_close(&batch);
}

static void grant_id(const struct tb_demo_plan *plan, const struct post *post,
                     char ret_id[TB_UUID_TEXT_BYTES])
{
    tb_demo_id(plan->seed, "grant", post->person, (unsigned)post->role, 0, ret_id);
}

static enum tb_err load_grants(struct tb_demo_loader *loader, const struct posts *posts,
                               const char *at)
{
    struct tb_demo_batch batch;
    const struct tb_demo_plan *plan = loader->plan;
    tb_demo_batch_open(&batch, loader, "createGrant");
    for (unsigned i = 0; i < posts->count; i++) {
        const struct post *post = &posts->list[i];
        char id[TB_UUID_TEXT_BYTES];
        grant_id(plan, post, id);
        tb_demo_request(&batch, &loader->admin, at, id, NULL);
        tb_demo_outside(&batch, "user_id", plan->persons[post->person].user_id);
        tb_demo_text(&batch, "role", tb_role_name(post->role));
        tb_demo_region(&batch, "region_code", post->region_code);
        tb_demo_text(&batch, "team_id",
                     post->team == TB_DEMO_NONE ? NULL : plan->teams[post->team].id);
        tb_demo_request_end(&batch);
    }
    return tb_demo_batch_close(&batch);
}

/* ------------------------------------------------------------------ tokens */

static const struct post *find_post(const struct posts *posts, unsigned person, enum tb_role role)
{
    for (unsigned i = 0; i < posts->count; i++)
        if (posts->list[i].person == person && posts->list[i].role == role)
            return &posts->list[i];
    tb_bug(__FILE__, __LINE__, tb_role_name(role));
}

static void add_token(struct tb_demo_batch *batch, const struct posts *posts, const char *at,
                      const char *name, unsigned person, enum tb_role role)
{
    struct tb_demo_loader *loader = batch->loader;
    const struct post *post = find_post(posts, person, role);
    char id[TB_UUID_TEXT_BYTES];
    char grant[TB_UUID_TEXT_BYTES];
    char label[80];
    char prefix[TB_TOKEN_PREFIX_BYTES + 1] = "";
    struct tb_str token = tb_token_make(TB_DEMO_DISTRICT, loader->arena);
    TB_BUG_IF(loader->tokens_count == TB_DEMO_TOKENS_MAX || token.ptr == NULL);
    struct tb_token_hash hash = tb_token_hash(token);
    tb_demo_id(loader->plan->seed, "token", loader->tokens_count, 0, 0, id);
    grant_id(loader->plan, post, grant);
    (void)snprintf(label, sizeof(label), "demo %s", name);
    memcpy(prefix, token.ptr, TB_TOKEN_PREFIX_BYTES);
    tb_demo_request(batch, &loader->admin, at, id, NULL);
    tb_demo_outside(batch, "generated_hash", tb_token_hash_text(&hash, loader->arena).ptr);
    tb_demo_outside(batch, "generated_prefix", prefix);
    tb_demo_text(batch, "grant_id", grant);
    tb_demo_text(batch, "label", label);
    tb_demo_request_end(batch);
    loader->tokens[loader->tokens_count++] =
        (struct tb_demo_token){name, role, person, post->region_code, token.ptr};
}

/* One a role, then two sibling communities, then the actors of the acceptance scenarios. */
static enum tb_err load_tokens(struct tb_demo_loader *loader, const struct posts *posts,
                               const char *at)
{
    const struct tb_demo_plan *plan = loader->plan;
    const struct tb_demo_scenario *scenario = &plan->scenario;
    const struct tb_demo_community *home = &plan->communities[scenario->community];
    const struct tb_demo_community *sibling = &plan->communities[scenario->sibling];
    unsigned office = plan->places[scenario->community].office;
    const struct {
        const char *name;
        unsigned person;
        enum tb_role role;
    } list[] = {
        {"subdistrict-admin", plan->office_admins[office], TB_ROLE_SUBDISTRICT_ADMIN},
        {"subdistrict-clerk", plan->office_clerks[office], TB_ROLE_SUBDISTRICT_CLERK},
        {"secretary", home->secretary, TB_ROLE_COMMUNITY_SECRETARY},
        {"clerk", home->clerk, TB_ROLE_COMMUNITY_CLERK},
        {"team-leader", scenario->leader, TB_ROLE_TEAM_LEADER},
        {"residents-group-head", home->group_head, TB_ROLE_RESIDENTS_GROUP_HEAD},
        {"information-officer", plan->information_officer, TB_ROLE_INFORMATION_OFFICER},
        {"volunteer", scenario->volunteer, TB_ROLE_VOLUNTEER},
        {"resident", scenario->recipient, TB_ROLE_RESIDENT},
        {"auditor", plan->auditor, TB_ROLE_AUDITOR},
        {"report-reader", plan->report_reader, TB_ROLE_REPORT_READER},
        {"sibling-secretary", sibling->secretary, TB_ROLE_COMMUNITY_SECRETARY},
        {"sibling-clerk", sibling->clerk, TB_ROLE_COMMUNITY_CLERK},
        {"sibling-leader", scenario->sibling_leader, TB_ROLE_TEAM_LEADER},
        {"scenario1-volunteer", scenario->volunteer, TB_ROLE_VOLUNTEER},
        {"scenario1-recipient", scenario->recipient, TB_ROLE_RESIDENT},
        {"scenario1-typist", home->clerk, TB_ROLE_COMMUNITY_CLERK},
        {"scenario1-leader", scenario->leader, TB_ROLE_TEAM_LEADER},
        {"scenario1-secretary", home->secretary, TB_ROLE_COMMUNITY_SECRETARY},
        {"scenario2-leader", scenario->leader, TB_ROLE_TEAM_LEADER},
        {"scenario2-secretary", home->secretary, TB_ROLE_COMMUNITY_SECRETARY},
        {"scenario2-subdistrict-admin", plan->office_admins[office], TB_ROLE_SUBDISTRICT_ADMIN},
        {"scenario3-father", scenario->father, TB_ROLE_VOLUNTEER},
        {"scenario3-daughter", scenario->daughter, TB_ROLE_RESIDENT},
        {"scenario4-resident", scenario->alone, TB_ROLE_RESIDENT},
    };
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createToken");
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        add_token(&batch, posts, at, list[i].name, list[i].person, list[i].role);
    return tb_demo_batch_close(&batch);
}

enum tb_err tb_demo_load_access(struct tb_demo_loader *loader)
{
    char at[TB_DEMO_AT_BYTES];
    struct posts *posts = tb_arena_alloc(loader->arena, sizeof(*posts));
    if (posts == NULL)
        return TB_ERR_NO_MEMORY;
    tb_demo_at(tb_demo_week_begin(loader->first_week), 8 * 60 + 40, at);
    list_posts(loader->plan, posts);
    enum tb_err err = load_users(loader, posts, at);
    if (err == TB_OK)
        err = load_grants(loader, posts, at);
    if (err == TB_OK)
        err = load_tokens(loader, posts, at);
    tb_demo_progress_step(&loader->progress, "roles");
    return err;
}
