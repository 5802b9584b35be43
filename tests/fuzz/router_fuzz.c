/* Paths against the contract's routes. */
#include "fuzz.h"

#include "message/query.h"

static struct tb_contract *contract;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    contract = fuzz_contract();
    return 0;
}

/* ------------------------------------------------------------------ another way to match */

static struct tb_str take_segment(struct tb_str *path)
{
    size_t len = 1;
    while (len < path->len && path->ptr[len] != '/')
        len++;
    struct tb_str segment = {path->ptr + 1, len - 1};
    *path = (struct tb_str){path->ptr + len, path->len - len};
    return segment;
}

static bool is_parameter(struct tb_str segment)
{
    return segment.len > 2 && segment.ptr[0] == '{';
}

/* Segment by segment; *ret_order has a bit for each that is a literal, the first highest. */
static bool fits(const char *template, struct tb_str path, unsigned *ret_order)
{
    struct tb_str pattern = tb_str_of(template);
    *ret_order = 0;
    while (pattern.len > 0 && path.len > 0) {
        if (path.ptr[0] != '/')
            return false;
        struct tb_str wanted = take_segment(&pattern);
        struct tb_str given = take_segment(&path);
        if (is_parameter(wanted) ? given.len == 0 : !tb_str_eq(wanted, given))
            return false;
        *ret_order = *ret_order << 1 | !is_parameter(wanted);
    }
    return pattern.len == 0 && path.len == 0;
}

/* The template that fits with the earliest literals; NULL: none. */
static const char *best_template(struct tb_str path)
{
    const char *best = NULL;
    unsigned best_order = 0;
    for (size_t i = 0; i < contract->operations_count; i++) {
        const char *template = contract->operations[i].path;
        unsigned order;
        if (fits(template, path, &order) && (best == NULL || order > best_order)) {
            best = template;
            best_order = order;
        }
    }
    return best;
}

/* ------------------------------------------------------------------ properties */

static const struct tb_operation *any_operation(const struct tb_match *match)
{
    for (int method = 0; method < TB_METHOD_COUNT; method++)
        if (match->operations[method] != NULL)
            return match->operations[method];
    return NULL;
}

/* The template with these values instead of its parameters. */
static void fill(const char *template, const struct tb_str *values, size_t count,
                 struct tb_buf *out)
{
    struct tb_str rest = tb_str_of(template);
    size_t at = 0;
    tb_buf_init(out, FUZZ_ARENA_BYTES);
    while (rest.len > 0) {
        struct tb_str segment = take_segment(&rest);
        tb_buf_add_char(out, '/');
        if (is_parameter(segment)) {
            DEMAND(at < count);
            segment = values[at++];
        }
        tb_buf_add_str(out, segment);
    }
    DEMAND(at == count);
}

static bool encode_values(const struct tb_match *match, struct tb_arena *arena,
                          struct tb_str *ret_values)
{
    for (size_t i = 0; i < match->values_count; i++) {
        struct tb_str decoded;
        struct tb_buf encoded;
        if (tb_percent_decode(match->values[i], TB_PLUS_IS_PLUS, arena, &decoded) != TB_OK)
            return false;
        tb_buf_init(&encoded, FUZZ_ARENA_BYTES);
        tb_percent_encode(decoded, &encoded);
        ret_values[i] = tb_arena_str(arena, fuzz_str(&encoded));
        tb_buf_fini(&encoded);
    }
    return true;
}

/* What the values mean, encoded anew, leads to the same operations; unless it is spelt like a
 * literal, which is preferred. */
static void check_encoded(const struct tb_match *match, const char *template)
{
    struct tb_str values[TB_PATH_PARAMETERS_MAX];
    struct tb_arena *arena = tb_arena_new(FUZZ_ARENA_BYTES);
    struct tb_match again;
    struct tb_buf path;
    if (encode_values(match, arena, values)) {
        fill(template, values, match->values_count, &path);
        DEMAND(tb_contract_route(contract, fuzz_str(&path), &again));
        DEMAND(again.operations == match->operations || again.values_count < match->values_count);
        tb_buf_fini(&path);
    }
    tb_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_str path = fuzz_text(data, size);
    const char *template = best_template(path);
    struct tb_match match;
    bool found = tb_contract_route(contract, path, &match);
    DEMAND(found == (template != NULL));
    if (!found)
        return 0;
    const struct tb_operation *operation = any_operation(&match);
    struct tb_buf filled;
    DEMAND(operation != NULL && match.values_count <= TB_PATH_PARAMETERS_MAX);
    fill(operation->path, match.values, match.values_count, &filled);
    DEMAND(tb_str_eq(fuzz_str(&filled), path));
    tb_buf_fini(&filled);
    unsigned order;
    unsigned wanted;
    DEMAND(fits(operation->path, path, &order) && fits(template, path, &wanted));
    DEMAND(order == wanted);
    check_encoded(&match, operation->path);
    return 0;
}
