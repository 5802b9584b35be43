#include "contract/schema.h"
#include "timebank/json.h"

static const struct {
    const char *name;
    unsigned type;
} types[] = {
    {"null", TB_SCHEMA_TYPE_NULL},       {"boolean", TB_SCHEMA_TYPE_BOOLEAN},
    {"integer", TB_SCHEMA_TYPE_INTEGER}, {"number", TB_SCHEMA_TYPE_NUMBER | TB_SCHEMA_TYPE_INTEGER},
    {"string", TB_SCHEMA_TYPE_STRING},   {"array", TB_SCHEMA_TYPE_ARRAY},
    {"object", TB_SCHEMA_TYPE_OBJECT},
};
#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

unsigned tb_schema_type_of_name(const char *name)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return 0;
}

struct tb_str tb_schema_types_text(unsigned set, struct tb_arena *arena)
{
    char text[96] = ""; /* all names with " or " take 66 */
    size_t len = 0;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        bool within_number =
            types[i].type == TB_SCHEMA_TYPE_INTEGER && (set & TB_SCHEMA_TYPE_NUMBER);
        if ((set & types[i].type) != types[i].type || within_number)
            continue;
        const char *parts[] = {len > 0 ? " or " : "", types[i].name};
        for (size_t j = 0; j < 2; j++) {
            size_t part_len = strlen(parts[j]);
            memcpy(text + len, parts[j], part_len);
            len += part_len;
        }
    }
    return tb_arena_str(arena, (struct tb_str){text, len});
}

/* The number of schemas that apply to the same value: $ref's, allOf's. */
static size_t inner_count(const struct tb_schema *node)
{
    return node->all_of.count + (node->ref != NULL ? 1 : 0);
}

/* $ref's first, so that what wins comes last. */
static const struct tb_schema *inner_at(const struct tb_schema *node, size_t index)
{
    if (node->ref == NULL)
        return node->all_of.items[index];
    return index == 0 ? node->ref : node->all_of.items[index - 1];
}

static bool names_required(const struct tb_schema *node, struct tb_str name)
{
    for (size_t i = 0; i < json_array_size(node->required); i++)
        if (tb_str_eq(tb_json_str(json_array_get(node->required, i)), name))
            return true;
    for (size_t i = 0; i < inner_count(node); i++)
        if (names_required(inner_at(node, i), name))
            return true;
    return false;
}

static void merge_properties(struct tb_schema_view *view, const struct tb_schema_property *list,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < view->property_count && !tb_str_eq(view->properties[at].name, list[i].name))
            at++;
        view->properties[at] = list[i];
        if (at == view->property_count)
            view->property_count++;
    }
}

static void merge_inner(struct tb_schema_view *view, const struct tb_schema_view *inner)
{
    view->types &= inner->types;
    if (inner->format.ptr != NULL)
        view->format = inner->format;
    if (inner->items != NULL)
        view->items = inner->items;
    merge_properties(view, inner->properties, inner->property_count);
}

static void merge_own(struct tb_schema_view *view, const struct tb_schema *node)
{
    if (node->types != 0)
        view->types &= node->types;
    if (node->never)
        view->types = 0;
    struct tb_str format = tb_json_str(json_object_get(node->raw, "format"));
    if (format.ptr != NULL)
        view->format = format;
    if (node->items != NULL)
        view->items = node->items;
    merge_properties(view, node->properties, node->properties_len);
}

static enum tb_err merge(struct tb_arena *arena, struct tb_schema *node)
{
    size_t count = node->properties_len;
    for (size_t i = 0; i < inner_count(node); i++)
        count += inner_at(node, i)->view.property_count;
    struct tb_schema_view view = {.types = TB_SCHEMA_TYPE_ANY};
    view.properties = tb_arena_alloc(arena, count * sizeof(*view.properties));
    if (view.properties == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < inner_count(node); i++)
        merge_inner(&view, &inner_at(node, i)->view);
    merge_own(&view, node);
    for (size_t i = 0; i < view.property_count; i++)
        view.properties[i].required = names_required(node, view.properties[i].name);
    node->view = view;
    return TB_OK;
}

enum tb_err tb_schema_view_build(struct tb_schema_loader *loader, struct tb_schema *node)
{
    if (node->state == TB_SCHEMA_DONE)
        return TB_OK;
    if (node->state == TB_SCHEMA_ENTERED)
        return tb_schema_load_fail(loader, node->raw, node->ref != NULL ? "$ref" : "allOf",
                                   "the schema contains itself");
    node->state = TB_SCHEMA_ENTERED;
    for (size_t i = 0; i < inner_count(node); i++) {
        /* Every node is the set's own; const only protects them from the checks. */
        enum tb_err err = tb_schema_view_build(loader, (struct tb_schema *)inner_at(node, i));
        if (err != TB_OK)
            return err;
    }
    node->state = TB_SCHEMA_DONE;
    return merge(loader->set->arena, node);
}

unsigned tb_schema_types(const struct tb_schema *schema)
{
    return schema->view.types;
}

bool tb_schema_is_nullable(const struct tb_schema *schema)
{
    return (schema->view.types & TB_SCHEMA_TYPE_NULL) != 0;
}

struct tb_str tb_schema_format(const struct tb_schema *schema)
{
    return schema->view.format;
}

size_t tb_schema_property_count(const struct tb_schema *schema)
{
    return schema->view.property_count;
}

struct tb_schema_property tb_schema_property_at(const struct tb_schema *schema, size_t index)
{
    TB_BUG_IF(index >= schema->view.property_count);
    return schema->view.properties[index];
}

bool tb_schema_find_property(const struct tb_schema *schema, struct tb_str name,
                             struct tb_schema_property *ret_property)
{
    for (size_t i = 0; i < schema->view.property_count; i++) {
        if (tb_str_eq(schema->view.properties[i].name, name)) {
            *ret_property = schema->view.properties[i];
            return true;
        }
    }
    return false;
}

const struct tb_schema *tb_schema_items(const struct tb_schema *schema)
{
    return schema->view.items;
}

const json_t *tb_schema_raw(const struct tb_schema *schema)
{
    return schema->raw;
}

const json_t *tb_schema_keyword(const struct tb_schema *schema, const char *name)
{
    const json_t *value = json_object_get(schema->raw, name);
    for (size_t i = inner_count(schema); value == NULL && i > 0; i--)
        value = tb_schema_keyword(inner_at(schema, i - 1), name);
    return value;
}
