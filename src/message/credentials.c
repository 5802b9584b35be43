#include "message/credentials.h"

#include "message/scan.h"

#include <sodium.h>

#define BASIC_BYTES_MAX 512

/* What follows the scheme and at least one blank; ptr NULL: it is another scheme. */
static struct tb_str after_scheme(struct tb_str header, struct tb_str scheme)
{
    struct tb_str name;
    if (!tb_scan_token(&header, &name) || !tb_str_eq_nocase(name, scheme) ||
        !tb_scan_char(&header, ' '))
        return TB_STR_NULL;
    tb_scan_blanks(&header);
    return header;
}

/* The password of "user:password" in base64. */
static struct tb_str password_of(struct tb_str text, struct tb_arena *arena)
{
    unsigned char bytes[BASIC_BYTES_MAX];
    size_t len = 0;
    if (sodium_base642bin(bytes, sizeof(bytes), text.ptr, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return TB_STR_NULL;
    const unsigned char *colon = memchr(bytes, ':', len);
    if (colon == NULL)
        return TB_STR_NULL;
    size_t skip = (size_t)(colon - bytes) + 1;
    return tb_arena_str(arena, (struct tb_str){(const char *)bytes + skip, len - skip});
}

struct tb_str tb_credentials_token(struct tb_str header, bool accepts_basic, struct tb_arena *arena)
{
    struct tb_str basic = after_scheme(header, TB_STR("Basic"));
    if (basic.ptr != NULL)
        return accepts_basic ? password_of(basic, arena) : TB_STR_NULL;
    return after_scheme(header, TB_STR("Bearer"));
}
