#include "timebank/token.h"

#include <sodium.h>

#define SECRET_BYTES 32
#define SECRET_CHARACTERS 43
#define LEAD_CHARACTERS 10 /* "tb_371402_" */

struct tb_str tb_token_make(int district_id, struct tb_arena *arena)
{
    unsigned char secret[SECRET_BYTES];
    char text[SECRET_CHARACTERS + 1];
    randombytes_buf(secret, sizeof(secret));
    sodium_bin2base64(text, sizeof(text), secret, sizeof(secret),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(secret, sizeof(secret));
    return tb_str_of(tb_arena_printf(arena, "tb_%06d_%s", district_id, text));
}

enum tb_err tb_token_parse(struct tb_str text, int *ret_district_id)
{
    if (text.len != LEAD_CHARACTERS + SECRET_CHARACTERS ||
        !tb_str_starts_with(text, TB_STR("tb_")) || text.ptr[LEAD_CHARACTERS - 1] != '_')
        return TB_ERR_INVALID;
    int64_t district;
    if (!tb_str_to_int64((struct tb_str){text.ptr + 3, 6}, &district) || district < 100000)
        return TB_ERR_INVALID;
    *ret_district_id = (int)district;
    return TB_OK;
}

struct tb_token_hash tb_token_hash(struct tb_str text)
{
    struct tb_token_hash hash;
    crypto_hash_sha256(hash.bytes, (const unsigned char *)text.ptr, text.len);
    return hash;
}

struct tb_str tb_token_hash_text(const struct tb_token_hash *hash, struct tb_arena *arena)
{
    size_t bytes = 2 + 2 * TB_TOKEN_HASH_BYTES + 1;
    char *text = tb_arena_alloc(arena, bytes);
    if (text == NULL)
        return TB_STR_NULL;
    text[0] = '\\';
    text[1] = 'x';
    sodium_bin2hex(text + 2, bytes - 2, hash->bytes, TB_TOKEN_HASH_BYTES);
    return (struct tb_str){text, bytes - 1};
}
