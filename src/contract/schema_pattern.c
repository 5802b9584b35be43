#include "contract/schema.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps after which a match is given up and the text refused: a few milliseconds. */
#define MATCH_STEPS_MAX 200000
#define MATCH_DEPTH_MAX 50000
#define MATCH_HEAP_KIB_MAX 8192

struct tb_schema_pattern {
    pcre2_code *code;
    pcre2_match_context *limits;
    struct tb_str source;
};

static void release_code(void *code)
{
    pcre2_code_free(code);
}

static void release_limits(void *limits)
{
    pcre2_match_context_free(limits);
}

/* As close to ECMA-262 as PCRE2 comes: "$" is the very end, \d and \w are ASCII, "[]" matches
 * nothing, \uXXXX is a character. \C, which would split a character, is refused. */
static pcre2_code *compile(struct tb_str source, struct tb_error_text *reterr_text)
{
    const uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX |
                             PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS |
                             PCRE2_NEVER_BACKSLASH_C;
    int error;
    size_t offset;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)source.ptr, source.len, options, &error, &offset, NULL);
    if (code == NULL) {
        PCRE2_UCHAR message[160] = "";
        (void)pcre2_get_error_message(error, message, sizeof(message));
        tb_error_set(reterr_text, "at character %zu: %s", offset, (const char *)message);
        return NULL;
    }
    /* Without JIT the interpreter does the same, so a failure here does not matter. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

static enum tb_err make_limits(struct tb_arena *arena, pcre2_match_context **ret_limits)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    if (limits == NULL || tb_arena_defer(arena, release_limits, limits) != TB_OK)
        return TB_ERR_NO_MEMORY;
    (void)pcre2_set_match_limit(limits, MATCH_STEPS_MAX);
    (void)pcre2_set_depth_limit(limits, MATCH_DEPTH_MAX);
    (void)pcre2_set_heap_limit(limits, MATCH_HEAP_KIB_MAX);
    *ret_limits = limits;
    return TB_OK;
}

enum tb_err tb_schema_pattern_compile(struct tb_str source, struct tb_arena *arena,
                                      struct tb_schema_pattern **ret_pattern,
                                      struct tb_error_text *reterr_text)
{
    pcre2_code *code = compile(source, reterr_text);
    if (code == NULL)
        return TB_ERR_INVALID;
    if (tb_arena_defer(arena, release_code, code) != TB_OK)
        return TB_ERR_NO_MEMORY;
    struct tb_schema_pattern *pattern = tb_arena_alloc(arena, sizeof(*pattern));
    if (pattern == NULL)
        return TB_ERR_NO_MEMORY;
    *pattern = (struct tb_schema_pattern){.code = code, .source = source};
    enum tb_err err = make_limits(arena, &pattern->limits);
    if (err == TB_OK)
        *ret_pattern = pattern;
    return err;
}

static int match(const struct tb_schema_pattern *pattern, struct tb_str text, uint32_t options,
                 pcre2_match_data *data)
{
    return pcre2_match(pattern->code, (PCRE2_SPTR)text.ptr, text.len, 0, options, data,
                       pattern->limits);
}

/* A limit that is reached, or no memory, counts as no match: what cannot be proved is refused. */
bool tb_schema_pattern_matches(const struct tb_schema_pattern *pattern, struct tb_str text)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (data == NULL)
        return false;
    int result = match(pattern, text, 0, data);
    /* The compiled code has 32 KiB of stack; the interpreter takes what it needs from the heap. */
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
        result = match(pattern, text, PCRE2_NO_JIT, data);
    pcre2_match_data_free(data);
    return result >= 0;
}

struct tb_str tb_schema_pattern_source(const struct tb_schema_pattern *pattern)
{
    return pattern->source;
}
