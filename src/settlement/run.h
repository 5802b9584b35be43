/* What the blocking parts of the settlement share. */
#ifndef TB_SETTLEMENT_RUN_H
#define TB_SETTLEMENT_RUN_H

#include "timebank/settlement.h"

#define TB_SETTLEMENT_ARENA_BYTES (32u << 20)

/* Runs sql/settlement/<name>.sql; the caller clears *ret_result with PQclear. */
TB_CHECK_RESULT enum tb_err tb_settlement_query(struct tb_db_session *session, const char *name,
                                                int params_count, const char *const *values,
                                                PGresult **ret_result,
                                                struct tb_error_text *reterr_text);

/* A column of integers or dates that the statement always fills. */
int64_t tb_settlement_int(const PGresult *result, int row, const char *column);
struct tb_date tb_settlement_date(const PGresult *result, int row, const char *column);

struct tb_settlement_clock {
    int64_t as_of_ms;
    int64_t business_ms;
    int64_t wall_ms;
    int64_t heartbeat_ms; /* 0: no event yet */
    bool stands;
};

/* as_of: RFC 3339, or NULL for the business clock. */
TB_CHECK_RESULT enum tb_err tb_settlement_read_clock(struct tb_db_session *session,
                                                     const char *as_of,
                                                     struct tb_settlement_clock *ret_clock,
                                                     struct tb_error_text *reterr_text);

/* How the settlements that somebody asked for through the API are carried out. */
struct tb_settlement_orders {
    bool is_halted; /* the clock jumped: only dry runs */
    void (*on_step)(const struct tb_settlement_step *step, void *context); /* of what was done */
    bool (*is_stopped)(void *context);
    void *context;
};

/*
 * Carries out the orders that wait, oldest first, each by one process at a time, and stores what
 * came of it. One that is cut short by the stop or a lost connection goes on waiting. Blocks.
 */
TB_CHECK_RESULT enum tb_err tb_settlement_do_orders(struct tb_db_session *session,
                                                    const struct tb_settlement_orders *orders,
                                                    struct tb_error_text *reterr_text);

#endif
