#include "command/command.h"

#include "timebank/assets.h"
#include "timebank/settlement.h"

#include <stdio.h>

struct founding {
    const char *code;
    const char *name;
    const char *zone;
    const char *founded;
    const char *kind;
    const char *clock;
};

static enum tb_err query(struct tb_db_session *session, const char *sql, int count,
                         const char *const *values)
{
    struct tb_error_text error = {""};
    PGresult *result = NULL;
    enum tb_err err = tb_db_session_query(session, sql, count, values, &result, &error);
    if (err != TB_OK)
        fprintf(stderr, "timebankd: %s\n", error.text);
    PQclear(result);
    return err;
}

static enum tb_err found(struct tb_db_session *session, const struct founding *founding)
{
    struct tb_str sql = tb_asset_find("sql/install/found_district.sql");
    TB_BUG_IF(sql.ptr == NULL);
    const char *values[4] = {founding->code, founding->name, founding->zone, founding->founded};
    enum tb_err err = query(session, sql.ptr, 4, values);
    if (err != TB_OK || founding->kind == NULL)
        return err;
    const char *kind[2] = {founding->kind, founding->clock};
    return query(session, "UPDATE installation SET kind = $1, standing_clock = $2::timestamptz", 2,
                 kind);
}

/* The first run makes the periods, so that hours can be registered at once. */
static enum tb_err make_periods(struct tb_db_session *session, const struct founding *founding)
{
    struct tb_settlement_options options = {.district = founding->code};
    struct tb_error_text error = {""};
    unsigned steps;
    enum tb_err err = tb_settlement_run_due(session, &options, &steps, &error);
    if (err != TB_OK)
        fprintf(stderr, "timebankd: %s\n", error.text);
    return err;
}

int tb_command_district(int argc, char **argv)
{
    static const char *const names[] = {"--code", "--name",  "--zone", "--founded",
                                        "--kind", "--clock", NULL};
    struct founding founding = {
        .code = tb_option_value(argc, argv, "--code"),
        .name = tb_option_value(argc, argv, "--name"),
        .zone = tb_option_value(argc, argv, "--zone"),
        .founded = tb_option_value(argc, argv, "--founded"),
        .kind = tb_option_value(argc, argv, "--kind"),
        .clock = tb_option_value(argc, argv, "--clock"),
    };
    struct tb_db_session *session = NULL;
    if (!tb_options_known(argc, argv, names))
        return 2;
    if (founding.code == NULL || founding.name == NULL || founding.zone == NULL ||
        founding.founded == NULL) {
        fprintf(stderr, "timebankd district: --code, --name, --zone and --founded are needed\n");
        return 2;
    }
    if (tb_environment_session(&session) != TB_OK)
        return 1;
    enum tb_err err = found(session, &founding);
    if (err == TB_OK)
        err = make_periods(session, &founding);
    tb_db_session_close(session);
    return err == TB_OK ? 0 : 1;
}
