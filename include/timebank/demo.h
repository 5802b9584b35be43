/*
 * Demo: the founding document's own district, made up where the document is silent, and loaded
 * through the same SQL files as the API: two years of service, closed and settled week by week.
 *
 * Never: a row that an operation or the settlement could make is made any other way. The exceptions
 * are in sql/demo/: the marks of the demo, its clock, and withdrawals, which have no operation yet.
 * Source: docs/requirements.md; the plan is src/demo/plan.h.
 * Invariant: the same seed gives the same rows but for recorded_at, secrets and the ids of runs.
 */
#ifndef TIMEBANK_DEMO_H
#define TIMEBANK_DEMO_H

#include "timebank/contract.h"
#include "timebank/error.h"
#include "timebank/seal.h"

/* The business clock of a whole demo; it moves from here by POST /v1/test/clock only. */
#define TB_DEMO_CLOCK "2014-05-15T11:07:00+08:00"
#define TB_DEMO_SEED 20140515u
#define TB_DEMO_WEEKS 105 /* the last one is open when the demo's clock stands */
#define TB_DEMO_WEEKS_SMALL 9

struct tb_demo_settings {
    const char *conninfo;
    const struct tb_contract *contract; /* with its programs */
    const struct tb_seal *seal;
    uint64_t seed;
    unsigned weeks; /* the last so many of TB_DEMO_WEEKS; the district is founded with them */
    const char *tokens_path; /* NULL: none written */
    bool if_empty;           /* a whole demo, or another district, is left alone; a half one is
                                removed (the whole schema, as evidence cannot be deleted) and loaded
                                afresh */
    bool show_progress;      /* a bar on standard error */
};

/*
 * Blocks for a minute or two. *ret_loaded: false when there was nothing to do.
 * TB_ERR_CONFLICT: the database is not empty, or another process loads; TB_ERR_IO: the tokens' file
 * cannot be written; TB_ERR_DB; TB_ERR_NO_MEMORY; TB_ERR_CONFIG. The demo is then half loaded.
 */
TB_CHECK_RESULT enum tb_err tb_demo_load(const struct tb_demo_settings *settings, bool *ret_loaded,
                                         struct tb_error_text *reterr_text);

#endif
