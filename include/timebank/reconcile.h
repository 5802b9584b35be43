/*
 * Reconcile: proves the ledger's invariants on one snapshot of the database.
 *
 * Never: changes anything, repairs anything. Each invariant is one file sql/reconcile/I<nn>.sql
 * that selects its violations.
 * Source: docs/ledger.md, "Invariants".
 */
#ifndef TIMEBANK_RECONCILE_H
#define TIMEBANK_RECONCILE_H

#include "timebank/db.h"
#include "timebank/error.h"

#define TB_RECONCILE_SHOWN_MAX 10

struct tb_reconcile_violation {
    const char *what;
    const char *where; /* district/key, for people; no personal data */
};

/* Texts are borrowed during the callback. */
struct tb_reconcile_finding {
    const char *invariant; /* "I1" … "I16" */
    const char *title;     /* English */
    int64_t violations;
    const struct tb_reconcile_violation *shown; /* the first ones */
    size_t shown_count;                         /* at most TB_RECONCILE_SHOWN_MAX */
};

/*
 * Checks each invariant in one REPEATABLE READ READ ONLY transaction and calls on_finding once for
 * each, violated or not. district: its code as text, or NULL for all. Blocks.
 * ret_violations: of all invariants. TB_ERR_DB; TB_ERR_INVALID: district is no number.
 */
TB_CHECK_RESULT enum tb_err
tb_reconcile(struct tb_db_session *session, const char *district,
             void (*on_finding)(const struct tb_reconcile_finding *finding, void *context),
             void *context, int64_t *ret_violations, struct tb_error_text *reterr_text);

#endif
