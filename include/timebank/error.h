/*
 * Errors: what is expected returns enum tb_err and leaves its outputs untouched; what is a defect
 * aborts, in release builds too (TB_BUG_IF). Nothing else ends the process.
 */
#ifndef TIMEBANK_ERROR_H
#define TIMEBANK_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum tb_err {
    TB_OK = 0,
    TB_ERR_NO_MEMORY, /* an arena or buffer reached its maximum */
    TB_ERR_INVALID,   /* the input is not of the form asked for */
    TB_ERR_NOT_FOUND, /* no such thing */
    TB_ERR_LIMIT,     /* a named limit was reached */
    TB_ERR_IO,        /* a file or socket failed; errno tells */
    TB_ERR_DB,        /* the database failed or cannot be reached */
    TB_ERR_CONFLICT,  /* the state does not allow it */
    TB_ERR_CONFIG,    /* a setting, the contract or an SQL file is wrong */
};

#define TB_CHECK_RESULT __attribute__((warn_unused_result))

/* Messages for people who start the program: filled on failure only, always terminated. */
struct tb_error_text {
    char text[512];
};

__attribute__((format(printf, 2, 3))) void tb_error_set(struct tb_error_text *reterr_text,
                                                        const char *format, ...);

/* The name of an error, for logs. Never NULL. */
const char *tb_err_name(enum tb_err err);

__attribute__((noreturn)) void tb_bug(const char *file, int line, const char *condition);

#define TB_BUG_IF(condition)                                                                       \
    do {                                                                                           \
        if (__builtin_expect(!!(condition), 0))                                                    \
            tb_bug(__FILE__, __LINE__, #condition);                                                \
    } while (0)

#endif
