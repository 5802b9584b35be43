/*
 * Cursors: base64url of ["<sort>", "<value of its first column>", …], the place behind a row.
 *
 * A cursor is not signed: it says where to go on in a list whose rows are chosen by the token anew.
 */
#ifndef TB_OPERATION_CURSOR_H
#define TB_OPERATION_CURSOR_H

#include "timebank/contract.h"

/* values: the sort's columns. The arena owns it; ptr NULL: longer than TB_LIMIT_CURSOR_BYTES, or no
 * memory. */
struct tb_str tb_cursor_write(const struct tb_sort *sort, const struct tb_str *values,
                              struct tb_arena *arena);

/* The values, owned by the arena. TB_ERR_INVALID: not a cursor of this sort; TB_ERR_NO_MEMORY. */
TB_CHECK_RESULT enum tb_err tb_cursor_read(const struct tb_sort *sort, struct tb_str text,
                                           struct tb_arena *arena, struct tb_str **ret_values);

#endif
