/* The district: its founding, its first administrator, regions and public holidays. */
#include "demo/load.h"

#include <stdio.h>

#define DISTRICT_NAME "德城区"
#define ADMIN_NAME "德城区老干部局管理员(演示)"

static void founding_day(const struct tb_demo_loader *loader, char ret_day[TB_DATE_TEXT_BYTES])
{
    tb_date_format(tb_demo_week_begin(loader->first_week), ret_day);
}

static enum tb_err found(struct tb_demo_loader *loader)
{
    char day[TB_DATE_TEXT_BYTES];
    char at[TB_DEMO_AT_BYTES];
    founding_day(loader, day);
    tb_demo_at(tb_demo_week_begin(loader->first_week), 1, at);
    const char *founding[4] = {"371402", DISTRICT_NAME, "Asia/Shanghai", day};
    const char *mark[2] = {"371402", at};
    enum tb_err err = tb_db_session_command(loader->session, "BEGIN", loader->reterr_text);
    if (err == TB_OK)
        err = tb_demo_query(loader, "sql/install/found_district.sql", 4, founding, NULL);
    if (err == TB_OK)
        err = tb_demo_query(loader, "sql/demo/begin.sql", 2, mark, NULL);
    return err == TB_OK ? tb_db_session_command(loader->session, "COMMIT", loader->reterr_text)
                        : err;
}

static enum tb_err create_administrator(struct tb_demo_loader *loader)
{
    char day[TB_DATE_TEXT_BYTES];
    char ids[4][TB_UUID_TEXT_BYTES];
    founding_day(loader, day);
    for (unsigned i = 0; i < 4; i++)
        tb_demo_id(loader->plan->seed, "administrator", i, 0, 0, ids[i]);
    struct tb_str token = tb_token_make(TB_DEMO_DISTRICT, loader->arena);
    char *prefix = tb_arena_copy(loader->arena, token.ptr, TB_TOKEN_PREFIX_BYTES);
    struct tb_token_hash hash = tb_token_hash(token);
    const char *values[10] = {"371402",
                              ADMIN_NAME,
                              ids[0],
                              ids[1],
                              ids[2],
                              ids[3],
                              tb_token_hash_text(&hash, loader->arena).ptr,
                              prefix,
                              "demo district-admin",
                              day};
    loader->admin = (struct tb_actor){
        .district_id = TB_DEMO_DISTRICT,
        .role = TB_ROLE_DISTRICT_ADMIN,
        .scope_low = (int64_t)TB_DEMO_DISTRICT * 1000000,
        .scope_high = (int64_t)TB_DEMO_DISTRICT * 1000000 + 999999,
    };
    memcpy(loader->admin.person_id, ids[0], TB_UUID_TEXT_BYTES);
    memcpy(loader->admin.user_id, ids[1], TB_UUID_TEXT_BYTES);
    loader->tokens[loader->tokens_count++] =
        (struct tb_demo_token){"district-admin", TB_ROLE_DISTRICT_ADMIN, TB_DEMO_PERSONS_MAX,
                               loader->admin.scope_low, token.ptr};
    return tb_demo_query(loader, "sql/install/create_administrator.sql", 10, values, NULL);
}

/* ------------------------------------------------------------------ regions, holidays */

static void add_region(struct tb_demo_batch *batch, const char *at, int64_t code, const char *kind,
                       const char *name, const char *setting)
{
    char id[TB_UUID_TEXT_BYTES];
    struct tb_demo_loader *loader = batch->loader;
    tb_demo_id(loader->plan->seed, "issuance", (unsigned)(code % 1000000), 0, 0, id);
    tb_demo_request(batch, &loader->admin, at, id, NULL);
    tb_demo_region(batch, "region_code", code);
    tb_demo_text(batch, "kind", kind);
    tb_demo_text(batch, "name", name);
    tb_demo_text(batch, "setting", setting);
    tb_demo_request_end(batch);
}

static enum tb_err load_offices(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createRegion");
    for (unsigned i = 0; i < TB_DEMO_OFFICES; i++)
        add_region(&batch, at, tb_demo_offices[i].code,
                   tb_demo_offices[i].is_town ? "town" : "subdistrict", tb_demo_offices[i].name,
                   NULL);
    return tb_demo_batch_close(&batch);
}

static enum tb_err load_communities(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createRegion");
    for (unsigned i = 0; i < TB_DEMO_COMMUNITIES; i++) {
        const struct tb_demo_place *place = &loader->plan->places[i];
        add_region(&batch, at, place->code, "community", place->name,
                   place->is_urban ? "urban" : "rural");
    }
    return tb_demo_batch_close(&batch);
}

static void add_holiday(struct tb_demo_batch *batch, const char *at,
                        const struct tb_demo_holiday *holiday)
{
    struct tb_date day;
    struct tb_date last;
    TB_BUG_IF(tb_date_parse(tb_str_of(holiday->first), &day) != TB_OK ||
              tb_date_parse(tb_str_of(holiday->last), &last) != TB_OK);
    for (; day.days <= last.days; day = tb_date_add_days(day, 1)) {
        tb_demo_request(batch, &batch->loader->admin, at, NULL, NULL);
        tb_demo_date(batch, "holiday_date", day);
        tb_demo_text(batch, "kind", holiday->is_working_day ? "working_day" : "holiday");
        tb_demo_text(batch, "name", holiday->name);
        tb_demo_text(batch, "source", holiday->source);
        tb_demo_request_end(batch);
    }
}

static enum tb_err load_holidays(struct tb_demo_loader *loader, const char *at)
{
    struct tb_demo_batch batch;
    tb_demo_batch_open(&batch, loader, "createPublicHoliday");
    for (const struct tb_demo_holiday *holiday = tb_demo_holidays; holiday->first != NULL;
         holiday++)
        add_holiday(&batch, at, holiday);
    return tb_demo_batch_close(&batch);
}

/* The first run of the settlement makes the periods, which needs the holidays. */
enum tb_err tb_demo_load_district(struct tb_demo_loader *loader)
{
    char at[TB_DEMO_AT_BYTES];
    tb_demo_at(tb_demo_week_begin(loader->first_week), 8 * 60, at);
    enum tb_err err = found(loader);
    if (err == TB_OK)
        err = create_administrator(loader);
    if (err == TB_OK)
        err = load_offices(loader, at);
    if (err == TB_OK)
        err = load_communities(loader, at);
    if (err == TB_OK)
        err = load_holidays(loader, at);
    return err == TB_OK ? tb_demo_settle(loader, at) : err;
}
