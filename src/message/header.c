#include "message/header.h"

#include "message/scan.h"
#include "timebank/limits.h"

/* ------------------------------------------------------------------ Idempotency-Key */

/* The text between the quotes, which must be the first and the last character. */
static bool unquote(struct tb_str value, char *out, size_t *ret_len)
{
    size_t len = 0;
    tb_scan_skip(&value, 1);
    while (value.len > 0 && value.ptr[0] != '"') {
        if (value.ptr[0] == '\\') {
            tb_scan_skip(&value, 1);
            if (value.len == 0 || (value.ptr[0] != '"' && value.ptr[0] != '\\'))
                return false;
        }
        out[len++] = value.ptr[0];
        tb_scan_skip(&value, 1);
    }
    *ret_len = len;
    return value.len == 1;
}

static bool is_key(struct tb_str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] <= ' ' || key.ptr[i] >= 0x7f)
            return false;
    return key.len >= 1 && key.len <= TB_LIMIT_IDEMPOTENCY_KEY_BYTES;
}

enum tb_err tb_header_key(struct tb_str value, struct tb_arena *arena, struct tb_str *ret_key)
{
    char *text = tb_arena_copy(arena, value.ptr, value.len);
    struct tb_str key = {text, value.len};
    if (text == NULL)
        return TB_ERR_NO_MEMORY;
    if (value.len > 0 && value.ptr[0] == '"' && !unquote(value, text, &key.len))
        return TB_ERR_INVALID;
    if (!is_key(key))
        return TB_ERR_INVALID;
    *ret_key = key;
    return TB_OK;
}

/* ------------------------------------------------------------------ Content-Type */

/* A quoted string of RFC 9110, 5.6.4, as it stands between its quotes. */
static bool scan_quoted(struct tb_str *rest, struct tb_str *ret_text)
{
    size_t len = 0;
    if (!tb_scan_char(rest, '"'))
        return false;
    while (len < rest->len && rest->ptr[len] != '"')
        len += rest->ptr[len] == '\\' && len + 1 < rest->len ? 2 : 1;
    *ret_text = (struct tb_str){rest->ptr, len};
    tb_scan_skip(rest, len);
    return tb_scan_char(rest, '"');
}

/* One of the parameters behind a media type: true when it is one that JSON may have. */
static bool scan_json_parameter(struct tb_str *rest)
{
    struct tb_str name;
    struct tb_str value;
    if (!tb_scan_token(rest, &name))
        return true; /* nothing between two semicolons */
    if (!tb_scan_char(rest, '=') || (!tb_scan_token(rest, &value) && !scan_quoted(rest, &value)))
        return false;
    return !tb_str_eq_nocase(name, TB_STR("charset")) || tb_str_eq_nocase(value, TB_STR("utf-8"));
}

bool tb_header_is_json(struct tb_str value)
{
    struct tb_str type;
    struct tb_str subtype;
    if (!tb_scan_token(&value, &type) || !tb_scan_char(&value, '/') ||
        !tb_scan_token(&value, &subtype) || !tb_str_eq_nocase(type, TB_STR("application")))
        return false;
    if (!tb_str_eq_nocase(subtype, TB_STR("json")) &&
        !tb_str_eq_nocase(subtype, TB_STR("merge-patch+json")))
        return false;
    for (;;) {
        tb_scan_blanks(&value);
        if (value.len == 0)
            return true;
        if (!tb_scan_char(&value, ';'))
            return false;
        tb_scan_blanks(&value);
        if (!scan_json_parameter(&value))
            return false;
    }
}

/* ------------------------------------------------------------------ X-Request-Id */

bool tb_header_is_request_id(struct tb_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.';
        if (!good)
            return false;
    }
    return value.len >= 1 && value.len <= TB_LIMIT_REQUEST_ID_BYTES;
}

/* ------------------------------------------------------------------ traceparent */

static bool is_zero(struct tb_str digits)
{
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] != '0')
            return false;
    return true;
}

bool tb_header_is_traceparent(struct tb_str value)
{
    static const char form[] = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
    if (value.len != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (form[i] == 'x' ? !is_hex : c != '-')
            return false;
    }
    bool is_version = memcmp(value.ptr, "ff", 2) != 0;
    return is_version && !is_zero((struct tb_str){value.ptr + 3, 32}) &&
           !is_zero((struct tb_str){value.ptr + 36, 16});
}

/* ------------------------------------------------------------------ Prefer */

/* One preference, without its parameters: true when it is return=minimal. */
static bool scan_preference(struct tb_str *rest)
{
    struct tb_str name;
    struct tb_str value = TB_STR("");
    if (!tb_scan_token(rest, &name))
        return false;
    tb_scan_blanks(rest);
    if (!tb_scan_char(rest, '='))
        return false;
    tb_scan_blanks(rest);
    bool has_value = tb_scan_token(rest, &value) || scan_quoted(rest, &value);
    return has_value && tb_str_eq_nocase(name, TB_STR("return")) &&
           tb_str_eq_nocase(value, TB_STR("minimal"));
}

bool tb_header_prefers_minimal(struct tb_str value)
{
    bool minimal = false;
    while (value.len > 0) {
        tb_scan_blanks(&value);
        minimal = scan_preference(&value) || minimal;
        while (value.len > 0 && value.ptr[0] != ',')
            tb_scan_skip(&value, 1);
        (void)tb_scan_char(&value, ',');
    }
    return minimal;
}
