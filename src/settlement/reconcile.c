#include "timebank/reconcile.h"

#include "timebank/assets.h"

static const struct {
    const char *invariant;
    const char *path;
    const char *title;
} checks[] = {
    {"I1", "sql/reconcile/I01.sql", "a transfer names two accounts of its district"},
    {"I2", "sql/reconcile/I02.sql", "balances are the sums of their entries"},
    {"I3", "sql/reconcile/I03.sql", "held, pending and embargoed minutes have their rows"},
    {"I4", "sql/reconcile/I04.sql", "no account is below its floor, no stock below 0"},
    {"I5", "sql/reconcile/I05.sql", "passbook lines are numbered and add up"},
    {"I6", "sql/reconcile/I06.sql", "a captured hold has one capture, any other none"},
    {"I7", "sql/reconcile/I07.sql", "a reversal mirrors its original"},
    {"I8", "sql/reconcile/I08.sql", "nothing enters a period after it froze"},
    {"I9", "sql/reconcile/I09.sql", "sealed periods have the digests of their rows"},
    {"I10", "sql/reconcile/I10.sql", "issued, retired and moved minutes are those held"},
    {"I11", "sql/reconcile/I11.sql", "a stored success has its entry"},
    {"I12", "sql/reconcile/I12.sql", "a month's totals are those of its rows"},
    {"I13", "sql/reconcile/I13.sql", "every key begins with the district"},
    {"I15", "sql/reconcile/I15.sql", "server, attester, registrar and verifier differ"},
    {"I16", "sql/reconcile/I16.sql", "time claims do not overlap and fit their records"},
};

struct reconciler {
    struct tb_db_session *session;
    const char *district;
    void (*on_finding)(const struct tb_reconcile_finding *finding, void *context);
    void *context;
    int64_t violations;
};

static void tell(struct reconciler *reconciler, size_t index, const PGresult *result)
{
    struct tb_reconcile_violation shown[TB_RECONCILE_SHOWN_MAX];
    int rows = PQntuples(result);
    size_t count = 0;
    for (int i = 0; i < rows && count < TB_RECONCILE_SHOWN_MAX; i++)
        shown[count++] =
            (struct tb_reconcile_violation){PQgetvalue(result, i, 0), PQgetvalue(result, i, 1)};
    struct tb_reconcile_finding finding = {checks[index].invariant, checks[index].title, rows,
                                           shown, count};
    reconciler->violations += rows;
    reconciler->on_finding(&finding, reconciler->context);
}

static enum tb_err check_all(struct reconciler *reconciler, struct tb_error_text *reterr_text)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct tb_str sql = tb_asset_find(checks[i].path);
        TB_BUG_IF(sql.ptr == NULL);
        PGresult *result = NULL;
        enum tb_err err = tb_db_session_query(reconciler->session, sql.ptr, 1,
                                              &reconciler->district, &result, reterr_text);
        if (err != TB_OK)
            return err;
        tell(reconciler, i, result);
        PQclear(result);
    }
    return TB_OK;
}

enum tb_err tb_reconcile(struct tb_db_session *session, const char *district,
                         void (*on_finding)(const struct tb_reconcile_finding *finding,
                                            void *context),
                         void *context, int64_t *ret_violations, struct tb_error_text *reterr_text)
{
    int64_t code = 0;
    if (district != NULL && !tb_str_to_int64(tb_str_of(district), &code)) {
        tb_error_set(reterr_text, "%s is no district code", district);
        return TB_ERR_INVALID;
    }
    struct reconciler reconciler = {session, district, on_finding, context, 0};
    enum tb_err err = tb_db_session_command(
        session, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", reterr_text);
    if (err != TB_OK)
        return err;
    err = check_all(&reconciler, reterr_text);
    struct tb_error_text ignored;
    enum tb_err ended = tb_db_session_command(session, "ROLLBACK", &ignored);
    if (err == TB_OK && ended != TB_OK)
        *reterr_text = ignored;
    if (err == TB_OK)
        err = ended;
    if (err == TB_OK)
        *ret_violations = reconciler.violations;
    return err;
}
