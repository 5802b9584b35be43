/* The people: households, persons, kin, volunteers, teams, and what was served before. */
#include "demo/load.h"

#include <stdio.h>

static const char *const experiences[] = {"退休教师",   "退休医生", "退休法官", "退休机关干部",
                                          "退休工程师", "转业军人", "退休会计", "文艺工作者"};
static const char *const wishes[] = {"陪聊、送时服务", "治安巡逻", "居家照料", "文艺演出",
                                     "法律咨询",       "健康咨询", "代购代办", "结对帮扶"};

static void morning(const struct tb_demo_loader *loader, char ret_at[TB_DEMO_AT_BYTES])
{
    tb_demo_at(tb_demo_week_begin(loader->first_week), 8 * 60 + 10, ret_at);
}

static enum tb_err load_households(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    const struct tb_demo_plan *plan = loader->plan;
    tb_demo_batch_open(&batch, loader, "createHousehold");
    for (unsigned i = 0; i < plan->households_count; i++) {
        const struct tb_demo_household *household = &plan->households[i];
        tb_demo_request(&batch, &loader->admin, at, household->id, NULL);
        tb_demo_region(&batch, "region_code", plan->places[household->community].code);
        tb_demo_text(&batch, "address_line", household->address);
        tb_demo_request_end(&batch);
    }
    return tb_demo_batch_close(&batch);
}

static void add_person(struct tb_demo_batch *batch, const char *at, unsigned index)
{
    const struct tb_demo_plan *plan = batch->loader->plan;
    const struct tb_demo_person *person = &plan->persons[index];
    char residence_id[TB_UUID_TEXT_BYTES];
    char since[TB_DATE_TEXT_BYTES];
    tb_demo_id(plan->seed, "residence", index, 0, 0, residence_id);
    tb_date_format(person->since, since);
    tb_demo_request(batch, &batch->loader->admin, at, person->id, residence_id);
    tb_demo_text(batch, "name", person->name);
    tb_demo_text(batch, "sex", person->is_female ? "female" : "male");
    tb_demo_date(batch, "birth_date", person->born);
    tb_demo_text(batch, "ethnicity", person->ethnicity);
    tb_demo_sealed(batch, "id_number", person->id_number);
    tb_demo_sealed(batch, "phone", person->phone);
    tb_demo_text(batch, "contact_channel", index % 3 == 0 ? "visit" : "phone");
    tb_demo_text(batch, "origin", person->is_synthetic ? "synthetic" : "entered");
    tb_demo_json_format(batch, "residence",
                        "{\"region_code\":\"%lld\",\"household_id\":\"%s\",\"valid_from\":\"%s\"}",
                        (long long)plan->places[person->community].code,
                        plan->households[person->household].id, since);
    tb_demo_request_end(batch);
}

static enum tb_err load_persons(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createPerson");
    for (unsigned i = 0; i < loader->plan->persons_count; i++)
        add_person(&batch, at, i);
    return tb_demo_batch_close(&batch);
}

static void add_consent(struct tb_demo_batch *batch, const char *at, unsigned index)
{
    const struct tb_demo_plan *plan = batch->loader->plan;
    const struct tb_demo_person *person = &plan->persons[index];
    char id[TB_UUID_TEXT_BYTES];
    char document[80];
    tb_demo_id(plan->seed, "consent", index, 0, 0, id);
    (void)snprintf(document, sizeof(document), "服务对象知情同意书第%u号(演示数据)", index + 1);
    tb_demo_request(batch, &batch->loader->admin, at, id, NULL);
    tb_demo_outside(batch, "person_id", person->id);
    tb_demo_json_format(batch, "categories", "[\"%s\"]", person->category);
    tb_demo_text(batch, "method", "paper");
    tb_demo_text(batch, "document", document);
    tb_demo_request_end(batch);
}

static enum tb_err load_consents(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "giveConsent");
    for (unsigned i = 0; i < loader->plan->persons_count; i++)
        if (loader->plan->persons[i].category != NULL)
            add_consent(&batch, at, i);
    return tb_demo_batch_close(&batch);
}

/* A request of its own for each, because createPerson draws the ids of its categories. */
static void add_category(struct tb_demo_batch *batch, const char *at, unsigned index,
                         const char *category)
{
    const struct tb_demo_plan *plan = batch->loader->plan;
    char id[TB_UUID_TEXT_BYTES];
    tb_demo_id(plan->seed, "category", index, 0, 0, id);
    tb_demo_request(batch, &batch->loader->admin, at, id, NULL);
    tb_demo_outside(batch, "person_id", plan->persons[index].id);
    tb_demo_text(batch, "category", category);
    tb_demo_request_end(batch);
}

static enum tb_err load_categories(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "addPersonCategory");
    for (unsigned i = 0; i < loader->plan->persons_count; i++) {
        const struct tb_demo_person *person = &loader->plan->persons[i];
        if (person->standing != TB_DEMO_OTHER)
            add_category(&batch, at, i, person->standing == TB_DEMO_IS_LIXIU ? "lixiu" : "tuixiu");
        else if (person->category != NULL)
            add_category(&batch, at, i, person->category);
    }
    return tb_demo_batch_close(&batch);
}

static void add_kinship(struct tb_demo_batch *batch, const char *at, unsigned person,
                        unsigned relative, const char *relation)
{
    const struct tb_demo_plan *plan = batch->loader->plan;
    char id[TB_UUID_TEXT_BYTES];
    tb_demo_id(plan->seed, "kinship", person, relative, 0, id);
    tb_demo_request(batch, &batch->loader->admin, at, id, NULL);
    tb_demo_text(batch, "person_id", plan->persons[person].id);
    tb_demo_text(batch, "relative_id", plan->persons[relative].id);
    tb_demo_text(batch, "relation", relation);
    tb_demo_request_end(batch);
}

static enum tb_err load_kinships(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    const struct tb_demo_plan *plan = loader->plan;
    tb_demo_batch_open(&batch, loader, "createKinship");
    for (unsigned i = 0; i < plan->persons_count; i++)
        if (plan->persons[i].spouse > (int)i)
            add_kinship(&batch, at, i, (unsigned)plan->persons[i].spouse, "spouse");
    add_kinship(&batch, at, plan->scenario.father, plan->scenario.daughter, "child");
    return tb_demo_batch_close(&batch);
}

/* ------------------------------------------------------------------ volunteers and teams */

/* A district founded later has whoever had joined by then from its first day. */
static struct tb_date joined_day(const struct tb_demo_loader *loader, unsigned volunteer)
{
    struct tb_date joined = loader->plan->volunteers[volunteer].joined;
    struct tb_date founded = tb_demo_week_begin(loader->first_week);
    return joined.days < founded.days ? founded : joined;
}

static enum tb_err load_volunteers(struct tb_demo_loader *loader)
{
    struct tb_demo_batch batch;
    const struct tb_demo_plan *plan = loader->plan;
    tb_demo_batch_open(&batch, loader, "createVolunteer");
    for (unsigned i = 0; i < plan->volunteers_count; i++) {
        const struct tb_demo_volunteer *volunteer = &plan->volunteers[i];
        char at[TB_DEMO_AT_BYTES];
        tb_demo_at(joined_day(loader, i), 8 * 60 + 20, at);
        tb_demo_request(&batch, &loader->admin, at, volunteer->id, volunteer->passbook_id);
        tb_demo_text(&batch, "person_id", plan->persons[volunteer->person].id);
        tb_demo_text(&batch, "health", i % 5 == 0 ? "良好,高血压服药" : "良好");
        tb_demo_text(&batch, "experience", experiences[i % 8]);
        tb_demo_text(&batch, "willingness", wishes[i / 3 % 8]);
        tb_demo_request_end(&batch);
    }
    return tb_demo_batch_close(&batch);
}

static enum tb_err load_teams(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createTeam");
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++) {
        const struct tb_demo_team *team = &loader->plan->teams[i];
        tb_demo_request(&batch, &loader->admin, at, team->id, NULL);
        tb_demo_region(&batch, "region_code", loader->plan->places[team->community].code);
        tb_demo_text(&batch, "name", team->name);
        tb_demo_text(&batch, "kind", team->kind);
        tb_demo_text(&batch, "founded_on", team->founded_on);
        tb_demo_text(&batch, "origin", team->is_of_document ? "document" : "synthetic");
        tb_demo_request_end(&batch);
    }
    return tb_demo_batch_close(&batch);
}

static void add_member(struct tb_demo_batch *batch, unsigned team_index, unsigned number)
{
    const struct tb_demo_plan *plan = batch->loader->plan;
    const struct tb_demo_team *team = &plan->teams[team_index];
    unsigned volunteer = team->first_member + number;
    char id[TB_UUID_TEXT_BYTES];
    char at[TB_DEMO_AT_BYTES];
    tb_demo_id(plan->seed, "membership", team_index, number, 0, id);
    tb_demo_at(joined_day(batch->loader, volunteer), 8 * 60 + 30, at);
    tb_demo_request(batch, &batch->loader->admin, at, id, NULL);
    tb_demo_outside(batch, "team_id", team->id);
    tb_demo_text(batch, "volunteer_id", plan->volunteers[volunteer].id);
    tb_demo_text(batch, "position",
                 number == 0   ? "leader"
                 : number == 1 ? "deputy_leader"
                               : "member");
    tb_demo_request_end(batch);
}

static enum tb_err load_members(struct tb_demo_loader *loader)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createMembership");
    for (unsigned i = 0; i < TB_DEMO_TEAMS; i++)
        for (unsigned m = 0; m < loader->plan->teams[i].members_count; m++)
            add_member(&batch, i, m);
    return tb_demo_batch_close(&batch);
}

/* Service before the time bank, with its evidence. */
static void add_opening(struct tb_demo_batch *batch, const char *at, unsigned index)
{
    const struct tb_demo_plan *plan = batch->loader->plan;
    const struct tb_demo_volunteer *volunteer = &plan->volunteers[index];
    const struct tb_demo_place *place = &plan->places[plan->persons[volunteer->person].community];
    char id[TB_UUID_TEXT_BYTES];
    char evidence[160];
    tb_demo_id(plan->seed, "opening", index, 0, 0, id);
    (void)snprintf(evidence, sizeof(evidence), "%s老干部志愿服务登记册(2009–2012)第%u页(演示数据)",
                   place->name, index % 60 + 1);
    tb_demo_request(batch, &batch->loader->admin, at, id, NULL);
    tb_demo_text(batch, "volunteer_id", volunteer->id);
    tb_demo_region(batch, "region_code", place->code);
    tb_demo_number(batch, "minutes", volunteer->opening_minutes);
    tb_demo_date(batch, "served_until",
                 tb_date_add_days(tb_demo_week_begin(batch->loader->first_week), -1));
    tb_demo_text(batch, "place", place->name);
    tb_demo_text(batch, "evidence", evidence);
    tb_demo_request_end(batch);
}

static enum tb_err load_openings(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createOpeningBalance");
    for (unsigned i = 0; i < loader->plan->volunteers_count; i++)
        if (loader->plan->volunteers[i].opening_minutes > 0)
            add_opening(&batch, at, i);
    return tb_demo_batch_close(&batch);
}

enum tb_err tb_demo_load_people(struct tb_demo_loader *loader)
{
    char at[TB_DEMO_AT_BYTES];
    morning(loader, at);
    enum tb_err err = load_households(loader, at);
    tb_demo_progress_step(&loader->progress, "households");
    if (err == TB_OK)
        err = load_persons(loader, at);
    tb_demo_progress_step(&loader->progress, "people");
    if (err == TB_OK)
        err = load_consents(loader, at);
    if (err == TB_OK)
        err = load_categories(loader, at);
    if (err == TB_OK)
        err = load_kinships(loader, at);
    if (err == TB_OK)
        err = load_volunteers(loader);
    if (err == TB_OK)
        err = load_teams(loader, at);
    if (err == TB_OK)
        err = load_members(loader);
    if (err == TB_OK)
        err = load_openings(loader, at);
    tb_demo_progress_step(&loader->progress, "volunteers");
    return err;
}
