/* The one token that cannot be asked for with a token: the first administrator's. */
#include "command/command.h"

#include "timebank/assets.h"
#include "timebank/token.h"
#include "timebank/uuid.h"

#include <stdio.h>

static enum tb_err create(struct tb_db_session *session, const char *district, const char *name,
                          struct tb_str token, struct tb_arena *arena)
{
    char ids[4][TB_UUID_TEXT_BYTES];
    for (size_t i = 0; i < 4; i++)
        tb_uuid_v7(ids[i]);
    struct tb_token_hash hash = tb_token_hash(token);
    const char *prefix = tb_arena_copy(arena, token.ptr, TB_TOKEN_PREFIX_BYTES);
    const char *values[10] = {district,
                              name,
                              ids[0],
                              ids[1],
                              ids[2],
                              ids[3],
                              tb_token_hash_text(&hash, arena).ptr,
                              prefix,
                              "first administrator",
                              NULL};
    struct tb_error_text error = {""};
    PGresult *result = NULL;
    enum tb_err err = tb_db_session_query(session, "SELECT district_today($1::integer)", 1, values,
                                          &result, &error);
    if (err == TB_OK && !PQgetisnull(result, 0, 0)) {
        values[9] =
            tb_arena_copy(arena, PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0));
        PQclear(result);
        result = NULL;
        struct tb_str sql = tb_asset_find("sql/install/create_administrator.sql");
        TB_BUG_IF(sql.ptr == NULL);
        err = tb_db_session_query(session, sql.ptr, 10, values, &result, &error);
    } else if (err == TB_OK) {
        err = TB_ERR_NOT_FOUND;
        tb_error_set(&error, "district %s is not founded", district);
    }
    PQclear(result);
    if (err != TB_OK)
        fprintf(stderr, "timebankd: %s\n", error.text);
    return err;
}

int tb_command_token(int argc, char **argv)
{
    static const char *const names[] = {"--district", "--name", NULL};
    const char *district = tb_option_value(argc, argv, "--district");
    const char *name = tb_option_value(argc, argv, "--name");
    int64_t district_id;
    struct tb_db_session *session = NULL;
    if (!tb_options_known(argc, argv, names))
        return 2;
    if (district == NULL || name == NULL || !tb_str_to_int64(tb_str_of(district), &district_id) ||
        district_id < 100000 || district_id > 999999) {
        fprintf(stderr, "timebankd token: --district (6 digits) and --name are needed\n");
        return 2;
    }
    if (tb_environment_session(&session) != TB_OK)
        return 1;
    struct tb_arena *arena = tb_arena_new(64 * 1024);
    TB_BUG_IF(arena == NULL);
    struct tb_str token = tb_token_make((int)district_id, arena);
    enum tb_err err = create(session, district, name, token, arena);
    if (err == TB_OK)
        printf("%s\n", token.ptr);
    tb_arena_free(arena);
    tb_db_session_close(session);
    return err == TB_OK ? 0 : 1;
}
