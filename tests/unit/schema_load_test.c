/* Loading schemas: what is refused and where it says so, references, the view for the engine. */
#include "schema_fixture.h"

/* The schema is refused with exactly this message. */
static void assert_refused(void **state, const char *text, const char *message)
{
    const json_t *document = parse(state, text);
    const struct tb_schema *schema = NULL;
    struct tb_error_text error = {""};
    assert_int_equal(tb_schema_compile(document, document, *state, &schema, &error), TB_ERR_CONFIG);
    assert_null(schema);
    assert_string_equal(error.text, message);
}

static void references_recurse(void **state)
{
    const char *schema = "{\"$ref\":\"#/components/schemas/Node\",\"components\":{\"schemas\":{}}}";
    assert_refused(state, schema, "#/$ref: nothing at \"#/components/schemas/Node\"");
    schema = "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"required\":"
             "[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\"},\"kids\":{\"type\":\"array\","
             "\"items\":{\"$ref\":\"#/$defs/node\"}}},\"additionalProperties\":false}}}";
    check(state, schema, "{\"n\":1,\"kids\":[{\"n\":2,\"kids\":[]},{\"n\":3}]}", "");
    check(state, schema, "{\"n\":1,\"kids\":[{\"n\":2,\"kids\":[{\"m\":1}]},{\"n\":\"x\"}]}",
          "/kids/0/kids/0/n required\n/kids/0/kids/0/m unknown_field\n/kids/1/n type integer");
}

static void endless_schemas_are_refused(void **state)
{
    assert_refused(state, "{\"$ref\":\"#\"}", "#/$ref: the schema contains itself");
    assert_refused(state, "{\"allOf\":[{\"allOf\":[{\"$ref\":\"#\"}]}]}",
                   "#/allOf/0/allOf/0/$ref: the schema contains itself");
    assert_refused(state,
                   "{\"properties\":{\"x\":{\"$ref\":\"#/$defs/a\"}},\"$defs\":{\"a\":{\"$ref\":"
                   "\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}}}",
                   "#/$defs/b/$ref: the schema contains itself");
}

static void unknown_keywords_are_refused_with_their_place(void **state)
{
    assert_refused(state, "{\"properties\":{\"a/b\":{\"items\":{\"minimun\":1}}}}",
                   "#/properties/a~1b/items/minimun: the keyword is not supported");
    assert_refused(state, "{\"$defs\":{\"never used\":{\"if\":true}}}",
                   "#/$defs/never used/if: the keyword is not supported");
    assert_refused(state, "{\"allOf\":[true,{\"nullable\":true}]}",
                   "#/allOf/1/nullable: the keyword is not supported");
    (void)compile(state, "{\"x-minimun\":1,\"title\":\"\",\"description\":\"\",\"default\":1,"
                         "\"example\":1,\"examples\":[],\"deprecated\":true,\"readOnly\":true,"
                         "\"writeOnly\":true,\"$comment\":\"\",\"$id\":\"urn:x\",\"$schema\":"
                         "\"https://json-schema.org/draft/2020-12/schema\"}");
}

static void malformed_keywords_are_refused(void **state)
{
    static const char *const schemas[][2] = {
        {"{\"type\":\"int\"}", "#/type: must be a type or a list of types"},
        {"{\"type\":[]}", "#/type: must be a type or a list of types"},
        {"{\"type\":[\"null\",\"int\"]}", "#/type: names a type that is not known"},
        {"{\"enum\":[]}", "#/enum: must be an array that is not empty"},
        {"{\"minimum\":\"1\"}", "#/minimum: must be a number"},
        {"{\"multipleOf\":0}", "#/multipleOf: must be a number above 0"},
        {"{\"minLength\":-1}", "#/minLength: must be an integer of at least 0"},
        {"{\"maxItems\":1.5}", "#/maxItems: must be an integer of at least 0"},
        {"{\"pattern\":\"(\"}", "#/pattern: at character 1: missing closing parenthesis"},
        {"{\"pattern\":1}", "#/pattern: must be a string"},
        {"{\"format\":\"ipv4\"}", "#/format: format \"ipv4\" is not supported"},
        {"{\"items\":[true]}", "#/items: a schema must be an object or a boolean"},
        {"{\"properties\":{\"a\":1}}", "#/properties/a: a schema must be an object or a boolean"},
        {"{\"properties\":[]}", "#/properties: must be an object"},
        {"{\"required\":[1]}", "#/required: must be an array of strings"},
        {"{\"required\":[\"a\",\"a\"]}", "#/required: names a member twice"},
        {"{\"uniqueItems\":1}", "#/uniqueItems: must be a boolean"},
        {"{\"allOf\":[]}", "#/allOf: must be an array that is not empty"},
        {"{\"$ref\":\"other.json\"}", "#/$ref: only \"#\" and \"#/...\" are supported"},
        {"{\"$ref\":\"#anchor\"}", "#/$ref: only \"#\" and \"#/...\" are supported"},
        {"{\"$ref\":\"#/%zz\"}", "#/$ref: nothing at \"#/%zz\""},
        {"{\"$ref\":\"#/~2\"}", "#/$ref: nothing at \"#/~2\""},
        {"{\"$ref\":\"#/enum/01\",\"enum\":[1,true]}", "#/$ref: nothing at \"#/enum/01\""},
        {"{\"items\":{\"$id\":\"urn:x\"}}", "#/items/$id: is supported at the root only"},
        {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}",
         "#/$schema: is supported at the root only, for 2020-12"},
    };
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
        assert_refused(state, schemas[i][0], schemas[i][1]);
}

static void views_look_through(void **state)
{
    const struct tb_schema *schema = compile(
        state,
        "{\"$defs\":{\"id\":{\"type\":\"string\",\"format\":\"uuid\",\"x-kind\":\"id\"},\"base\":{"
        "\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"$ref\":\"#/$defs/"
        "id\"},"
        "\"note\":{\"type\":[\"string\",\"null\"]}}}},\"allOf\":[{\"$ref\":\"#/$defs/base\"}],"
        "\"required\":[\"note\"],\"properties\":{\"list\":{\"type\":\"array\",\"items\":{\"$ref\":"
        "\"#/$defs/id\"}},\"note\":{\"type\":\"string\"}}}");
    assert_int_equal(tb_schema_types(schema), TB_SCHEMA_TYPE_OBJECT);
    assert_int_equal(tb_schema_property_count(schema), 3);
    struct tb_schema_property id = tb_schema_property_at(schema, 0);
    struct tb_schema_property note = tb_schema_property_at(schema, 1);
    struct tb_schema_property list = tb_schema_property_at(schema, 2);
    assert_true(tb_str_is(id.name, "id") && tb_str_is(note.name, "note"));
    assert_true(id.required && note.required && !list.required);
    assert_int_equal(tb_schema_types(id.schema), TB_SCHEMA_TYPE_STRING);
    assert_true(tb_str_is(tb_schema_format(id.schema), "uuid"));
    assert_string_equal(json_string_value(tb_schema_keyword(id.schema, "x-kind")), "id");
    assert_null(tb_schema_keyword(id.schema, "x-other"));
    assert_null(json_object_get(tb_schema_raw(id.schema), "x-kind"));
    assert_false(tb_schema_is_nullable(note.schema)); /* the schema's own wins */
    assert_int_equal(tb_schema_types(tb_schema_items(list.schema)), TB_SCHEMA_TYPE_STRING);
    assert_null(tb_schema_items(schema));
    assert_null(tb_schema_format(schema).ptr);
    assert_true(tb_schema_find_property(schema, TB_STR("list"), &id));
    assert_ptr_equal(id.schema, list.schema);
    assert_false(tb_schema_find_property(schema, TB_STR("lis"), &id));
}

static void types_of_views(void **state)
{
    assert_int_equal(tb_schema_types(compile(state, "{}")), TB_SCHEMA_TYPE_ANY);
    assert_int_equal(tb_schema_types(compile(state, "true")), TB_SCHEMA_TYPE_ANY);
    assert_int_equal(tb_schema_types(compile(state, "false")), 0);
    assert_int_equal(tb_schema_types(compile(state, "{\"type\":\"number\"}")),
                     TB_SCHEMA_TYPE_NUMBER | TB_SCHEMA_TYPE_INTEGER);
    const struct tb_schema *schema = compile(
        state, "{\"type\":[\"integer\",\"null\"],\"allOf\":[{\"type\":[\"number\",\"null\"]}]}");
    assert_int_equal(tb_schema_types(schema), TB_SCHEMA_TYPE_INTEGER | TB_SCHEMA_TYPE_NULL);
    assert_true(tb_schema_is_nullable(schema));
}

static void sets_share_what_is_referred_to(void **state)
{
    const json_t *document = parse(
        state, "{\"components\":{\"schemas\":{\"Id\":{\"type\":\"string\"}}},\"paths\":{\"/a\":{"
               "\"$ref\":\"#/components/schemas/Id\"},\"/b\":{\"items\":{\"$ref\":"
               "\"#/components/schemas/Id\"}},\"/c\":{\"items\":{\"bad\":1}}}}");
    struct tb_schema_set *set = NULL;
    assert_int_equal(tb_schema_set_new(document, *state, &set), TB_OK);
    const json_t *paths = json_object_get(document, "paths");
    const struct tb_schema *a = NULL;
    const struct tb_schema *again = NULL;
    const struct tb_schema *b = NULL;
    struct tb_error_text error;
    assert_int_equal(tb_schema_set_compile(set, json_object_get(paths, "/a"), &a, &error), TB_OK);
    size_t used = tb_arena_used_bytes(*state);
    assert_int_equal(tb_schema_set_compile(set, json_object_get(paths, "/a"), &again, &error),
                     TB_OK);
    assert_ptr_equal(a, again);
    assert_int_equal(tb_arena_used_bytes(*state), used);
    assert_int_equal(tb_schema_set_compile(set, json_object_get(paths, "/b"), &b, &error), TB_OK);
    assert_int_equal(tb_schema_types(tb_schema_items(b)), TB_SCHEMA_TYPE_STRING);
    assert_int_equal(tb_schema_set_compile(set, json_object_get(paths, "/c"), &b, &error),
                     TB_ERR_CONFIG);
    assert_string_equal(error.text, "#/paths/~1c/items/bad: the keyword is not supported");
}

static void many_schemas_grow_the_table(void **state)
{
    json_t *properties = json_object();
    for (int i = 0; i < 3000; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "p%d", i);
        assert_int_equal(json_object_set_new(properties, name, json_pack("{s:i}", "maximum", i)),
                         0);
    }
    json_t *document = json_pack("{s:o}", "properties", properties);
    assert_int_equal(tb_json_defer(*state, document), TB_OK);
    const struct tb_schema *schema = NULL;
    struct tb_error_text error;
    assert_int_equal(tb_schema_compile(document, document, *state, &schema, &error), TB_OK);
    struct tb_schema_errors errors = {.count = 0};
    json_t *value = parse(state, "{\"p0\":1,\"p1234\":1234,\"p2999\":3000}");
    assert_int_equal(tb_schema_validate(schema, value, *state, &errors), 2);
    assert_errors(&errors, "/p0 maximum 0\n/p2999 maximum 2999");
}

static void load_without_memory_fails_cleanly(void **state)
{
    const json_t *document =
        parse(state, "{\"properties\":{\"a\":{\"pattern\":\"^a$\"},\"b\":{\"$ref\":\"#\"}},"
                     "\"allOf\":[{\"properties\":{\"c\":true}}]}");
    enum tb_err err = TB_ERR_NO_MEMORY;
    size_t max = 0;
    for (; err != TB_OK && max < 65536; max += 64) {
        struct tb_arena *arena = tb_arena_new(max);
        const struct tb_schema *schema = NULL;
        struct tb_error_text error = {""};
        err = tb_schema_compile(document, document, arena, &schema, &error);
        assert_int_equal(err == TB_OK, schema != NULL);
        if (err != TB_OK) {
            assert_int_equal(err, TB_ERR_NO_MEMORY);
            assert_string_equal(error.text, "#: out of memory for schemas");
        }
        tb_arena_free(arena);
    }
    assert_int_equal(err, TB_OK);
    assert_true(max > 1024);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(references_recurse),
        TEST(endless_schemas_are_refused),
        TEST(unknown_keywords_are_refused_with_their_place),
        TEST(malformed_keywords_are_refused),
        TEST(views_look_through),
        TEST(types_of_views),
        TEST(sets_share_what_is_referred_to),
        TEST(many_schemas_grow_the_table),
        TEST(load_without_memory_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
