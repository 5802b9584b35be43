/* The weeks: what was served is recorded at the counter, the week freezes, each community checks
 * and closes its worklist, what is flagged is decided, the week settles. */
#include "demo/load.h"

#include <stdio.h>
#include <stdlib.h>

#define RECORDED_AHEAD 4 /* weeks whose records go into the database together */
#define TEXT_BYTES (4u << 20)

struct week_loader {
    struct tb_demo_loader *loader;
    struct tb_demo_record *records; /* of one week */
    unsigned count;
    struct tb_date last_day; /* the day before the one of the demo's clock */
};

static const struct tb_demo_plan *plan_of(const struct week_loader *weeks)
{
    return weeks->loader->plan;
}

static int64_t code_of(const struct week_loader *weeks, unsigned community)
{
    return plan_of(weeks)->places[community].code;
}

/* ------------------------------------------------------------------ withdrawals */

static void add_withdrawal(const struct week_loader *weeks, struct tb_buf *json,
                           const struct tb_demo_record *record)
{
    const struct tb_demo_plan *plan = plan_of(weeks);
    const struct tb_demo_volunteer *payer = &plan->volunteers[record->payer];
    char at[TB_DEMO_AT_BYTES];
    char expires[TB_DEMO_AT_BYTES];
    char hold[TB_UUID_TEXT_BYTES];
    struct tb_date monday = tb_period_containing(TB_GRAIN_WEEK, record->day).begin;
    tb_demo_at(monday, 8 * 60, at);
    tb_demo_at(tb_date_add_days(monday, 14), 0, expires);
    tb_uuid_v8(tb_str_of(record->assignment_id), hold);
    tb_buf_printf(json,
                  "%c{\"withdrawal\":\"%s\",\"assignment\":\"%s\",\"hold\":\"%s\","
                  "\"passbook\":\"%s\",\"recipient\":\"%s\",\"applicant\":\"%s\","
                  "\"relation\":\"%s\",\"region\":%lld,\"minutes\":%d,\"volunteer\":\"%s\","
                  "\"at\":\"%s\",\"expires\":\"%s\"}",
                  json->len == 0 ? '[' : ',', record->withdrawal_id, record->assignment_id, hold,
                  payer->passbook_id, plan->persons[record->recipient].id,
                  plan->persons[payer->person].id,
                  record->recipient == (int)payer->person ? "self" : "family",
                  (long long)code_of(weeks, record->community), record->hold_minutes,
                  plan->volunteers[record->volunteer].id, at, expires);
}

static enum tb_err place_holds(struct tb_demo_loader *loader, const char *json)
{
    const char *values[2] = {"371402", json};
    PGresult *refused = NULL;
    enum tb_err err = tb_db_session_command(loader->session, "BEGIN", loader->reterr_text);
    if (err == TB_OK)
        err = tb_demo_query(loader, "sql/demo/withdraw.sql", 2, values, NULL);
    if (err == TB_OK)
        err = tb_demo_query(loader, "sql/demo/place_holds.sql", 2, values, &refused);
    if (err == TB_OK && PQntuples(refused) > 0) {
        tb_error_set(loader->reterr_text, "a hold was refused: %s", PQgetvalue(refused, 0, 0));
        err = TB_ERR_CONFLICT;
    }
    PQclear(refused);
    return err == TB_OK ? tb_db_session_command(loader->session, "COMMIT", loader->reterr_text)
                        : err;
}

static enum tb_err withdraw(const struct week_loader *weeks)
{
    struct tb_buf json;
    tb_buf_init(&json, TEXT_BYTES);
    for (unsigned i = 0; i < weeks->count; i++)
        if (weeks->records[i].payer != TB_DEMO_NONE)
            add_withdrawal(weeks, &json, &weeks->records[i]);
    enum tb_err err = TB_OK;
    if (json.len > 0) {
        tb_buf_add(&json, "]", 2);
        err = json.overflow ? TB_ERR_NO_MEMORY : place_holds(weeks->loader, json.data);
    }
    tb_buf_fini(&json);
    return err;
}

/* ------------------------------------------------------------------ records */

static void add_times(struct tb_demo_batch *batch, const struct tb_demo_record *record)
{
    char at[TB_DEMO_AT_BYTES];
    tb_demo_at(record->day, record->starts_at, at);
    tb_demo_text(batch, "starts_at", at);
    tb_demo_at(record->day, record->starts_at + record->minutes, at);
    tb_demo_text(batch, "ends_at", at);
}

static void add_attestation(struct tb_demo_batch *batch, const struct tb_demo_record *record)
{
    const struct tb_demo_person *attester = &batch->loader->plan->persons[record->attester];
    const struct tb_demo_activity *activity = record->activity;
    bool has_relation = activity->relation != NULL;
    char week[TB_PERIOD_LABEL_BYTES];
    tb_period_label(tb_period_containing(TB_GRAIN_WEEK, record->day), week);
    tb_demo_json_format(batch, "attestation",
                        "{\"method\":\"paper\",\"sheet_number\":\"%s-%02u\",\"attester_id\":\"%s\","
                        "\"capacity\":\"%s\"%s%s%s}",
                        week, record->community + 1, attester->id, activity->capacity,
                        has_relation ? ",\"relation\":\"" : "",
                        has_relation ? activity->relation : "", has_relation ? "\"" : "");
}

static void add_record(const struct week_loader *weeks, struct tb_demo_batch *batch,
                       const struct tb_demo_record *record)
{
    const struct tb_demo_plan *plan = plan_of(weeks);
    const struct tb_demo_volunteer *server = &plan->volunteers[record->volunteer];
    const struct tb_demo_activity *activity = record->activity;
    struct tb_actor clerk =
        tb_demo_actor(weeks->loader, plan->communities[record->community].clerk,
                      TB_ROLE_COMMUNITY_CLERK, code_of(weeks, record->community));
    char at[TB_DEMO_AT_BYTES];
    char place[96];
    tb_demo_at(record->registered_day, record->registered_at, at);
    (void)snprintf(place, sizeof(place), "%s%s", plan->places[record->community].name,
                   activity->place);
    tb_demo_request(batch, &clerk, at, record->id, record->attestation_id);
    tb_demo_region(batch, "region_code", code_of(weeks, record->community));
    tb_demo_text(batch, "team_id",
                 server->team == TB_DEMO_NONE ? NULL : plan->teams[server->team].id);
    tb_demo_text(batch, "volunteer_id", server->id);
    tb_demo_text(batch, "category_code", activity->category);
    tb_demo_text(batch, "recipient_kind", activity->recipient_kind);
    tb_demo_text(batch, "recipient_label", activity->label);
    if (record->recipient != TB_DEMO_NONE)
        tb_demo_text(batch, "recipient_person_id", plan->persons[record->recipient].id);
    tb_demo_text(batch, "place", place);
    tb_demo_text(batch, "content", activity->content);
    tb_demo_text(batch, "assignment_id", record->assignment_id);
    add_times(batch, record);
    add_attestation(batch, record);
    tb_demo_text(batch, "registrar_id", plan->persons[record->registrar].id);
    tb_demo_request_end(batch);
}

/* Weeks first … last - 1 in one go; their withdrawals before, each week's in a transaction. */
static enum tb_err record_weeks(struct week_loader *weeks, unsigned first, unsigned last)
{
    struct tb_demo_batch batch;
    enum tb_err err = TB_OK;
    tb_demo_batch_open(&batch, weeks->loader, "recordServiceAtCounter");
    for (unsigned week = first; err == TB_OK && week < last; week++) {
        weeks->count =
            tb_demo_week_plan(weeks->loader->plan, week, weeks->last_day, weeks->records);
        err = withdraw(weeks);
        for (unsigned i = 0; err == TB_OK && i < weeks->count; i++)
            add_record(weeks, &batch, &weeks->records[i]);
    }
    enum tb_err ran = tb_demo_batch_close(&batch);
    return err == TB_OK ? ran : err;
}

/* ------------------------------------------------------------------ verification */

static unsigned community_of(const struct week_loader *weeks, int64_t code)
{
    for (unsigned c = 0; c < TB_DEMO_COMMUNITIES; c++)
        if (code_of(weeks, c) == code)
            return c;
    tb_bug(__FILE__, __LINE__, "a region that is no community");
}

static struct tb_demo_chance chance_of_record(const struct week_loader *weeks, const char *stream,
                                              const char *record_id)
{
    return tb_demo_chance_of(plan_of(weeks)->seed + strtoul(record_id, NULL, 16), stream, 0);
}

/* Most are confirmed; a mismatch leaves the record to be decided by itself. */
static void add_check(const struct week_loader *weeks, struct tb_buf *checks, const char *record_id,
                      bool is_paid)
{
    static const char *const methods[] = {"phone", "phone", "visit", "sheet"};
    struct tb_demo_chance chance = chance_of_record(weeks, "check", record_id);
    const char *method = methods[tb_demo_chance_below(&chance, 4)];
    unsigned draw = tb_demo_chance_below(&chance, 1000);
    const char *result = draw < 5 && !is_paid ? "mismatch"
                         : draw < 30          ? "unreachable"
                                              : "confirmed";
    tb_buf_printf(checks, "%s{\"record_id\":\"%s\",\"method\":\"%s\",\"result\":\"%s\"}",
                  checks->len > 1 ? "," : "", record_id, method, result);
}

/* One worklist: rows `first` … until the region changes. Gives the row behind it. */
static int add_close(const struct week_loader *weeks, struct tb_demo_batch *batch,
                     const PGresult *rows, int first, const char *at, const char *week)
{
    const char *region = PQgetvalue(rows, first, 0);
    int64_t code = 0;
    TB_BUG_IF(!tb_str_to_int64(tb_str_of(region), &code));
    struct tb_actor secretary = tb_demo_actor(
        weeks->loader, plan_of(weeks)->communities[community_of(weeks, code)].secretary,
        TB_ROLE_COMMUNITY_SECRETARY, code);
    struct tb_buf checks;
    int row = first;
    tb_buf_init(&checks, TEXT_BYTES);
    tb_buf_add_char(&checks, '[');
    for (; row < PQntuples(rows) && strcmp(PQgetvalue(rows, row, 0), region) == 0; row++)
        if (!PQgetisnull(rows, row, 2))
            add_check(weeks, &checks, PQgetvalue(rows, row, 2), PQgetvalue(rows, row, 3)[0] == 't');
    tb_buf_add_char(&checks, ']');
    tb_demo_request(batch, &secretary, at, NULL, NULL);
    tb_demo_outside(batch, "region_code", region);
    tb_demo_outside(batch, "book_week", week);
    tb_demo_text(batch, "digest", PQgetvalue(rows, first, 1));
    tb_demo_json(batch, "checks", tb_buf_str(&checks));
    tb_demo_request_end(batch);
    tb_buf_fini(&checks);
    return row;
}

static enum tb_err close_week(const struct week_loader *weeks, struct tb_date begin)
{
    char week[TB_DATE_TEXT_BYTES];
    char at[TB_DEMO_AT_BYTES];
    struct tb_demo_batch batch;
    PGresult *rows = NULL;
    tb_date_format(begin, week);
    tb_demo_at(tb_date_add_days(begin, 8), 10 * 60, at);
    const char *values[2] = {"371402", week};
    enum tb_err err = tb_demo_query(weeks->loader, "sql/demo/list_worklists.sql", 2, values, &rows);
    if (err != TB_OK)
        return err;
    tb_demo_batch_open(&batch, weeks->loader, "closeWorklist");
    for (int row = 0; row < PQntuples(rows);)
        row = add_close(weeks, &batch, rows, row, at, week);
    PQclear(rows);
    return tb_demo_batch_close(&batch);
}

/* Accepted, reduced, rejected, or left for the next week. A withdrawal's record is accepted: its
 * hold waits for it. */
static void add_decision(const struct week_loader *weeks, struct tb_demo_batch *batch,
                         const PGresult *rows, int row, const char *at)
{
    const char *id = PQgetvalue(rows, row, 0);
    bool is_paid = PQgetvalue(rows, row, 3)[0] == 't';
    bool had_part = PQgetvalue(rows, row, 4)[0] == 't';
    bool is_carried = PQgetvalue(rows, row, 5)[0] == 't';
    struct tb_demo_chance chance = chance_of_record(weeks, "decision", id);
    unsigned draw = is_paid ? 0 : tb_demo_chance_below(&chance, 100);
    int64_t code = 0;
    int64_t minutes = 0;
    TB_BUG_IF(!tb_str_to_int64(tb_str_of(PQgetvalue(rows, row, 1)), &code) ||
              !tb_str_to_int64(tb_str_of(PQgetvalue(rows, row, 2)), &minutes));
    if (draw >= 93 && !is_carried)
        return;
    unsigned c = community_of(weeks, code);
    unsigned office = plan_of(weeks)->places[c].office;
    bool is_reduced = draw >= 70 && draw < 88 && minutes > 30;
    bool is_rejected = draw >= 88 && draw < 93;
    bool is_long = minutes > 480 && !is_reduced && !is_rejected; /* the policies of the founding */
    struct tb_actor verifier =
        had_part || is_long ? tb_demo_actor(weeks->loader, plan_of(weeks)->office_admins[office],
                                            TB_ROLE_SUBDISTRICT_ADMIN, tb_demo_offices[office].code)
                            : tb_demo_actor(weeks->loader, plan_of(weeks)->communities[c].secretary,
                                            TB_ROLE_COMMUNITY_SECRETARY, code);
    tb_demo_request(batch, &verifier, at, NULL, NULL);
    tb_demo_outside(batch, "id", id);
    tb_demo_text(batch, "decision", is_rejected ? "reject" : is_reduced ? "reduce" : "accept");
    if (is_reduced)
        tb_demo_number(batch, "minutes", minutes > 480 ? 480 : minutes - 30);
    if (is_reduced || is_rejected)
        tb_demo_text(batch, "reason", is_rejected ? "核实无此次服务" : "电话核实的服务时间较短");
    tb_demo_request_end(batch);
}

static enum tb_err decide_week(const struct week_loader *weeks, struct tb_date begin)
{
    char week[TB_DATE_TEXT_BYTES];
    char at[TB_DEMO_AT_BYTES];
    struct tb_demo_batch batch;
    PGresult *rows = NULL;
    tb_date_format(begin, week);
    tb_demo_at(tb_date_add_days(begin, 9), 15 * 60, at);
    const char *values[2] = {"371402", week};
    enum tb_err err = tb_demo_query(weeks->loader, "sql/demo/list_undecided.sql", 2, values, &rows);
    if (err != TB_OK)
        return err;
    tb_demo_batch_open(&batch, weeks->loader, "decideServiceRecord");
    for (int row = 0; row < PQntuples(rows); row++)
        add_decision(weeks, &batch, rows, row, at);
    PQclear(rows);
    return tb_demo_batch_close(&batch);
}

/* ------------------------------------------------------------------ the weeks */

/* The year whose last day lies in the week, or 0. */
static int year_ending(struct tb_date begin)
{
    struct tb_ymd ymd = tb_date_to_ymd(begin);
    struct tb_date last;
    TB_BUG_IF(tb_date_from_ymd((struct tb_ymd){ymd.year, 12, 31}, &last) != TB_OK);
    return last.days < begin.days + 7 ? ymd.year : 0;
}

/* Frozen on Monday, closed on Tuesday, decided on Wednesday, settled on Thursday or, after a public
 * holiday, when it is due. */
static enum tb_err verify_week(const struct week_loader *weeks, unsigned week)
{
    char at[TB_DEMO_AT_BYTES];
    struct tb_date begin = tb_demo_week_begin(week);
    tb_demo_at(tb_date_add_days(begin, 7), 5, at);
    enum tb_err err = tb_demo_settle(weeks->loader, at);
    if (err == TB_OK)
        err = close_week(weeks, begin);
    if (err == TB_OK)
        err = decide_week(weeks, begin);
    tb_demo_at(tb_date_add_days(begin, 10), 5, at);
    if (err == TB_OK)
        err = tb_demo_settle(weeks->loader, at);
    if (err == TB_OK && year_ending(begin) != 0)
        err = tb_demo_load_awards(weeks->loader, year_ending(begin));
    return err;
}

/* So that the plans fit tables that began empty. */
static enum tb_err analyze(struct tb_demo_loader *loader, unsigned done)
{
    if (done != 1 && done != 3 && done != 9 && done != 27 && done != 81)
        return TB_OK;
    return tb_db_session_command(loader->session, "ANALYZE", loader->reterr_text);
}

enum tb_err tb_demo_load_weeks(struct tb_demo_loader *loader)
{
    struct week_loader weeks = {.loader = loader};
    weeks.last_day = tb_date_add_days(tb_demo_week_begin(TB_DEMO_WEEKS - 1), 2);
    weeks.records =
        tb_arena_alloc(loader->arena, TB_DEMO_WEEK_RECORDS_MAX * sizeof(*weeks.records));
    enum tb_err err = weeks.records == NULL
                          ? TB_ERR_NO_MEMORY
                          : tb_db_session_command(loader->session, "ANALYZE", loader->reterr_text);
    unsigned recorded = loader->first_week;
    for (unsigned week = loader->first_week; err == TB_OK && week < TB_DEMO_WEEKS; week++) {
        unsigned ahead =
            week + RECORDED_AHEAD < TB_DEMO_WEEKS ? week + RECORDED_AHEAD : TB_DEMO_WEEKS;
        if (recorded == week) {
            err = record_weeks(&weeks, week, ahead);
            recorded = ahead;
        }
        if (err == TB_OK && week + 1 < TB_DEMO_WEEKS)
            err = verify_week(&weeks, week);
        if (err == TB_OK)
            err = analyze(loader, week - loader->first_week + 1);
        tb_demo_progress_step(&loader->progress, "weeks");
    }
    return err;
}
