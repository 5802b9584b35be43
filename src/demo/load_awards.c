#include "demo/load.h"

#include <stdio.h>
#include <stdlib.h>

static void add_award(struct tb_demo_batch *batch, const PGresult *rows, int row, int year,
                      const char *at)
{
    char id[TB_UUID_TEXT_BYTES];
    char name[64];
    char evidence[128];
    const char *volunteer = PQgetvalue(rows, row, 0);
    const char *star = PQgetvalue(rows, row, 1);
    (void)snprintf(name, sizeof(name), "award/%s", volunteer);
    tb_demo_id(batch->loader->plan->seed, name, (unsigned)year, 0, 0, id);
    (void)snprintf(evidence, sizeof(evidence), "%d年度星级评定表:累计%ld小时(演示数据)", year,
                   strtol(PQgetvalue(rows, row, 2), NULL, 10) / 60);
    tb_demo_request(batch, &batch->loader->admin, at, id, NULL);
    tb_demo_text(batch, "volunteer_id", volunteer);
    tb_demo_text(batch, "kind", "opening");
    tb_demo_number(batch, "star", star[0] - '0');
    tb_demo_number(batch, "award_year", year);
    tb_demo_text(batch, "evidence", evidence);
    tb_demo_request_end(batch);
}

/* As of 31 December, once the week of that day has settled. */
enum tb_err tb_demo_load_awards(struct tb_demo_loader *loader, int year)
{
    struct tb_demo_batch batch;
    struct tb_date day;
    char last[TB_DATE_TEXT_BYTES];
    char at[TB_DEMO_AT_BYTES];
    PGresult *rows = NULL;
    TB_BUG_IF(tb_date_from_ymd((struct tb_ymd){year, 12, 31}, &day) != TB_OK);
    tb_date_format(day, last);
    tb_demo_at(tb_date_add_days(day, 20), 9 * 60, at);
    const char *values[2] = {"371402", last};
    enum tb_err err = tb_demo_query(loader, "sql/demo/list_earned.sql", 2, values, &rows);
    if (err != TB_OK)
        return err;
    tb_demo_batch_open(&batch, loader, "createStarAward");
    for (int row = 0; row < PQntuples(rows); row++)
        add_award(&batch, rows, row, year, at);
    PQclear(rows);
    return tb_demo_batch_close(&batch);
}
