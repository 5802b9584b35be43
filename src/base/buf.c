#include "timebank/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void tb_buf_init(struct tb_buf *buf, size_t max_bytes)
{
    *buf = (struct tb_buf){.max_bytes = max_bytes};
}

void tb_buf_fini(struct tb_buf *buf)
{
    free(buf->data);
    *buf = (struct tb_buf){0};
}

/* Room for `more` further bytes, or overflow. */
static bool reserve(struct tb_buf *buf, size_t more)
{
    if (buf->overflow || more > buf->max_bytes - buf->len) {
        buf->overflow = true;
        return false;
    }
    size_t need = buf->len + more;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap < 128 ? 256 : buf->cap * 2;
    if (cap < need)
        cap = need;
    if (cap > buf->max_bytes)
        cap = buf->max_bytes;
    char *data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->overflow = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void tb_buf_add(struct tb_buf *buf, const char *bytes, size_t len)
{
    if (len == 0 || !reserve(buf, len))
        return;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

void tb_buf_add_char(struct tb_buf *buf, char c)
{
    if (buf->len < buf->cap)
        buf->data[buf->len++] = c;
    else
        tb_buf_add(buf, &c, 1);
}

void tb_buf_add_str(struct tb_buf *buf, struct tb_str s)
{
    tb_buf_add(buf, s.ptr, s.len);
}

void tb_buf_add_text(struct tb_buf *buf, const char *terminated)
{
    tb_buf_add(buf, terminated, strlen(terminated));
}

void tb_buf_printf(struct tb_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    /* vsnprintf writes a terminator, which the buffer does not keep. */
    char small[256];
    int len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    bool fits = len >= 0 && (size_t)len < sizeof(small);
    char *text = len < 0 || fits ? small : malloc((size_t)len + 1);
    if (len < 0 || text == NULL) {
        buf->overflow = true;
    } else {
        if (!fits)
            (void)vsnprintf(text, (size_t)len + 1, format, again);
        tb_buf_add(buf, text, (size_t)len);
    }
    va_end(again);
    if (text != small)
        free(text);
}

static void add_escaped(struct tb_buf *buf, unsigned char c)
{
    switch (c) {
    case '"':
        tb_buf_add(buf, "\\\"", 2);
        return;
    case '\\':
        tb_buf_add(buf, "\\\\", 2);
        return;
    case '\n':
        tb_buf_add(buf, "\\n", 2);
        return;
    case '\r':
        tb_buf_add(buf, "\\r", 2);
        return;
    case '\t':
        tb_buf_add(buf, "\\t", 2);
        return;
    default:
        tb_buf_printf(buf, "\\u%04x", (unsigned)c);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* Eight bytes at once, by arithmetic that sets the high bit of each byte that is below 0x20, a
 * quote or a backslash (bytes of 0x80 and above are none of them). */
static bool are_plain(const char *eight)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t word;
    memcpy(&word, eight, sizeof(word));
    uint64_t quotes = word ^ (ones * '"');
    uint64_t slashes = word ^ (ones * '\\');
    uint64_t found = ((word - ones * 0x20) & ~word) | ((quotes - ones) & ~quotes) |
                     ((slashes - ones) & ~slashes);
    return (found & (ones * 0x80)) == 0;
}

/* How many bytes from `at` need no escape. */
static size_t plain_length(struct tb_str s, size_t at)
{
    size_t i = at;
    while (i + 8 <= s.len && are_plain(s.ptr + i))
        i += 8;
    while (i < s.len && is_plain((unsigned char)s.ptr[i]))
        i++;
    return i - at;
}

void tb_buf_add_json_string(struct tb_buf *buf, struct tb_str s)
{
    tb_buf_add_char(buf, '"');
    for (size_t i = 0; i < s.len; i++) {
        size_t plain = plain_length(s, i);
        tb_buf_add(buf, s.ptr + i, plain);
        i += plain;
        if (i < s.len)
            add_escaped(buf, (unsigned char)s.ptr[i]);
    }
    tb_buf_add_char(buf, '"');
}

char *tb_buf_take(struct tb_buf *buf, size_t *ret_len)
{
    char *data = buf->data;
    *ret_len = buf->len;
    size_t max_bytes = buf->max_bytes;
    *buf = (struct tb_buf){.max_bytes = max_bytes};
    return data;
}
