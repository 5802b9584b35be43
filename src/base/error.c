#include "timebank/error.h"

#include "timebank/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void tb_error_set(struct tb_error_text *reterr_text, const char *format, ...)
{
    if (reterr_text == NULL)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reterr_text->text, sizeof(reterr_text->text), format, args);
    va_end(args);
}

const char *tb_err_name(enum tb_err err)
{
    switch (err) {
    case TB_OK:
        return "ok";
    case TB_ERR_NO_MEMORY:
        return "no_memory";
    case TB_ERR_INVALID:
        return "invalid";
    case TB_ERR_NOT_FOUND:
        return "not_found";
    case TB_ERR_LIMIT:
        return "limit";
    case TB_ERR_IO:
        return "io";
    case TB_ERR_DB:
        return "db";
    case TB_ERR_CONFLICT:
        return "conflict";
    case TB_ERR_CONFIG:
        return "config";
    }
    return "unknown";
}

void tb_bug(const char *file, int line, const char *condition)
{
    tb_log_flush();
    fprintf(stderr,
            "{\"level\":\"error\",\"event\":\"bug\",\"at\":\"%s:%d\",\"condition\":\"%s\"}\n", file,
            line, condition);
    abort();
}
