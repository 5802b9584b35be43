/* The tree of path segments behind tb_contract_route. */
#ifndef TB_CONTRACT_ROUTE_H
#define TB_CONTRACT_ROUTE_H

#include "timebank/contract.h"

struct tb_route {
    struct tb_str segment;      /* of a literal */
    struct tb_route *literals;  /* children with a fixed segment */
    struct tb_route *parameter; /* the child that takes any segment */
    struct tb_route *next;      /* sibling */
    struct tb_operation *operations[TB_METHOD_COUNT];
};

/* Adds an operation's path. TB_ERR_CONFIG when path and method are taken. */
TB_CHECK_RESULT enum tb_err tb_route_add(struct tb_route *root, struct tb_operation *operation,
                                         struct tb_arena *arena);

#endif
