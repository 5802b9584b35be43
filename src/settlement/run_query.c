#include "settlement/run.h"

#include "timebank/assets.h"

#include <stdio.h>

#define PATH_MAX_BYTES 96

enum tb_err tb_settlement_query(struct tb_db_session *session, const char *name, int params_count,
                                const char *const *values, PGresult **ret_result,
                                struct tb_error_text *reterr_text)
{
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof(path), "sql/settlement/%s.sql", name);
    struct tb_str sql = tb_asset_find(path);
    TB_BUG_IF(sql.ptr == NULL);
    return tb_db_session_query(session, sql.ptr, params_count, values, ret_result, reterr_text);
}

static struct tb_str field(const PGresult *result, int row, const char *column)
{
    int number = PQfnumber(result, column);
    TB_BUG_IF(number < 0);
    return (struct tb_str){PQgetvalue(result, row, number),
                           (size_t)PQgetlength(result, row, number)};
}

int64_t tb_settlement_int(const PGresult *result, int row, const char *column)
{
    int64_t value = 0;
    TB_BUG_IF(!tb_str_to_int64(field(result, row, column), &value));
    return value;
}

struct tb_date tb_settlement_date(const PGresult *result, int row, const char *column)
{
    struct tb_date date = {0};
    TB_BUG_IF(tb_date_parse(field(result, row, column), &date) != TB_OK);
    return date;
}

enum tb_err tb_settlement_read_clock(struct tb_db_session *session, const char *as_of,
                                     struct tb_settlement_clock *ret_clock,
                                     struct tb_error_text *reterr_text)
{
    PGresult *result = NULL;
    enum tb_err err = tb_settlement_query(session, "read_clock", 1, &as_of, &result, reterr_text);
    if (err != TB_OK)
        return err;
    TB_BUG_IF(PQntuples(result) != 1);
    int beat = PQfnumber(result, "heartbeat_ms");
    *ret_clock = (struct tb_settlement_clock){
        .as_of_ms = tb_settlement_int(result, 0, "as_of_ms"),
        .business_ms = tb_settlement_int(result, 0, "business_ms"),
        .wall_ms = tb_settlement_int(result, 0, "wall_ms"),
        .heartbeat_ms =
            PQgetisnull(result, 0, beat) ? 0 : tb_settlement_int(result, 0, "heartbeat_ms"),
        .stands = tb_str_is(field(result, 0, "stands"), "t"),
    };
    PQclear(result);
    return TB_OK;
}
