/* Values of headers. The first byte chooses the reader. */
#include "fuzz.h"

#include "message/credentials.h"
#include "message/entity_tag.h"
#include "message/header.h"
#include "timebank/limits.h"

static struct tb_str joined(struct tb_arena *arena, struct tb_str a, const char *separator,
                            struct tb_str b)
{
    struct tb_buf out;
    tb_buf_init(&out, FUZZ_ARENA_BYTES);
    tb_buf_add_str(&out, a);
    tb_buf_add_text(&out, separator);
    tb_buf_add_str(&out, b);
    struct tb_str text = tb_arena_str(arena, fuzz_str(&out));
    tb_buf_fini(&out);
    return text;
}

/* ------------------------------------------------------------------ keys */

static struct tb_str quoted(struct tb_arena *arena, struct tb_str key)
{
    struct tb_buf out;
    tb_buf_init(&out, FUZZ_ARENA_BYTES);
    tb_buf_add_char(&out, '"');
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '"' || key.ptr[i] == '\\')
            tb_buf_add_char(&out, '\\');
        tb_buf_add_char(&out, key.ptr[i]);
    }
    tb_buf_add_char(&out, '"');
    struct tb_str text = tb_arena_str(arena, fuzz_str(&out));
    tb_buf_fini(&out);
    return text;
}

static void check_key(struct tb_str value, struct tb_arena *arena)
{
    struct tb_str key;
    struct tb_str again;
    if (tb_header_key(value, arena, &key) != TB_OK)
        return;
    DEMAND(key.len >= 1 && key.len <= TB_LIMIT_IDEMPOTENCY_KEY_BYTES);
    for (size_t i = 0; i < key.len; i++)
        DEMAND(key.ptr[i] > ' ' && key.ptr[i] < 0x7f);
    DEMAND(tb_header_key(quoted(arena, key), arena, &again) == TB_OK && tb_str_eq(key, again));
    if (key.ptr[0] != '"')
        DEMAND(tb_header_key(key, arena, &again) == TB_OK && tb_str_eq(key, again));
}

/* ------------------------------------------------------------------ entity tags */

/* From its first to behind its last byte. */
static struct tb_str extent(const struct tb_entity_tag *tag)
{
    size_t before = tag->weak ? 3 : 1;
    return (struct tb_str){tag->opaque.ptr - before, before + tag->opaque.len + 1};
}

/* Commas and blanks only, and a comma unless it is the first. */
static void check_gap(const char *begin, const char *end, bool is_first)
{
    struct tb_str gap = {begin, (size_t)(end - begin)};
    bool has_comma = is_first;
    for (size_t i = 0; i < gap.len; i++) {
        DEMAND(strchr(", \t", gap.ptr[i]) != NULL && gap.ptr[i] != '\0');
        has_comma = has_comma || gap.ptr[i] == ',';
    }
    DEMAND(has_comma);
}

static void check_tags(struct tb_str list, struct tb_arena *arena)
{
    struct tb_entity_tag tag;
    struct tb_entity_tag again;
    struct tb_str rest = list;
    const char *end = list.ptr;
    while (tb_entity_tag_next(&rest, &tag)) {
        struct tb_str text = extent(&tag);
        check_gap(end, text.ptr, end == list.ptr);
        end = text.ptr + text.len;
        DEMAND(tb_if_none_match_names(list, text));
        DEMAND(tb_entity_tag_next(&text, &again) && text.len == 0);
        DEMAND(again.weak == tag.weak && tb_str_eq(again.opaque, tag.opaque));
    }
    struct tb_str foreign = TB_STR("\"v1.5f3a9c2e\"");
    DEMAND(!tb_if_none_match_names(list, foreign) || tb_str_is(list, "*") ||
           memmem(list.ptr, list.len, foreign.ptr, foreign.len) != NULL);
    DEMAND(tb_if_none_match_names(joined(arena, foreign, ",", list), foreign));
}

static void check_if_match(struct tb_str value, struct tb_arena *arena)
{
    int64_t version = -1;
    int64_t again = -1;
    enum tb_if_match kind = tb_if_match_read(value, &version);
    DEMAND((kind == TB_IF_MATCH_ANY) == tb_str_is(value, "*"));
    if (kind != TB_IF_MATCH_VERSION)
        return;
    DEMAND(version >= 0);
    char *plain = tb_arena_printf(arena, "\"v%lld\"", (long long)version);
    DEMAND(tb_if_match_read(tb_str_of(plain), &again) == TB_IF_MATCH_VERSION && again == version);
    DEMAND(tb_if_match_read(joined(arena, TB_STR("W/"), "", tb_str_of(plain)), &again) ==
               TB_IF_MATCH_VERSION &&
           again == TB_VERSION_NONE);
}

/* ------------------------------------------------------------------ the others */

static void check_type(struct tb_str value, struct tb_arena *arena)
{
    struct tb_str gbk = joined(arena, value, ";charset=", TB_STR("gbk"));
    DEMAND(!tb_header_is_json(gbk));
    if (!tb_header_is_json(value))
        return;
    DEMAND(tb_str_eq_nocase((struct tb_str){value.ptr, 12}, TB_STR("application/")));
    DEMAND(tb_header_is_json(joined(arena, value, " ; Charset=\"UTF-8\"", TB_STR(""))));
    DEMAND(!tb_header_is_json(joined(arena, value, ", ", value)));
}

/* Saying it twice wants nothing else, and nothing outdoes what is said first without a weight. */
static void check_language(struct tb_str value, struct tb_arena *arena)
{
    enum tb_language language = tb_header_language(value);
    DEMAND(tb_header_language(joined(arena, value, ",", value)) == language);
    DEMAND(tb_header_language(joined(arena, TB_STR("en"), ",", value)) == TB_LANGUAGE_EN);
    DEMAND(tb_header_language(joined(arena, TB_STR("zh"), ",", value)) == TB_LANGUAGE_ZH);
}

static void check_request_id(struct tb_str value, struct tb_arena *arena)
{
    bool good = tb_header_is_request_id(value);
    DEMAND(!good || (value.len >= 1 && value.len <= TB_LIMIT_REQUEST_ID_BYTES));
    DEMAND(!tb_header_is_request_id(joined(arena, value, " ", value)));
}

static void check_traceparent(struct tb_str value, struct tb_arena *arena)
{
    bool good = tb_header_is_traceparent(value);
    DEMAND(!good || (value.len == 55 && memcmp(value.ptr, "ff", 2) != 0));
    DEMAND(!tb_header_is_traceparent(joined(arena, value, ",", value)));
}

static void check_prefer(struct tb_str value, struct tb_arena *arena)
{
    bool minimal = tb_header_prefers_minimal(value);
    DEMAND(tb_header_prefers_minimal(joined(arena, TB_STR("return=minimal"), ",", value)));
    DEMAND(tb_header_prefers_minimal(joined(arena, TB_STR("wait=1"), " , ", value)) == minimal);
}

/* The same blanks and letters of the scheme: the same token. */
static void check_credentials(struct tb_str value, struct tb_arena *arena)
{
    struct tb_str token = tb_credentials_token(value, true, arena);
    struct tb_str bearer = tb_credentials_token(value, false, arena);
    DEMAND(bearer.ptr == NULL || (bearer.ptr > value.ptr && tb_str_eq(token, bearer)));
    struct tb_str again = joined(arena, TB_STR("bearer"), "  ", token);
    DEMAND(token.ptr == NULL || token.len == 0 || token.ptr[0] == ' ' || token.ptr[0] == '\t' ||
           tb_str_eq(tb_credentials_token(again, false, arena), token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(struct tb_str value, struct tb_arena * arena) = {
        check_key,        check_tags,        check_if_match, check_type,        check_language,
        check_request_id, check_traceparent, check_prefer,   check_credentials,
    };
    if (size == 0)
        return 0;
    struct tb_arena *arena = tb_arena_new(FUZZ_ARENA_BYTES);
    checks[data[0] % (sizeof(checks) / sizeof(checks[0]))](fuzz_text(data + 1, size - 1), arena);
    DEMAND(!tb_arena_overflowed(arena));
    tb_arena_free(arena);
    return 0;
}
