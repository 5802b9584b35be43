/*
 * Strings with a length. A tb_str never owns its bytes and need not be terminated; who made it
 * says how long the bytes live (usually: as long as the request's arena).
 */
#ifndef TIMEBANK_STR_H
#define TIMEBANK_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tb_str {
    const char *ptr; /* NULL means absent, which differs from empty */
    size_t len;
};

#define TB_STR(literal) ((struct tb_str){("" literal), sizeof(literal) - 1})
#define TB_STR_NULL ((struct tb_str){NULL, 0})
/* For printf's "%.*s". */
#define TB_STR_ARG(s) (int)(s).len, (s).ptr

static inline struct tb_str tb_str_of(const char *terminated)
{
    return (struct tb_str){terminated, terminated != NULL ? strlen(terminated) : 0};
}

static inline bool tb_str_eq(struct tb_str a, struct tb_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool tb_str_is(struct tb_str a, const char *terminated)
{
    return tb_str_eq(a, tb_str_of(terminated));
}

static inline bool tb_str_starts_with(struct tb_str a, struct tb_str prefix)
{
    return a.len >= prefix.len && memcmp(a.ptr, prefix.ptr, prefix.len) == 0;
}

/* ASCII only, as HTTP's names are. */
bool tb_str_eq_nocase(struct tb_str a, struct tb_str b);

/* The whole of s as a decimal integer without leading '+', blanks or overflow. */
bool tb_str_to_int64(struct tb_str s, int64_t *ret_value);

#endif
