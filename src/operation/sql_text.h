/*
 * SQL files as texts: split into steps, ":name" into "$n".
 * Comments and quoted texts are left alone; "::type" is not a name.
 */
#ifndef TB_OPERATION_SQL_TEXT_H
#define TB_OPERATION_SQL_TEXT_H

#include "timebank/arena.h"
#include "timebank/buf.h"

/* The next step of *text: its name ("" when the file has no headings) and its body without
 * trailing blanks and semicolon. False at the end. */
bool tb_sql_next_step(struct tb_str *text, struct tb_str *ret_name, struct tb_str *ret_body);

/* Copies text to out; each :name is handed to replace(), which writes what stands for it.
 * Stops with replace()'s error. */
enum tb_err tb_sql_rewrite(struct tb_str text, struct tb_buf *out,
                           enum tb_err (*replace)(struct tb_str name, struct tb_buf *out,
                                                  void *context),
                           void *context);

/* Calls visit for each column of each "jsonb_to_recordset(:requests) AS alias(name type, …)"; stops
 * with its error. */
enum tb_err tb_sql_each_request_field(struct tb_str text,
                                      enum tb_err (*visit)(struct tb_str name, struct tb_str type,
                                                           void *context),
                                      void *context);

#endif
