#include "message/query.h"

static struct tb_str before(struct tb_str text, char c)
{
    const char *end = text.len > 0 ? memchr(text.ptr, c, text.len) : NULL;
    return (struct tb_str){text.ptr, end != NULL ? (size_t)(end - text.ptr) : text.len};
}

/* Behind the first `len` bytes and the separator that follows them, if there is one. */
static struct tb_str behind(struct tb_str text, size_t len)
{
    size_t skip = len < text.len ? len + 1 : len;
    return (struct tb_str){text.ptr + skip, text.len - skip};
}

bool tb_query_next(struct tb_str *query, struct tb_query_pair *ret_pair)
{
    while (query->len > 0) {
        struct tb_str pair = before(*query, '&');
        *query = behind(*query, pair.len);
        if (pair.len == 0)
            continue;
        struct tb_str name = before(pair, '=');
        *ret_pair = (struct tb_query_pair){name, behind(pair, name.len)};
        return true;
    }
    return false;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that the escape at `at` stands for, or -1. */
static int escaped_byte(struct tb_str text, size_t at)
{
    if (text.len - at < 3)
        return -1;
    int high = hex_value(text.ptr[at + 1]);
    int low = hex_value(text.ptr[at + 2]);
    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

enum tb_err tb_percent_decode(struct tb_str text, enum tb_plus plus, struct tb_arena *arena,
                              struct tb_str *ret_decoded)
{
    char *out = tb_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (out == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int byte = escaped_byte(text, i);
            if (byte < 0)
                return TB_ERR_INVALID;
            out[len++] = (char)byte;
            i += 2;
        } else {
            out[len++] = c == '+' && plus == TB_PLUS_IS_BLANK ? ' ' : c;
        }
    }
    *ret_decoded = (struct tb_str){out, len};
    return TB_OK;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void tb_percent_encode(struct tb_str text, struct tb_buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_unreserved(text.ptr[i]))
            tb_buf_add_char(out, text.ptr[i]);
        else
            tb_buf_add(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    }
}

void tb_query_with_cursor(struct tb_str query, struct tb_str cursor, struct tb_arena *arena,
                          struct tb_buf *out)
{
    struct tb_query_pair pair;
    while (tb_query_next(&query, &pair)) {
        struct tb_str name;
        struct tb_str value;
        if (tb_percent_decode(pair.name, TB_PLUS_IS_BLANK, arena, &name) != TB_OK ||
            tb_percent_decode(pair.value, TB_PLUS_IS_BLANK, arena, &value) != TB_OK ||
            tb_str_is(name, "cursor"))
            continue;
        tb_percent_encode(name, out);
        tb_buf_add_char(out, '=');
        tb_percent_encode(value, out);
        tb_buf_add_char(out, '&');
    }
    tb_buf_add_text(out, "cursor=");
    tb_percent_encode(cursor, out);
}
