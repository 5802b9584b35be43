/*
 * Problems on the wire: RFC 9457 bodies of what the contract knows by a code, in one language, with
 * the faults of the request. Its texts may hold what a client sent, in any bytes: the body is JSON
 * in UTF-8 all the same, and shows of the arguments only what the problem's texts speak of.
 */
#ifndef TB_MESSAGE_PROBLEM_H
#define TB_MESSAGE_PROBLEM_H

#include "timebank/buf.h"
#include "timebank/contract.h"
#include "timebank/schema.h"

struct tb_problem {
    const struct tb_contract
        *contract; /* for the texts of faults among args; NULL: none are told */
    const struct tb_problem_kind *kind;
    const json_t *args; /* NULL: none */
    enum tb_language language;
    struct tb_str path;
    struct tb_str request_id;
    const struct tb_schema_errors *errors;
    bool errors_in_body;    /* they are pointers into it; otherwise names of parameters */
    unsigned retry_after_s; /* 0: the same request will not succeed */
};

/* Needs TB_LIMIT_PROBLEM_BYTES at most. */
void tb_problem_write(const struct tb_problem *problem, struct tb_buf *out);

#endif
