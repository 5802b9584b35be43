/* Steps through a header's value: each takes something off the front of *rest, or leaves it. */
#ifndef TB_MESSAGE_SCAN_H
#define TB_MESSAGE_SCAN_H

#include "timebank/str.h"

static inline void tb_scan_skip(struct tb_str *rest, size_t len)
{
    *rest = (struct tb_str){rest->ptr + len, rest->len - len};
}

/* Optional blanks, "OWS" of RFC 9110, 5.6.3. */
static inline void tb_scan_blanks(struct tb_str *rest)
{
    while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        tb_scan_skip(rest, 1);
}

static inline bool tb_scan_char(struct tb_str *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    tb_scan_skip(rest, 1);
    return true;
}

/* A token of RFC 9110, 5.6.2; false when there is none. */
static inline bool tb_scan_token(struct tb_str *rest, struct tb_str *ret_token)
{
    size_t len = 0;
    while (len < rest->len) {
        char c = rest->ptr[len];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            break;
        len++;
    }
    *ret_token = (struct tb_str){rest->ptr, len};
    if (len > 0)
        tb_scan_skip(rest, len);
    return len > 0;
}

#endif
