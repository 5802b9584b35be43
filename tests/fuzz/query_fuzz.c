/* Queries: splitting, percent-encoding, the query of the next page. */
#include "fuzz.h"

#include "message/query.h"

#include <ctype.h>

static bool is_well_encoded(struct tb_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '%' && (text.len - i < 3 || !isxdigit((unsigned char)text.ptr[i + 1]) ||
                                   !isxdigit((unsigned char)text.ptr[i + 2])))
            return false;
    return true;
}

static bool is_encoders(char c)
{
    return isalnum((unsigned char)c) || strchr("-._~%", c) != NULL;
}

/* Any bytes come back from their encoding, whatever "+" means. */
static void check_encoding(struct tb_str bytes, struct tb_arena *arena)
{
    struct tb_buf encoded;
    struct tb_str decoded;
    tb_buf_init(&encoded, FUZZ_ARENA_BYTES);
    tb_percent_encode(bytes, &encoded);
    struct tb_str text = fuzz_str(&encoded);
    for (size_t i = 0; i < text.len; i++)
        DEMAND(text.ptr[i] != '\0' && is_encoders(text.ptr[i]));
    DEMAND(tb_percent_decode(text, TB_PLUS_IS_BLANK, arena, &decoded) == TB_OK);
    DEMAND(tb_str_eq(decoded, bytes));
    DEMAND(tb_percent_decode(text, TB_PLUS_IS_PLUS, arena, &decoded) == TB_OK);
    DEMAND(tb_str_eq(decoded, bytes));
    tb_buf_fini(&encoded);
}

static bool decode(struct tb_str text, struct tb_arena *arena, struct tb_str *ret_decoded)
{
    enum tb_err err = tb_percent_decode(text, TB_PLUS_IS_BLANK, arena, ret_decoded);
    DEMAND(err == (is_well_encoded(text) ? TB_OK : TB_ERR_INVALID));
    return err == TB_OK;
}

/* A pair, decoded; false at the end. Pairs that are badly encoded are passed over. */
static bool next_decoded(struct tb_str *query, struct tb_arena *arena, struct tb_query_pair *ret)
{
    struct tb_query_pair pair;
    while (tb_query_next(query, &pair)) {
        DEMAND(memchr(pair.name.ptr, '=', pair.name.len) == NULL);
        DEMAND(memchr(pair.name.ptr, '&', pair.name.len) == NULL);
        DEMAND(memchr(pair.value.ptr, '&', pair.value.len) == NULL);
        if (decode(pair.name, arena, &ret->name) && decode(pair.value, arena, &ret->value))
            return true;
    }
    DEMAND(query->len == 0);
    return false;
}

/* The next page is asked for with the same pairs, and the cursor as the last. */
static void check_next(struct tb_str query, struct tb_str cursor, struct tb_arena *arena)
{
    struct tb_query_pair pair;
    struct tb_query_pair copy;
    struct tb_buf next;
    tb_buf_init(&next, FUZZ_ARENA_BYTES);
    tb_query_with_cursor(query, cursor, arena, &next);
    struct tb_str rest = fuzz_str(&next);
    while (next_decoded(&query, arena, &pair)) {
        if (tb_str_is(pair.name, "cursor"))
            continue;
        DEMAND(next_decoded(&rest, arena, &copy));
        DEMAND(tb_str_eq(copy.name, pair.name) && tb_str_eq(copy.value, pair.value));
    }
    DEMAND(next_decoded(&rest, arena, &copy));
    DEMAND(tb_str_is(copy.name, "cursor") && tb_str_eq(copy.value, cursor));
    DEMAND(!next_decoded(&rest, arena, &copy));
    tb_buf_fini(&next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_str bytes = fuzz_text(data, size);
    struct tb_arena *arena = tb_arena_new(FUZZ_ARENA_BYTES);
    check_encoding(bytes, arena);
    check_next(bytes, (struct tb_str){bytes.ptr, size / 4}, arena);
    DEMAND(!tb_arena_overflowed(arena));
    tb_arena_free(arena);
    return 0;
}
