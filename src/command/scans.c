/* timebankd scans: are the files there that the rows speak of, and are they the same? */
#include "command/command.h"

#include "timebank/assets.h"
#include "timebank/store.h"

#include <stdio.h>
#include <unistd.h>

struct count {
    long long whole;
    long long missing;
    long long changed;
    long long unreadable;
};

static const char *judge(const char *folder, const char *name, int64_t bytes, struct count *count)
{
    int fd = -1;
    switch (tb_store_open(folder, name, bytes, &fd)) {
    case TB_OK:
        (void)close(fd);
        count->whole++;
        return NULL;
    case TB_ERR_NOT_FOUND:
        count->missing++;
        return "missing";
    case TB_ERR_INVALID:
        count->changed++;
        return "changed";
    case TB_ERR_IO:
    case TB_ERR_NO_MEMORY:
    case TB_ERR_LIMIT:
    case TB_ERR_DB:
    case TB_ERR_CONFLICT:
    case TB_ERR_CONFIG:
        break;
    }
    count->unreadable++;
    return "unreadable";
}

static void tell(const char *what, const char *district, const char *name, bool json)
{
    printf(json ? "{\"result\":\"%s\",\"district\":%s,\"sha256\":\"%s\"}\n" : "%-10s %s %s\n", what,
           district, name);
}

/* Page by page. last: the key of the last row, kept from page to page. */
static enum tb_err verify(struct tb_db_session *session, const char *folder, const char *district,
                          bool json, struct count *ret_count, struct tb_error_text *reterr_text)
{
    char last_district[16];
    char last_name[TB_STORE_NAME_BYTES];
    const char *values[3] = {district, NULL, NULL};
    struct tb_str sql = tb_asset_find("sql/store/list_scans.sql");
    TB_BUG_IF(sql.ptr == NULL);
    for (int rows = 1; rows > 0;) {
        PGresult *page = NULL;
        enum tb_err err = tb_db_session_query(session, sql.ptr, 3, values, &page, reterr_text);
        if (err != TB_OK)
            return err;
        rows = PQntuples(page);
        for (int i = 0; i < rows; i++) {
            int64_t bytes = -1;
            (void)snprintf(last_district, sizeof(last_district), "%s", PQgetvalue(page, i, 0));
            (void)snprintf(last_name, sizeof(last_name), "%s", PQgetvalue(page, i, 1));
            TB_BUG_IF(!tb_str_to_int64(tb_str_of(PQgetvalue(page, i, 2)), &bytes));
            const char *wrong = judge(folder, last_name, bytes, ret_count);
            if (wrong != NULL)
                tell(wrong, last_district, last_name, json);
        }
        values[1] = last_district;
        values[2] = last_name;
        PQclear(page);
    }
    return TB_OK;
}

int tb_command_scans(int argc, char **argv)
{
    static const char *const names[] = {"--verify", "--district", "--json", NULL};
    const char *district = tb_option_value(argc, argv, "--district");
    const char *folder = tb_environment_scans();
    bool json = tb_option_flag(argc, argv, "--json");
    struct tb_db_session *session = NULL;
    struct tb_error_text error = {""};
    struct count count = {0};
    int64_t code;
    if (!tb_options_known(argc, argv, names) || !tb_option_flag(argc, argv, "--verify") ||
        (district != NULL && !tb_str_to_int64(tb_str_of(district), &code))) {
        fprintf(stderr, "usage: timebankd scans --verify [--district CODE] [--json]\n");
        return 2;
    }
    if (tb_environment_session(&session) != TB_OK)
        return 1;
    enum tb_err err = verify(session, folder, district, json, &count, &error);
    tb_db_session_close(session);
    if (err != TB_OK) {
        fprintf(stderr, "timebankd: %s: %s\n", tb_err_name(err), error.text);
        return 1;
    }
    long long wrong = count.missing + count.changed + count.unreadable;
    if (!json)
        printf("%lld scans in %s: %lld whole, %lld missing, %lld changed, %lld unreadable\n",
               count.whole + wrong, folder, count.whole, count.missing, count.changed,
               count.unreadable);
    return wrong == 0 ? 0 : 1;
}
