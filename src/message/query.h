/*
 * The texts of a target: percent-encoding both ways, and a query's pairs.
 *
 * Source: RFC 3986, 2.1 and 3.4; in a query "+" is a blank, as forms write it. Whether a decoded
 * text is UTF-8 is the schema's question (tb_schema_validate_text), not asked here.
 */
#ifndef TB_MESSAGE_QUERY_H
#define TB_MESSAGE_QUERY_H

#include "timebank/arena.h"
#include "timebank/buf.h"
#include "timebank/error.h"
#include "timebank/str.h"

/* As it came: not decoded, pointing into the query. */
struct tb_query_pair {
    struct tb_str name;
    struct tb_str value; /* empty without "=" */
};

/* Takes the next pair off the query, passing over empty ones; false at the end. */
bool tb_query_next(struct tb_str *query, struct tb_query_pair *ret_pair);

/* What "+" means in the text. */
enum tb_plus { TB_PLUS_IS_PLUS, TB_PLUS_IS_BLANK };

/* The arena owns the bytes. TB_ERR_INVALID: a "%" without two hexadecimal digits.
 * TB_ERR_NO_MEMORY. */
TB_CHECK_RESULT enum tb_err tb_percent_decode(struct tb_str text, enum tb_plus plus,
                                              struct tb_arena *arena, struct tb_str *ret_decoded);

/* Adds text with an escape for every byte that is not unreserved (RFC 3986, 2.3). */
void tb_percent_encode(struct tb_str text, struct tb_buf *out);

/* Adds the same query with another cursor: the pairs that are well encoded, as this file encodes
 * them, then `cursor`. */
void tb_query_with_cursor(struct tb_str query, struct tb_str cursor, struct tb_arena *arena,
                          struct tb_buf *out);

#endif
