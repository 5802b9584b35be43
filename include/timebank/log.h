/*
 * Logs: one JSON object a line on standard error: ts, level, event, then the fields given.
 * Personal data (names, numbers, phones, bodies, tokens) is never logged. Thread-safe.
 */
#ifndef TIMEBANK_LOG_H
#define TIMEBANK_LOG_H

#include <stdint.h>

enum tb_log_level { TB_LOG_DEBUG, TB_LOG_INFO, TB_LOG_WARN, TB_LOG_ERROR };

/* Levels below `level` are dropped. The default is TB_LOG_INFO. */
void tb_log_set_level(enum tb_log_level level);

/* False when the word is none of debug, info, warn, error. */
_Bool tb_log_level_parse(const char *word, enum tb_log_level *ret_level);

/*
 * fields: pairs of a name and a value, ended by NULL. The name's first character tells the
 * value's type: 's' const char * (NULL is written as null), 'i' int64_t, 'd' double.
 *   tb_log(TB_LOG_INFO, "request", "smethod", "GET", "istatus", (int64_t)200, NULL);
 */
__attribute__((sentinel)) void tb_log(enum tb_log_level level, const char *event, ...);

/*
 * Whether this thread's lines of levels debug and info wait for tb_log_flush, which a loop calls
 * before it waits: one write for all of a turn. A line of warn or error takes them along at once.
 */
void tb_log_hold(_Bool hold);
void tb_log_flush(void);

#endif
