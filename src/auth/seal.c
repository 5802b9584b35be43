#include "timebank/seal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_BYTES 32
#define LOOKUP_BYTES 32
#define VERSION 0x01
#define VALUE_MAX_BYTES 4096

struct tb_seal {
    unsigned char seal_key[KEY_BYTES];
    unsigned char lookup_key[KEY_BYTES];
};

static enum tb_err read_key(const char *path, unsigned char ret_key[KEY_BYTES],
                            struct tb_error_text *reterr_text)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        tb_error_set(reterr_text, "key file %s cannot be read", path);
        return TB_ERR_IO;
    }
    char hex[2 * KEY_BYTES + 3] = {0}; /* room to see what is too much */
    size_t len = fread(hex, 1, sizeof(hex) - 1, file);
    (void)fclose(file);
    while (len > 0 && (hex[len - 1] == '\n' || hex[len - 1] == '\r'))
        len--;
    size_t made = 0;
    bool whole = len == 2 * KEY_BYTES &&
                 sodium_hex2bin(ret_key, KEY_BYTES, hex, len, NULL, &made, NULL) == 0 &&
                 made == KEY_BYTES;
    sodium_memzero(hex, sizeof(hex));
    if (whole)
        return TB_OK;
    tb_error_set(reterr_text, "key file %s must hold 64 hexadecimal digits", path);
    return TB_ERR_CONFIG;
}

enum tb_err tb_seal_open(const char *key_path, struct tb_seal **ret_seal,
                         struct tb_error_text *reterr_text)
{
    unsigned char key[KEY_BYTES];
    enum tb_err err = read_key(key_path, key, reterr_text);
    if (err != TB_OK)
        return err;
    struct tb_seal *seal = calloc(1, sizeof(*seal));
    if (seal != NULL) {
        crypto_kdf_derive_from_key(seal->seal_key, KEY_BYTES, 1, "tb-seal", key);
        crypto_kdf_derive_from_key(seal->lookup_key, KEY_BYTES, 2, "tb-seal", key);
    }
    sodium_memzero(key, sizeof(key));
    if (seal == NULL)
        return TB_ERR_NO_MEMORY;
    *ret_seal = seal;
    return TB_OK;
}

void tb_seal_free(struct tb_seal *seal)
{
    if (seal == NULL)
        return;
    sodium_memzero(seal, sizeof(*seal));
    free(seal);
}

static struct tb_str to_bytea(const unsigned char *bytes, size_t len, struct tb_arena *arena)
{
    char *text = tb_arena_alloc(arena, 2 + 2 * len + 1);
    if (text == NULL)
        return TB_STR_NULL;
    text[0] = '\\';
    text[1] = 'x';
    sodium_bin2hex(text + 2, 2 * len + 1, bytes, len);
    return (struct tb_str){text, 2 + 2 * len};
}

struct tb_str tb_seal_value(const struct tb_seal *seal, struct tb_str kind, struct tb_str value,
                            struct tb_arena *arena)
{
    unsigned char bytes[1 + NONCE_BYTES + VALUE_MAX_BYTES + TAG_BYTES];
    TB_BUG_IF(value.len > VALUE_MAX_BYTES);
    bytes[0] = VERSION;
    randombytes_buf(bytes + 1, NONCE_BYTES);
    unsigned long long made;
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        bytes + 1 + NONCE_BYTES, &made, (const unsigned char *)value.ptr, value.len,
        (const unsigned char *)kind.ptr, kind.len, NULL, bytes + 1, seal->seal_key);
    return to_bytea(bytes, 1 + NONCE_BYTES + (size_t)made, arena);
}

/* Length-prefixed, so that no two triples give the same bytes. */
static void hash_part(crypto_generichash_state *state, struct tb_str part)
{
    uint64_t len = part.len;
    crypto_generichash_update(state, (const unsigned char *)&len, sizeof(len));
    crypto_generichash_update(state, (const unsigned char *)part.ptr, part.len);
}

struct tb_str tb_seal_lookup(const struct tb_seal *seal, struct tb_str kind, struct tb_str context,
                             struct tb_str value, struct tb_arena *arena)
{
    crypto_generichash_state state;
    unsigned char hash[LOOKUP_BYTES];
    crypto_generichash_init(&state, seal->lookup_key, KEY_BYTES, LOOKUP_BYTES);
    hash_part(&state, kind);
    hash_part(&state, context);
    hash_part(&state, value);
    crypto_generichash_final(&state, hash, LOOKUP_BYTES);
    return to_bytea(hash, LOOKUP_BYTES, arena);
}

enum tb_err tb_seal_reveal(const struct tb_seal *seal, struct tb_str kind, struct tb_str bytea_text,
                           struct tb_arena *arena, struct tb_str *ret_value)
{
    unsigned char bytes[1 + NONCE_BYTES + VALUE_MAX_BYTES + TAG_BYTES];
    size_t len = 0;
    if (bytea_text.len < 2 || sodium_hex2bin(bytes, sizeof(bytes), bytea_text.ptr + 2,
                                             bytea_text.len - 2, NULL, &len, NULL) != 0)
        return TB_ERR_INVALID;
    if (len < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] != VERSION)
        return TB_ERR_INVALID;
    size_t value_len = len - 1 - NONCE_BYTES - TAG_BYTES;
    char *value = tb_arena_alloc(arena, value_len + 1);
    if (value == NULL)
        return TB_ERR_NO_MEMORY;
    unsigned long long made;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            (unsigned char *)value, &made, NULL, bytes + 1 + NONCE_BYTES, len - 1 - NONCE_BYTES,
            (const unsigned char *)kind.ptr, kind.len, bytes + 1, seal->seal_key) != 0)
        return TB_ERR_INVALID;
    *ret_value = (struct tb_str){value, value_len};
    return TB_OK;
}
