/*
 * The public JSON Schema test suite against the subset. Every group whose schema stays within the
 * subset must pass in full; every group that is refused at load must be refused for a reason in
 * the list below; and enough groups of each keyword must have run.
 *
 * TB_JSON_SCHEMA_SUITE names another copy of the suite. The newest draft in it is used. An older
 * one is read as 2020-12 by renaming what only changed its name (see `modern_schema`).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "timebank/json.h"
#include "timebank/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROOT_DEFAULT "/usr/share/json-schema-test-suite"

/* Newest first; `modern`: nothing to rename. */
static const struct draft {
    const char *name;
    bool modern;
} drafts[] = {{"draft2020-12", true}, {"draft2019-09", false}, {"draft7", false}};

/* Each file of a supported keyword, and how many of its groups must run at least: what draft7 has
 * of them in the package of Debian 12 (1:2.0.0), less what the list of reasons explains. Newer
 * suites have more. */
struct file {
    const char *path;
    size_t groups_min;
    size_t groups;
    size_t checks;
};

/* Why a schema may be refused: the keyword at fault (the last part of the message's place), and
 * what the message must hold. */
static struct reason {
    const char *keyword;
    const char *message;
    size_t groups;
} reasons[] = {
    /* Not in the subset: the contract has no use for them, and nothing may be ignored. */
    {"anyOf", "the keyword is not supported", 0},
    {"oneOf", "the keyword is not supported", 0},
    {"not", "the keyword is not supported", 0},
    {"if", "the keyword is not supported", 0},
    {"then", "the keyword is not supported", 0},
    {"else", "the keyword is not supported", 0},
    {"contains", "the keyword is not supported", 0},
    {"minContains", "the keyword is not supported", 0},
    {"maxContains", "the keyword is not supported", 0},
    {"patternProperties", "the keyword is not supported", 0},
    {"dependencies", "the keyword is not supported", 0},
    {"dependentSchemas", "the keyword is not supported", 0},
    {"dependentRequired", "the keyword is not supported", 0},
    {"unevaluatedItems", "the keyword is not supported", 0},
    {"unevaluatedProperties", "the keyword is not supported", 0},
    {"contentMediaType", "the keyword is not supported", 0},
    {"contentEncoding", "the keyword is not supported", 0},
    {"contentSchema", "the keyword is not supported", 0},
    {"$anchor", "the keyword is not supported", 0},
    {"$dynamicRef", "the keyword is not supported", 0},
    {"$dynamicAnchor", "the keyword is not supported", 0},
    {"$recursiveRef", "the keyword is not supported", 0},
    {"$recursiveAnchor", "the keyword is not supported", 0},
    {"$vocabulary", "the keyword is not supported", 0},
    /* Nothing is ever loaded from elsewhere, and no base URI changes within a document. */
    {"$ref", "only \"#\" and \"#/...\" are supported", 0},
    {"$id", "is supported at the root only", 0},
    /* Newer suites describe some groups by formats that the contract does not use. */
    {"format", "is not supported", 0},
    /* ref.json refers to places under names that are no keywords: those are refused as such. */
    {"tilda~0field", "the keyword is not supported", 0},
    {"tilde~0field", "the keyword is not supported", 0}, /* spelt so since 2020 */
};
#define REASON_COUNT (sizeof(reasons) / sizeof(reasons[0]))

/* The one group of drafts before 2019-09 in which 2020-12 deliberately means the opposite: what
 * stands beside $ref counts now. */
static const char changed_since[] = "ref overrides any sibling keywords";

struct suite {
    char root[512];
    const struct draft *draft;
    size_t changed; /* groups left out: changed_since */
    size_t refused;
};

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static json_t *modern_schema(const json_t *old);

static json_t *modern_members(const json_t *old)
{
    json_t *result = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)old, name, value)
        assert_int_equal(json_object_set_new(result, name, modern_schema(value)), 0);
    return result;
}

static json_t *modern_elements(const json_t *old)
{
    json_t *result = json_array();
    for (size_t i = 0; i < json_array_size(old); i++)
        assert_int_equal(json_array_append_new(result, modern_schema(json_array_get(old, i))), 0);
    return result;
}

/* References into what was renamed. */
static json_t *modern_ref(const json_t *old)
{
    static const char *const renamed[][2] = {{"/definitions/", "/$defs/"},
                                             {"/items/0", "/prefixItems/0"}};
    struct tb_buf text;
    tb_buf_init(&text, 4096);
    for (const char *at = json_string_value(old); at != NULL && *at != '\0';) {
        size_t i = 0;
        while (i < 2 && strncmp(at, renamed[i][0], strlen(renamed[i][0])) != 0)
            i++;
        if (i < 2)
            tb_buf_add_text(&text, renamed[i][1]);
        else
            tb_buf_add_char(&text, *at);
        at += i < 2 ? strlen(renamed[i][0]) : 1;
    }
    assert_false(text.overflow);
    json_t *result = text.len > 0 ? json_stringn(text.data, text.len) : json_deep_copy(old);
    tb_buf_fini(&text);
    return result;
}

static const char *modern_name(const json_t *old, const char *name)
{
    if (strcmp(name, "definitions") == 0)
        return "$defs";
    if (strcmp(name, "items") == 0 && json_is_array(json_object_get(old, "items")))
        return "prefixItems";
    return strcmp(name, "additionalItems") == 0 ? "items" : name;
}

static json_t *modern_value(const char *name, const json_t *value)
{
    static const char *const maps[] = {"properties", "$defs", "definitions", "patternProperties"};
    static const char *const schemas[] = {"items", "additionalItems", "additionalProperties",
                                          "propertyNames"};
    static const char *const lists[] = {"allOf", "items"};
    if (strcmp(name, "$ref") == 0)
        return modern_ref(value);
    if (json_is_object(value) && is_one_of(name, maps, 4))
        return modern_members(value);
    if (json_is_array(value) && is_one_of(name, lists, 2))
        return modern_elements(value);
    if (is_one_of(name, schemas, 4))
        return modern_schema(value);
    return json_deep_copy(value);
}

/* An older schema in the words of 2020-12: definitions, items as a list, additionalItems. What
 * goes: additionalItems without a list of items, where it had no meaning, and $schema. */
static json_t *modern_schema(const json_t *old)
{
    if (!json_is_object(old))
        return json_deep_copy(old);
    bool listed = json_is_array(json_object_get(old, "items"));
    json_t *result = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)old, name, value)
    {
        if ((strcmp(name, "additionalItems") == 0 && !listed) || strcmp(name, "$schema") == 0)
            continue;
        assert_int_equal(
            json_object_set_new(result, modern_name(old, name), modern_value(name, value)), 0);
    }
    return result;
}

static int setup(void **state)
{
    static struct suite suite;
    const char *root = getenv("TB_JSON_SCHEMA_SUITE");
    (void)snprintf(suite.root, sizeof(suite.root), "%s", root != NULL ? root : ROOT_DEFAULT);
    for (size_t i = 0; i < sizeof(drafts) / sizeof(drafts[0]) && suite.draft == NULL; i++) {
        char path[600];
        (void)snprintf(path, sizeof(path), "%s/tests/%s", suite.root, drafts[i].name);
        if (access(path, R_OK) == 0)
            suite.draft = &drafts[i];
    }
    if (suite.draft == NULL) {
        print_error("no suite in %s: install json-schema-test-suite\n", suite.root);
        return 1;
    }
    print_message("suite %s, %s%s\n", suite.root, suite.draft->name,
                  suite.draft->modern ? "" : " (it has no 2020-12), renamed to 2020-12");
    *state = &suite;
    return 0;
}

/* Counts the reason of a refusal; fails when it is none of the list. */
static void note_refusal(struct suite *suite, const char *description, const char *message)
{
    const char *colon = strstr(message, ": ");
    assert_non_null(colon);
    const char *start = colon;
    while (start > message && start[-1] != '/')
        start--;
    struct tb_str keyword = {start, (size_t)(colon - start)};
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (tb_str_is(keyword, reasons[i].keyword) && strstr(colon, reasons[i].message) != NULL) {
            reasons[i].groups++;
            suite->refused++;
            return;
        }
    }
    fail_msg("\"%s\" is refused without a reason in the list: %s", description, message);
}

static void run_checks(const struct tb_schema *schema, const json_t *group, struct tb_arena *arena,
                       struct file *file)
{
    size_t i;
    json_t *test;
    json_array_foreach(json_object_get(group, "tests"), i, test)
    {
        struct tb_schema_errors errors = {.count = 0};
        size_t found = tb_schema_validate(schema, json_object_get(test, "data"), arena, &errors);
        bool expected = json_is_true(json_object_get(test, "valid"));
        if ((found == 0) != expected)
            fail_msg("%s: \"%s\", \"%s\" should be %s", file->path,
                     json_string_value(json_object_get(group, "description")),
                     json_string_value(json_object_get(test, "description")),
                     expected ? "valid" : "invalid");
        file->checks++;
    }
}

static void run_group(struct suite *suite, const json_t *group, struct file *file)
{
    const char *description = json_string_value(json_object_get(group, "description"));
    const json_t *written = json_object_get(group, "schema");
    if (!suite->draft->modern && strcmp(description, changed_since) == 0) {
        suite->changed++;
        return;
    }
    json_t *root = suite->draft->modern ? json_deep_copy(written) : modern_schema(written);
    struct tb_arena *arena = tb_arena_new(4 << 20);
    const struct tb_schema *schema = NULL;
    struct tb_error_text error;
    if (tb_schema_compile(root, root, arena, &schema, &error) != TB_OK) {
        note_refusal(suite, description, error.text);
    } else {
        file->groups++;
        run_checks(schema, group, arena, file);
    }
    tb_arena_free(arena);
    json_decref(root);
}

/* false when the suite has no such file. */
static bool run_file(struct suite *suite, struct file *file)
{
    char path[700];
    (void)snprintf(path, sizeof(path), "%s/tests/%s/%s", suite->root, suite->draft->name,
                   file->path);
    if (access(path, R_OK) != 0)
        return false;
    json_error_t error;
    json_t *groups = json_load_file(path, 0, &error);
    if (groups == NULL)
        fail_msg("%s: %s", path, error.text);
    size_t i;
    json_t *group;
    json_array_foreach(groups, i, group) run_group(suite, group, file);
    json_decref(groups);
    print_message("  %-32s %2zu groups, %3zu checks\n", file->path, file->groups, file->checks);
    return true;
}

static void supported_keywords_pass_in_full(void **state)
{
    static struct file files[] = {
        {"additionalProperties.json", 3, 0, 0},
        {"allOf.json", 6, 0, 0},
        {"boolean_schema.json", 2, 0, 0},
        {"const.json", 4, 0, 0},
        {"default.json", 2, 0, 0},
        {"enum.json", 3, 0, 0},
        {"exclusiveMaximum.json", 1, 0, 0},
        {"exclusiveMinimum.json", 1, 0, 0},
        {"items.json", 5, 0, 0},
        {"maxItems.json", 1, 0, 0},
        {"maxLength.json", 1, 0, 0},
        {"maxProperties.json", 1, 0, 0},
        {"maximum.json", 1, 0, 0},
        {"minItems.json", 1, 0, 0},
        {"minLength.json", 1, 0, 0},
        {"minProperties.json", 1, 0, 0},
        {"minimum.json", 1, 0, 0},
        {"multipleOf.json", 3, 0, 0},
        {"pattern.json", 2, 0, 0},
        {"properties.json", 2, 0, 0},
        {"propertyNames.json", 3, 0, 0},
        {"ref.json", 7, 0, 0},
        {"required.json", 3, 0, 0},
        {"type.json", 8, 0, 0},
        {"uniqueItems.json", 1, 0, 0},
        {"optional/format/date.json", 1, 0, 0},
        {"optional/format/time.json", 1, 0, 0},
        {"optional/format/date-time.json", 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!run_file(*state, &files[i]))
            fail_msg("the suite has no %s", files[i].path);
        if (files[i].groups < files[i].groups_min)
            fail_msg("only %zu groups of %s ran, not %zu", files[i].groups, files[i].path,
                     files[i].groups_min);
        assert_true(files[i].checks >= files[i].groups);
    }
}

/* Files that only some drafts have: their keywords have another file above in the other drafts. */
static void files_of_some_drafts_pass(void **state)
{
    static struct file files[] = {
        {"additionalItems.json", 0, 0, 0},
        {"prefixItems.json", 0, 0, 0},
        {"defs.json", 0, 0, 0},
        {"definitions.json", 0, 0, 0},
        {"infinite-loop-detection.json", 0, 0, 0},
        {"optional/format/uuid.json", 0, 0, 0},
        {"optional/zeroTerminatedFloats.json", 0, 0, 0},
    };
    size_t groups = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (run_file(*state, &files[i]))
            groups += files[i].groups;
    assert_true(groups >= 5);
}

/* The files of unsupported keywords: what they use must be refused, never half understood. */
static void unsupported_keywords_are_refused(void **state)
{
    static struct file files[] = {
        {"anyOf.json", 0, 0, 0},
        {"oneOf.json", 0, 0, 0},
        {"not.json", 0, 0, 0},
        {"contains.json", 0, 0, 0},
        {"dependencies.json", 0, 0, 0},
        {"patternProperties.json", 0, 0, 0},
        {"if-then-else.json", 0, 0, 0},
        {"refRemote.json", 0, 0, 0},
        {"optional/content.json", 0, 0, 0},
    };
    struct suite *suite = *state;
    size_t refused = suite->refused;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)run_file(suite, &files[i]);
        assert_int_equal(files[i].groups, 0);
    }
    assert_true(suite->refused - refused >= 30);
}

static void refusals_are_counted(void **state)
{
    const struct suite *suite = *state;
    size_t sum = 0;
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (reasons[i].groups > 0)
            print_message("  refused: %2zu groups for %s (%s)\n", reasons[i].groups,
                          reasons[i].keyword, reasons[i].message);
        sum += reasons[i].groups;
    }
    print_message("  left out, since 2020-12 changed their meaning: %zu groups\n", suite->changed);
    assert_int_equal(sum, suite->refused);
    assert_true(suite->changed <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supported_keywords_pass_in_full),
        cmocka_unit_test(files_of_some_drafts_pass),
        cmocka_unit_test(unsupported_keywords_are_refused),
        cmocka_unit_test(refusals_are_counted),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
