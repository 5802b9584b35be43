#include "contract/schema.h"
#include "timebank/json.h"

#include <stddef.h>

/* At load: how one keyword's value becomes the field at `offset` of the node. */
struct keyword {
    const char *name;
    enum tb_err (*load)(struct tb_schema_loader *loader, struct tb_schema *node,
                        const struct keyword *keyword, const json_t *value);
    size_t offset;
};

static void *field_of(struct tb_schema *node, const struct keyword *keyword)
{
    return (char *)node + keyword->offset;
}

/* Every failure names the node and the keyword. */
static enum tb_err fail(struct tb_schema_loader *loader, const struct tb_schema *node,
                        const struct keyword *keyword, const char *reason)
{
    return tb_schema_load_fail(loader, node->raw, keyword->name, "%s", reason);
}

static enum tb_err load_nothing(struct tb_schema_loader *loader, struct tb_schema *node,
                                const struct keyword *keyword, const json_t *value)
{
    (void)loader, (void)node, (void)keyword, (void)value;
    return TB_OK;
}

static enum tb_err load_json(struct tb_schema_loader *loader, struct tb_schema *node,
                             const struct keyword *keyword, const json_t *value)
{
    (void)loader;
    const json_t **field = field_of(node, keyword);
    *field = value;
    return TB_OK;
}

static enum tb_err load_number(struct tb_schema_loader *loader, struct tb_schema *node,
                               const struct keyword *keyword, const json_t *value)
{
    if (!json_is_number(value))
        return fail(loader, node, keyword, "must be a number");
    return load_json(loader, node, keyword, value);
}

static enum tb_err load_divisor(struct tb_schema_loader *loader, struct tb_schema *node,
                                const struct keyword *keyword, const json_t *value)
{
    if (!json_is_number(value) || !(json_number_value(value) > 0))
        return fail(loader, node, keyword, "must be a number above 0");
    return load_json(loader, node, keyword, value);
}

static enum tb_err load_count(struct tb_schema_loader *loader, struct tb_schema *node,
                              const struct keyword *keyword, const json_t *value)
{
    int64_t count;
    if (!tb_json_to_int64(value, &count) || count < 0)
        return fail(loader, node, keyword, "must be an integer of at least 0");
    size_t *field = field_of(node, keyword);
    *field = (size_t)count;
    return TB_OK;
}

static enum tb_err load_flag(struct tb_schema_loader *loader, struct tb_schema *node,
                             const struct keyword *keyword, const json_t *value)
{
    if (!json_is_boolean(value))
        return fail(loader, node, keyword, "must be a boolean");
    bool *field = field_of(node, keyword);
    *field = json_is_true(value);
    return TB_OK;
}

static enum tb_err load_child(struct tb_schema_loader *loader, struct tb_schema *node,
                              const struct keyword *keyword, const json_t *value)
{
    const struct tb_schema **field = field_of(node, keyword);
    return tb_schema_load(loader, value, node->raw, keyword->name, field);
}

static enum tb_err load_list(struct tb_schema_loader *loader, struct tb_schema *node,
                             const struct keyword *keyword, const json_t *value)
{
    size_t count = json_array_size(value);
    if (count == 0)
        return fail(loader, node, keyword, "must be an array that is not empty");
    struct tb_schema_list *field = field_of(node, keyword);
    field->items = tb_arena_alloc(loader->set->arena, count * sizeof(struct tb_schema *));
    if (field->items == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        enum tb_err err = tb_schema_load(loader, json_array_get(value, i), node->raw, keyword->name,
                                         &field->items[i]);
        if (err != TB_OK)
            return err;
        field->count = i + 1;
    }
    return TB_OK;
}

static enum tb_err load_defs(struct tb_schema_loader *loader, struct tb_schema *node,
                             const struct keyword *keyword, const json_t *value)
{
    if (!json_is_object(value))
        return fail(loader, node, keyword, "must be an object");
    json_t *object = (json_t *)value; /* jansson's iterators take no const */
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        const struct tb_schema *unused;
        enum tb_err err = tb_schema_load(loader, json_object_iter_value(it), value,
                                         json_object_iter_key(it), &unused);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

static enum tb_err load_properties(struct tb_schema_loader *loader, struct tb_schema *node,
                                   const struct keyword *keyword, const json_t *value)
{
    if (!json_is_object(value))
        return fail(loader, node, keyword, "must be an object");
    size_t count = json_object_size(value);
    node->properties_raw = value;
    node->properties = tb_arena_alloc(loader->set->arena, count * sizeof(*node->properties));
    if (node->properties == NULL)
        return TB_ERR_NO_MEMORY;
    json_t *object = (json_t *)value;
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        struct tb_schema_property *property = &node->properties[node->properties_len];
        property->name = tb_str_of(json_object_iter_key(it));
        enum tb_err err = tb_schema_load(loader, json_object_iter_value(it), value,
                                         json_object_iter_key(it), &property->schema);
        if (err != TB_OK)
            return err;
        node->properties_len++;
    }
    return TB_OK;
}

static enum tb_err load_required(struct tb_schema_loader *loader, struct tb_schema *node,
                                 const struct keyword *keyword, const json_t *value)
{
    if (!json_is_array(value))
        return fail(loader, node, keyword, "must be an array");
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i)))
            return fail(loader, node, keyword, "must be an array of strings");
        for (size_t j = 0; j < i; j++)
            if (tb_json_equal(json_array_get(value, i), json_array_get(value, j)))
                return fail(loader, node, keyword, "names a member twice");
    }
    node->required = value;
    return TB_OK;
}

static enum tb_err load_type(struct tb_schema_loader *loader, struct tb_schema *node,
                             const struct keyword *keyword, const json_t *value)
{
    if (json_is_string(value))
        node->types = tb_schema_type_of_name(json_string_value(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));
        unsigned type = name != NULL ? tb_schema_type_of_name(name) : 0;
        if (type == 0)
            return fail(loader, node, keyword, "names a type that is not known");
        node->types |= type;
    }
    if (node->types == 0)
        return fail(loader, node, keyword, "must be a type or a list of types");
    return TB_OK;
}

static enum tb_err load_enum(struct tb_schema_loader *loader, struct tb_schema *node,
                             const struct keyword *keyword, const json_t *value)
{
    if (json_array_size(value) == 0)
        return fail(loader, node, keyword, "must be an array that is not empty");
    return load_json(loader, node, keyword, value);
}

static enum tb_err load_pattern(struct tb_schema_loader *loader, struct tb_schema *node,
                                const struct keyword *keyword, const json_t *value)
{
    if (!json_is_string(value))
        return fail(loader, node, keyword, "must be a string");
    struct tb_error_text reason;
    enum tb_err err =
        tb_schema_pattern_compile(tb_json_str(value), loader->set->arena, &node->pattern, &reason);
    return err == TB_ERR_INVALID ? fail(loader, node, keyword, reason.text) : err;
}

static enum tb_err load_format(struct tb_schema_loader *loader, struct tb_schema *node,
                               const struct keyword *keyword, const json_t *value)
{
    if (!json_is_string(value))
        return fail(loader, node, keyword, "must be a string");
    if (!tb_schema_format_of_name(tb_json_str(value), &node->format))
        return tb_schema_load_fail(loader, node->raw, keyword->name,
                                   "format \"%s\" is not supported", json_string_value(value));
    return TB_OK;
}

static enum tb_err load_ref(struct tb_schema_loader *loader, struct tb_schema *node,
                            const struct keyword *keyword, const json_t *value)
{
    return tb_schema_load_ref(loader, node, keyword->name, value);
}

/* A base URI below the root would change what the references beneath it mean. */
static enum tb_err load_id(struct tb_schema_loader *loader, struct tb_schema *node,
                           const struct keyword *keyword, const json_t *value)
{
    if (!json_is_string(value) || node->raw != loader->set->root)
        return fail(loader, node, keyword, "is supported at the root only");
    return TB_OK;
}

static enum tb_err load_dialect(struct tb_schema_loader *loader, struct tb_schema *node,
                                const struct keyword *keyword, const json_t *value)
{
    struct tb_str uri = tb_json_str(value);
    bool known = tb_str_is(uri, "https://json-schema.org/draft/2020-12/schema") ||
                 tb_str_is(uri, "https://spec.openapis.org/oas/3.1/dialect/base");
    if (!known || node->raw != loader->set->root)
        return fail(loader, node, keyword, "is supported at the root only, for 2020-12");
    return TB_OK;
}

#define FIELD(name) offsetof(struct tb_schema, name)

static const struct keyword keywords[] = {
    {"type", load_type, 0},
    {"enum", load_enum, FIELD(enum_values)},
    {"const", load_json, FIELD(const_value)},
    {"minimum", load_number, FIELD(minimum)},
    {"maximum", load_number, FIELD(maximum)},
    {"exclusiveMinimum", load_number, FIELD(exclusive_minimum)},
    {"exclusiveMaximum", load_number, FIELD(exclusive_maximum)},
    {"multipleOf", load_divisor, FIELD(multiple_of)},
    {"minLength", load_count, FIELD(length.min)},
    {"maxLength", load_count, FIELD(length.max)},
    {"pattern", load_pattern, 0},
    {"format", load_format, 0},
    {"items", load_child, FIELD(items)},
    {"prefixItems", load_list, FIELD(prefix_items)},
    {"minItems", load_count, FIELD(item_count.min)},
    {"maxItems", load_count, FIELD(item_count.max)},
    {"uniqueItems", load_flag, FIELD(unique_items)},
    {"properties", load_properties, 0},
    {"required", load_required, 0},
    {"additionalProperties", load_child, FIELD(additional)},
    {"propertyNames", load_child, FIELD(property_names)},
    {"minProperties", load_count, FIELD(property_count.min)},
    {"maxProperties", load_count, FIELD(property_count.max)},
    {"allOf", load_list, FIELD(all_of)},
    {"$ref", load_ref, 0},
    {"$defs", load_defs, 0},
    {"$id", load_id, 0},
    {"$schema", load_dialect, 0},
    {"$comment", load_nothing, 0},
    {"title", load_nothing, 0},
    {"description", load_nothing, 0},
    {"default", load_nothing, 0},
    {"example", load_nothing, 0},
    {"examples", load_nothing, 0},
    {"deprecated", load_nothing, 0},
    {"readOnly", load_nothing, 0},
    {"writeOnly", load_nothing, 0},
};

enum tb_err tb_schema_load_keyword(struct tb_schema_loader *loader, struct tb_schema *node,
                                   const char *name, const json_t *value)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (strcmp(keywords[i].name, name) == 0)
            return keywords[i].load(loader, node, &keywords[i], value);
    if (strncmp(name, "x-", 2) == 0)
        return TB_OK;
    return tb_schema_load_fail(loader, node->raw, name, "the keyword is not supported");
}
