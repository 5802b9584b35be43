/* The demo as a whole: what is there before, the order of its parts, the end. */
#include "demo/load.h"

#include "timebank/settlement.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES (64u << 20)
#define PARTS 4 /* steps of the progress before the weeks */

enum state { STATE_EMPTY, STATE_HALF, STATE_WHOLE, STATE_OTHER };

/* ------------------------------------------------------------------ clock and settlement */

enum tb_err tb_demo_set_clock(struct tb_demo_loader *loader, const char *at)
{
    return tb_demo_query(loader, "sql/demo/set_clock.sql", 1, &at, NULL);
}

/* The spot checks' seeds follow from the demo's. */
enum tb_err tb_demo_settle(struct tb_demo_loader *loader, const char *at)
{
    char seed[2 + 16 + 1];
    unsigned steps;
    struct tb_demo_chance chance = tb_demo_chance_of(loader->plan->seed, "worklists", 0);
    (void)snprintf(seed, sizeof(seed), "\\x%016llx",
                   (unsigned long long)tb_demo_chance_next(&chance));
    struct tb_settlement_options options = {
        .district = "371402",
        .seed = seed,
        .clock_is_checked = true,
    };
    enum tb_err err = tb_demo_set_clock(loader, at);
    return err == TB_OK
               ? tb_settlement_run_due(loader->session, &options, &steps, loader->reterr_text)
               : err;
}

/* ------------------------------------------------------------------ what is there */

static enum tb_err read_state(struct tb_demo_loader *loader, enum state *ret_state)
{
    const char *district = "371402";
    PGresult *result = NULL;
    enum tb_err err = tb_demo_query(loader, "sql/demo/read_state.sql", 1, &district, &result);
    if (err != TB_OK)
        return err;
    const char *demo = PQgetvalue(result, 0, 1);
    if (PQgetvalue(result, 0, 2)[0] != 't') {
        tb_error_set(loader->reterr_text, "another process is loading the demo");
        err = TB_ERR_CONFLICT;
    } else if (strcmp(PQgetvalue(result, 0, 0), "0") == 0) {
        *ret_state = STATE_EMPTY;
    } else {
        *ret_state = demo[0] == '1' ? STATE_HALF : demo[0] == '2' ? STATE_WHOLE : STATE_OTHER;
    }
    PQclear(result);
    return err;
}

/* Evidence cannot be deleted, so a half demo goes with its whole schema. It is certain that the
 * database holds nothing else: the mark is set in the transaction that founds the district. */
static enum tb_err start_afresh(struct tb_demo_loader *loader)
{
    unsigned applied;
    fprintf(stderr, "timebankd: a half loaded demo is removed and loaded afresh\n");
    enum tb_err err = tb_db_session_command(
        loader->session, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", loader->reterr_text);
    return err == TB_OK ? tb_db_migrate(loader->settings->conninfo, &applied, loader->reterr_text)
                        : err;
}

static enum tb_err make_room(struct tb_demo_loader *loader, bool *ret_loads)
{
    enum state state = STATE_OTHER;
    enum tb_err err = read_state(loader, &state);
    if (err != TB_OK)
        return err;
    bool if_empty = loader->settings->if_empty;
    *ret_loads = state == STATE_EMPTY || state == STATE_HALF;
    if (state == STATE_HALF && if_empty)
        return start_afresh(loader);
    if (state == STATE_EMPTY || if_empty)
        return TB_OK;
    tb_error_set(loader->reterr_text, state == STATE_WHOLE ? "the demo is loaded already"
                                      : state == STATE_HALF
                                          ? "the demo is half loaded: timebankd demo --if-empty "
                                            "removes what there is and loads it afresh"
                                          : "the database holds a district that is not the demo; "
                                            "load it into an empty database");
    return TB_ERR_CONFLICT;
}

/* ------------------------------------------------------------------ loading */

static enum tb_err finish(struct tb_demo_loader *loader)
{
    const char *values[2] = {"371402", TB_DEMO_CLOCK};
    enum tb_err err = tb_db_session_command(loader->session, "ANALYZE", loader->reterr_text);
    if (err == TB_OK)
        err = tb_demo_write_tokens(loader);
    return err == TB_OK ? tb_demo_query(loader, "sql/demo/finish.sql", 2, values, NULL) : err;
}

static enum tb_err load(struct tb_demo_loader *loader)
{
    enum tb_err err = tb_demo_plan_make(loader->settings->seed, loader->arena, &loader->plan);
    if (err == TB_OK)
        err = tb_demo_load_district(loader);
    if (err == TB_OK)
        err = tb_demo_load_people(loader);
    if (err == TB_OK)
        err = tb_demo_load_access(loader);
    if (err == TB_OK)
        err = tb_demo_load_weeks(loader);
    if (err == TB_OK)
        err = finish(loader);
    tb_demo_progress_end(&loader->progress);
    return err;
}

static enum tb_err open_loader(struct tb_demo_loader *loader)
{
    const struct tb_demo_settings *settings = loader->settings;
    TB_BUG_IF(settings->weeks < 1 || settings->weeks > TB_DEMO_WEEKS);
    loader->first_week = TB_DEMO_WEEKS - settings->weeks;
    loader->progress =
        (struct tb_demo_progress){settings->show_progress, 0, PARTS + settings->weeks};
    loader->arena = tb_arena_new(ARENA_BYTES);
    if (loader->arena == NULL)
        return TB_ERR_NO_MEMORY;
    return tb_db_session_open(settings->conninfo, "timebankd demo", &loader->session,
                              loader->reterr_text);
}

enum tb_err tb_demo_load(const struct tb_demo_settings *settings, bool *ret_loaded,
                         struct tb_error_text *reterr_text)
{
    struct tb_demo_loader loader = {.settings = settings, .reterr_text = reterr_text};
    bool loads = false;
    enum tb_err err = open_loader(&loader);
    if (err == TB_OK)
        err = make_room(&loader, &loads);
    if (err == TB_OK && loads)
        err = load(&loader);
    if (err == TB_OK)
        *ret_loaded = loads;
    tb_db_session_close(loader.session);
    tb_arena_free(loader.arena);
    return err;
}
