#include "timebank/log.h"

#include "timebank/buf.h"

#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192

/* Lines of a thread that holds them. A pipe takes PIPE_BUF bytes at once or not at all, so that
 * lines of different threads do not mix. */
static _Thread_local struct {
    char bytes[PIPE_BUF];
    size_t len;
    bool holds;
} held;

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

/* The text of a second is made once in it. */
static void add_time(struct tb_buf *line)
{
    static _Thread_local time_t second = -1;
    static _Thread_local char text[32];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second) {
        struct tm utc;
        gmtime_r(&now.tv_sec, &utc);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
        second = now.tv_sec;
    }
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

/* A lost log line ends nothing. */
static void write_all(const char *bytes, size_t len)
{
    if (len > 0 && write(STDERR_FILENO, bytes, len) < 0)
        (void)0;
}

static void keep_or_write(enum tb_log_level level, const char *line, size_t len)
{
    if (len > sizeof(held.bytes) - held.len)
        tb_log_flush();
    if (!held.holds || len > sizeof(held.bytes)) {
        write_all(line, len);
        return;
    }
    memcpy(held.bytes + held.len, line, len);
    held.len += len;
    if (level >= TB_LOG_WARN)
        tb_log_flush();
}

void tb_log(enum tb_log_level level, const char *event, ...)
{
    if ((int)level < atomic_load(&minimum_level))
        return;
    struct tb_buf line;
    tb_buf_init(&line, LINE_MAX_BYTES);
    add_time(&line);
    tb_buf_add_text(&line, ",\"level\":\"");
    tb_buf_add_text(&line, level_names[level]);
    tb_buf_add_text(&line, "\",\"event\":\"");
    tb_buf_add_text(&line, event);
    tb_buf_add_char(&line, '"');
    va_list args;
    va_start(args, event);
    for (const char *name = va_arg(args, const char *); name != NULL;
         name = va_arg(args, const char *))
        add_field(&line, name, &args);
    va_end(args);
    tb_buf_add_text(&line, "}\n");
    if (!line.overflow)
        keep_or_write(level, line.data, line.len);
    tb_buf_fini(&line);
}

void tb_log_hold(_Bool hold)
{
    tb_log_flush();
    held.holds = hold;
}

void tb_log_flush(void)
{
    write_all(held.bytes, held.len);
    held.len = 0;
}
