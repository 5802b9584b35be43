#include "timebank/log.h"

#include "timebank/buf.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192

static _Atomic int minimum_level = TB_LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void tb_log_set_level(enum tb_log_level level)
{
    atomic_store(&minimum_level, (int)level);
}

_Bool tb_log_level_parse(const char *word, enum tb_log_level *ret_level)
{
    for (int i = TB_LOG_DEBUG; i <= TB_LOG_ERROR; i++) {
        if (strcmp(word, level_names[i]) == 0) {
            *ret_level = (enum tb_log_level)i;
            return 1;
        }
    }
    return 0;
}

static void add_time(struct tb_buf *line)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char text[32];
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    tb_buf_printf(line, "{\"ts\":\"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

static void add_field(struct tb_buf *line, const char *name, va_list *args)
{
    tb_buf_add_char(line, ',');
    tb_buf_add_json_string(line, tb_str_of(name + 1));
    tb_buf_add_char(line, ':');
    if (name[0] == 'i') {
        tb_buf_printf(line, "%lld", (long long)va_arg(*args, int64_t));
    } else if (name[0] == 'd') {
        tb_buf_printf(line, "%.3f", va_arg(*args, double));
    } else {
        const char *value = va_arg(*args, const char *);
        if (value == NULL)
            tb_buf_add_text(line, "null");
        else
            tb_buf_add_json_string(line, tb_str_of(value));
    }
}

void tb_log(enum tb_log_level level, const char *event, ...)
{
    if ((int)level < atomic_load(&minimum_level))
        return;
    struct tb_buf line;
    tb_buf_init(&line, LINE_MAX_BYTES);
    add_time(&line);
    tb_buf_printf(&line, ",\"level\":\"%s\",\"event\":\"%s\"", level_names[level], event);
    va_list args;
    va_start(args, event);
    for (const char *name = va_arg(args, const char *); name != NULL;
         name = va_arg(args, const char *))
        add_field(&line, name, &args);
    va_end(args);
    tb_buf_add_text(&line, "}\n");
    /* One write a line: lines of different threads do not mix. A lost log line ends nothing. */
    if (!line.overflow && write(STDERR_FILENO, line.data, line.len) < 0)
        (void)0;
    tb_buf_fini(&line);
}
