/*
 * What every fuzz target shares. libFuzzer calls LLVMFuzzerTestOneInput with bytes of its own
 * making; a target demands properties that must hold for all of them.
 */
#ifndef TB_TESTS_FUZZ_H
#define TB_TESTS_FUZZ_H

#include "timebank/arena.h"
#include "timebank/assets.h"
#include "timebank/buf.h"
#include "timebank/contract.h"
#include "timebank/error.h"
#include "timebank/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A property; its text is printed when it does not hold. */
#define DEMAND(property) TB_BUG_IF(!(property))

/* More than any input of a target needs. */
#define FUZZ_ARENA_BYTES (4 * 1024 * 1024)

static inline struct tb_str fuzz_text(const uint8_t *data, size_t size)
{
    return (struct tb_str){(const char *)data, size};
}

/* The bytes of a buffer that must have had room for them. */
static inline struct tb_str fuzz_str(const struct tb_buf *buf)
{
    DEMAND(!buf->overflow);
    return (struct tb_str){buf->data != NULL ? buf->data : "", buf->len};
}

/* The first two bytes of an input choose a thing by its name and not by its place, so that a
 * corpus keeps its meaning when things are added: the one whose hash is the next from there. */
#define FUZZ_CHOICE_BYTES 2

static inline uint16_t fuzz_hash(struct tb_str name)
{
    uint32_t hash = 2166136261u; /* FNV-1a, folded */
    for (size_t i = 0; i < name.len; i++)
        hash = (uint32_t)((uint64_t)(hash ^ (unsigned char)name.ptr[i]) * 16777619u & 0xffffffffu);
    return (uint16_t)(hash ^ hash >> 16);
}

static inline uint16_t fuzz_distance(const uint8_t *data, uint16_t hash)
{
    return (uint16_t)(hash - (data[0] << 8 | data[1]));
}

/* The contract that is built into the program. */
static inline struct tb_contract *fuzz_contract(void)
{
    struct tb_contract *contract;
    struct tb_error_text error;
    DEMAND(tb_contract_load(tb_asset_find("openapi.json"), &contract, &error) == TB_OK);
    return contract;
}

#endif
