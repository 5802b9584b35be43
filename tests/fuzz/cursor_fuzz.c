/* Cursors: what is written is read, and what is read is written again. Two bytes choose the sort;
 * a cursor follows, or values when a NUL comes first. */
#include "fuzz.h"

#include "operation/cursor.h"
#include "timebank/json.h"

#include <stdlib.h>

static struct list {
    const struct tb_operation *operation;
    uint16_t hash;
} * lists;
static size_t lists_count;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct tb_contract *contract = fuzz_contract();
    (void)argc;
    (void)argv;
    lists = calloc(contract->operations_count, sizeof(*lists));
    for (size_t i = 0; i < contract->operations_count; i++) {
        const struct tb_operation *operation = &contract->operations[i];
        if (operation->is_list)
            lists[lists_count++] = (struct list){operation, fuzz_hash(tb_str_of(operation->id))};
    }
    return 0;
}

static const struct tb_sort *choose_sort(const uint8_t *data)
{
    const struct list *chosen = &lists[0];
    for (size_t i = 1; i < lists_count; i++)
        if (fuzz_distance(data, lists[i].hash) < fuzz_distance(data, chosen->hash))
            chosen = &lists[i];
    return &chosen->operation->sorts[data[1] % chosen->operation->sorts_count];
}

static bool are_equal(const struct tb_str *a, const struct tb_str *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!tb_str_eq(a[i], b[i]))
            return false;
    return true;
}

/* Whether a cursor was made: too long a one is not. */
static bool check_values(const struct tb_sort *sort, const struct tb_str *values,
                         struct tb_arena *arena)
{
    struct tb_str *again;
    struct tb_str text = tb_cursor_write(sort, values, arena);
    if (text.ptr == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++)
        DEMAND(text.ptr[i] > ' ' && strchr("&=+%#\"<>", text.ptr[i]) == NULL);
    DEMAND(tb_cursor_read(sort, text, arena, &again) == TB_OK);
    DEMAND(are_equal(values, again, sort->columns_count));
    return true;
}

/* What PostgreSQL gives: UTF-8 without NUL. */
static bool is_text(struct tb_str bytes)
{
    json_t *probe = json_stringn(bytes.ptr, bytes.len);
    json_decref(probe);
    return probe != NULL && memchr(bytes.ptr, '\0', bytes.len) == NULL;
}

/* Lines are the values; the last line is that of all columns that are left. */
static bool split_values(const struct tb_sort *sort, struct tb_str lines, struct tb_str *ret_values)
{
    for (size_t i = 0; i < sort->columns_count; i++) {
        const char *end = lines.len > 0 ? memchr(lines.ptr, '\n', lines.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - lines.ptr) : lines.len;
        ret_values[i] = (struct tb_str){lines.ptr, len};
        if (!is_text(ret_values[i]))
            return false;
        if (end != NULL)
            lines = (struct tb_str){end + 1, lines.len - len - 1};
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= FUZZ_CHOICE_BYTES)
        return 0;
    const struct tb_sort *sort = choose_sort(data);
    struct tb_str text = fuzz_text(data + FUZZ_CHOICE_BYTES, size - FUZZ_CHOICE_BYTES);
    struct tb_arena *arena = tb_arena_new(FUZZ_ARENA_BYTES);
    struct tb_str values[TB_SORT_COLUMNS_MAX];
    struct tb_str *read;
    if (text.ptr[0] == '\0') {
        bool is_short = text.len < 64; /* four times, each byte an escape of six */
        if (split_values(sort, (struct tb_str){text.ptr + 1, text.len - 1}, values))
            DEMAND(check_values(sort, values, arena) || !is_short);
    } else if (tb_cursor_read(sort, text, arena, &read) == TB_OK) {
        check_values(sort, read, arena);
    }
    DEMAND(!tb_arena_overflowed(arena));
    tb_arena_free(arena);
    return 0;
}
