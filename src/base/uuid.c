#include "timebank/uuid.h"

#include "timebank/clock.h"

#include <sodium.h>
#include <stdatomic.h>

static void to_text(const unsigned char bytes[16], char ret_text[TB_UUID_TEXT_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            ret_text[at++] = '-';
        ret_text[at++] = hex[bytes[i] >> 4];
        ret_text[at++] = hex[bytes[i] & 15];
    }
    ret_text[at] = '\0';
}

/* 48 bits of milliseconds and 12 bits of a counter (RFC 9562, 6.2 method 1), never going back. */
static uint64_t next_stamp(void)
{
    static _Atomic uint64_t last;
    uint64_t now = (uint64_t)tb_clock_wall().ms << 12;
    uint64_t seen = atomic_load(&last);
    uint64_t stamp;
    do {
        stamp = now > seen ? now : seen + 1;
    } while (!atomic_compare_exchange_weak(&last, &seen, stamp));
    return stamp;
}

#define RANDOM_BYTES 4096

/* Fetched by the page: the kernel's generator costs a system call each time. */
static void take_random(unsigned char *ret_bytes, size_t count)
{
    static _Thread_local unsigned char pool[RANDOM_BYTES];
    static _Thread_local size_t used = RANDOM_BYTES;
    if (RANDOM_BYTES - used < count) {
        randombytes_buf(pool, sizeof(pool));
        used = 0;
    }
    memcpy(ret_bytes, pool + used, count);
    sodium_memzero(pool + used, count);
    used += count;
}

void tb_uuid_v7(char ret_text[TB_UUID_TEXT_BYTES])
{
    unsigned char bytes[16];
    take_random(bytes, sizeof(bytes));
    uint64_t stamp = next_stamp();
    for (size_t i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(stamp >> (12 + 8 * (5 - i)));
    bytes[6] = (unsigned char)(0x70 | ((stamp >> 8) & 0x0f));
    bytes[7] = (unsigned char)stamp;
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f));
    to_text(bytes, ret_text);
}

void tb_uuid_v8(struct tb_str bytes, char ret_text[TB_UUID_TEXT_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)bytes.ptr, bytes.len);
    hash[6] = (unsigned char)(0x80 | (hash[6] & 0x0f));
    hash[8] = (unsigned char)(0x80 | (hash[8] & 0x3f));
    to_text(hash, ret_text);
}

bool tb_uuid_is_valid(struct tb_str text)
{
    if (text.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        char c = text.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}
