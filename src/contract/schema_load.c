#include "contract/schema.h"
#include "timebank/json.h"

#include <stdarg.h>
#include <stdio.h>

#define SLOTS_AT_FIRST 64

enum tb_err tb_schema_set_new(const json_t *root_document, struct tb_arena *arena,
                              struct tb_schema_set **ret_set)
{
    struct tb_schema_set *set = tb_arena_alloc(arena, sizeof(*set));
    struct tb_schema_slot *slots = tb_arena_alloc(arena, SLOTS_AT_FIRST * sizeof(*slots));
    if (set == NULL || slots == NULL)
        return TB_ERR_NO_MEMORY;
    *set = (struct tb_schema_set){
        .root = root_document, .arena = arena, .slots = slots, .slot_cap = SLOTS_AT_FIRST};
    *ret_set = set;
    return TB_OK;
}

/* The slot of raw, or the free one where it belongs: the table is never full. */
static struct tb_schema_slot *find_slot(struct tb_schema_slot *slots, size_t cap, const json_t *raw)
{
    size_t at = ((uintptr_t)raw >> 4) * 0x9e3779b97f4a7c15u >> 20;
    while (slots[at & (cap - 1)].raw != NULL && slots[at & (cap - 1)].raw != raw)
        at++;
    return &slots[at & (cap - 1)];
}

static enum tb_err grow_slots(struct tb_schema_set *set)
{
    size_t cap = set->slot_cap * 2;
    struct tb_schema_slot *slots = tb_arena_alloc(set->arena, cap * sizeof(*slots));
    if (slots == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < set->slot_cap; i++)
        if (set->slots[i].raw != NULL)
            *find_slot(slots, cap, set->slots[i].raw) = set->slots[i];
    set->slots = slots;
    set->slot_cap = cap;
    return TB_OK;
}

/* A node without keywords allows everything. */
static struct tb_schema *new_node(struct tb_schema_set *set, const json_t *raw)
{
    struct tb_schema *node = tb_arena_alloc(set->arena, sizeof(*node));
    if (node == NULL)
        return NULL;
    const struct tb_schema_span whole = {0, SIZE_MAX};
    *node = (struct tb_schema){.raw = raw,
                               .next_new = set->newest,
                               .length = whole,
                               .item_count = whole,
                               .property_count = whole};
    set->newest = node;
    return node;
}

static bool find_place(const json_t *in, const json_t *target, struct tb_buf *out);

static bool find_in_member(const json_t *in, const json_t *target, struct tb_buf *out)
{
    json_t *object = (json_t *)in; /* jansson's iterators take no const */
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        size_t len = out->len;
        tb_json_pointer_add(out, tb_str_of(json_object_iter_key(it)));
        if (find_place(json_object_iter_value(it), target, out))
            return true;
        out->len = len;
    }
    return false;
}

/* Adds the pointer from one value to another within it, found by its address. */
static bool find_place(const json_t *in, const json_t *target, struct tb_buf *out)
{
    if (in == target)
        return true;
    if (json_is_object(in))
        return find_in_member(in, target, out);
    for (size_t i = 0; i < json_array_size(in); i++) {
        size_t len = out->len;
        tb_buf_printf(out, "/%zu", i);
        if (find_place(json_array_get(in, i), target, out))
            return true;
        out->len = len;
    }
    return false;
}

enum tb_err tb_schema_load_fail(struct tb_schema_loader *loader, const json_t *parent,
                                const char *keyword, const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    struct tb_buf place;
    tb_buf_init(&place, 4096);
    if (parent != NULL && !find_place(loader->set->root, parent, &place))
        (void)find_place(loader->top, parent, &place);
    if (keyword != NULL)
        tb_json_pointer_add(&place, tb_str_of(keyword));
    tb_error_set(loader->error, "#%.*s: %s", (int)place.len, place.len > 0 ? place.data : "",
                 reason);
    tb_buf_fini(&place);
    return TB_ERR_CONFIG;
}

static enum tb_err load_keywords(struct tb_schema_loader *loader, struct tb_schema *node)
{
    json_t *object = (json_t *)node->raw;
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        enum tb_err err = tb_schema_load_keyword(loader, node, json_object_iter_key(it),
                                                 json_object_iter_value(it));
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

/* The node is in the table before its keywords are read: that is what ends recursion. */
static enum tb_err load_object(struct tb_schema_loader *loader, const json_t *raw,
                               const struct tb_schema **ret_schema)
{
    struct tb_schema_set *set = loader->set;
    if (set->slot_count * 2 >= set->slot_cap && grow_slots(set) != TB_OK)
        return TB_ERR_NO_MEMORY;
    struct tb_schema_slot *slot = find_slot(set->slots, set->slot_cap, raw);
    if (slot->raw != NULL) {
        *ret_schema = slot->node;
        return TB_OK;
    }
    struct tb_schema *node = new_node(set, raw);
    if (node == NULL)
        return TB_ERR_NO_MEMORY;
    *slot = (struct tb_schema_slot){raw, node};
    set->slot_count++;
    enum tb_err err = load_keywords(loader, node);
    if (err == TB_OK)
        *ret_schema = node;
    return err;
}

enum tb_err tb_schema_load(struct tb_schema_loader *loader, const json_t *raw, const json_t *parent,
                           const char *keyword, const struct tb_schema **ret_schema)
{
    if (json_is_object(raw))
        return load_object(loader, raw, ret_schema);
    if (!json_is_boolean(raw))
        return tb_schema_load_fail(loader, parent, keyword,
                                   "a schema must be an object or a boolean");
    struct tb_schema *node = new_node(loader->set, raw);
    if (node == NULL)
        return TB_ERR_NO_MEMORY;
    node->never = json_is_false(raw);
    *ret_schema = node;
    return TB_OK;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undoes RFC 3986 percent-encoding in place, then gives the new length; SIZE_MAX: malformed. */
static size_t percent_decode(char *text)
{
    size_t out = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (text[i] != '%') {
            text[out++] = text[i];
            continue;
        }
        int high = hex_value(text[i + 1]);
        int low = high < 0 ? -1 : hex_value(text[i + 2]);
        if (low < 0 || high * 16 + low == 0)
            return SIZE_MAX;
        text[out++] = (char)(high * 16 + low);
        i += 2;
    }
    text[out] = '\0';
    return out;
}

/* Undoes RFC 6901's "~0" and "~1" in place. */
static bool tilde_decode(char *segment)
{
    size_t out = 0;
    for (size_t i = 0; segment[i] != '\0'; i++) {
        char c = segment[i];
        if (c == '~') {
            i++;
            if (segment[i] != '0' && segment[i] != '1')
                return false;
            c = segment[i] == '0' ? '~' : '/';
        }
        segment[out++] = c;
    }
    segment[out] = '\0';
    return true;
}

static const json_t *step_into(const json_t *value, const char *segment)
{
    int64_t index;
    if (json_is_object(value))
        return json_object_get(value, segment);
    if (!json_is_array(value) || (segment[0] == '0' && segment[1] != '\0') ||
        !tb_str_to_int64(tb_str_of(segment), &index) || index < 0)
        return NULL;
    return json_array_get(value, (size_t)index);
}

/* pointer is written to. NULL when nothing is there. */
static const json_t *resolve(const json_t *root, char *pointer)
{
    const json_t *value = root;
    while (value != NULL && *pointer != '\0') {
        if (*pointer != '/')
            return NULL;
        char *segment = pointer + 1;
        pointer = segment + strcspn(segment, "/");
        char end = *pointer;
        *pointer = '\0';
        if (!tilde_decode(segment))
            return NULL;
        value = step_into(value, segment);
        *pointer = end;
    }
    return value;
}

enum tb_err tb_schema_load_ref(struct tb_schema_loader *loader, struct tb_schema *node,
                               const char *keyword, const json_t *value)
{
    struct tb_str text = tb_json_str(value);
    if (text.ptr == NULL || text.len == 0 || text.ptr[0] != '#' ||
        (text.len > 1 && text.ptr[1] != '/'))
        return tb_schema_load_fail(loader, node->raw, keyword,
                                   "only \"#\" and \"#/...\" are supported");
    char *pointer = tb_arena_copy(loader->set->arena, text.ptr + 1, text.len - 1);
    if (pointer == NULL)
        return TB_ERR_NO_MEMORY;
    const json_t *target =
        percent_decode(pointer) == SIZE_MAX ? NULL : resolve(loader->set->root, pointer);
    if (target == NULL)
        return tb_schema_load_fail(loader, node->raw, keyword, "nothing at \"%.*s\"",
                                   TB_STR_ARG(text));
    return tb_schema_load(loader, target, node->raw, keyword, &node->ref);
}

static enum tb_err build_views(struct tb_schema_loader *loader)
{
    while (loader->set->newest != NULL) {
        struct tb_schema *node = loader->set->newest;
        enum tb_err err = tb_schema_view_build(loader, node);
        if (err != TB_OK)
            return err;
        loader->set->newest = node->next_new;
    }
    return TB_OK;
}

enum tb_err tb_schema_set_compile(struct tb_schema_set *set, const json_t *schema,
                                  const struct tb_schema **ret_schema,
                                  struct tb_error_text *reterr_text)
{
    TB_BUG_IF(set->broken);
    struct tb_schema_loader loader = {.set = set, .top = schema, .error = reterr_text};
    const struct tb_schema *compiled = NULL;
    enum tb_err err = tb_schema_load(&loader, schema, NULL, NULL, &compiled);
    if (err == TB_OK)
        err = build_views(&loader);
    if (err == TB_ERR_NO_MEMORY)
        tb_error_set(reterr_text, "#: out of memory for schemas");
    if (err == TB_OK)
        *ret_schema = compiled;
    else
        set->broken = true;
    return err;
}

enum tb_err tb_schema_compile(const json_t *root_document, const json_t *schema,
                              struct tb_arena *arena, const struct tb_schema **ret_schema,
                              struct tb_error_text *reterr_text)
{
    struct tb_schema_set *set;
    enum tb_err err = tb_schema_set_new(root_document, arena, &set);
    if (err != TB_OK) {
        tb_error_set(reterr_text, "#: out of memory for schemas");
        return err;
    }
    return tb_schema_set_compile(set, schema, ret_schema, reterr_text);
}
