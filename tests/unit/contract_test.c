#include "timebank/assets.h"
#include "timebank/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct tb_contract *contract;

static int load_contract(void **state)
{
    struct tb_error_text error = {""};
    (void)state;
    enum tb_err err = tb_contract_load(tb_asset_find("openapi.json"), &contract, &error);
    if (err != TB_OK)
        fprintf(stderr, "%s\n", error.text);
    return err == TB_OK ? 0 : -1;
}

static int free_contract(void **state)
{
    (void)state;
    tb_contract_free(contract);
    return 0;
}

static const char *routed(enum tb_method method, const char *path)
{
    struct tb_match match;
    if (!tb_contract_route(contract, tb_str_of(path), &match))
        return "no path";
    return match.operations[method] != NULL ? match.operations[method]->id : "no method";
}

static void paths_lead_to_their_operations(void **state)
{
    (void)state;
    assert_string_equal(routed(TB_GET, "/"), "getIndex");
    assert_string_equal(routed(TB_GET, "/v1/regions"), "listRegions");
    assert_string_equal(routed(TB_POST, "/v1/regions"), "createRegion");
    assert_string_equal(routed(TB_DELETE, "/v1/regions"), "no method");
    assert_string_equal(routed(TB_GET, "/v1/regions/371402000000"), "getRegion");
    assert_string_equal(routed(TB_POST, "/v1/service-records/x/register"), "registerServiceRecord");
}

static void a_literal_segment_is_preferred_to_a_parameter(void **state)
{
    (void)state;
    assert_string_equal(routed(TB_POST, "/v1/service-records/at-counter"),
                        "recordServiceAtCounter");
    assert_string_equal(routed(TB_GET, "/v1/service-records/at-counter"), "no method");
}

static void strange_paths_lead_nowhere(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",           "v1",           "//",           "/v1",
        "/v1/",       "/v1/regions/", "/v1//regions", "/v1/regions/x/y/z",
        "/v1/Regions"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_string_equal(routed(TB_GET, paths[i]), "no path");
}

static void values_are_in_the_order_of_the_template(void **state)
{
    struct tb_match match;
    (void)state;
    assert_true(
        tb_contract_route(contract, TB_STR("/v1/worklists/371402001001/2014-05-12"), &match));
    assert_int_equal(match.values_count, 2);
    assert_true(tb_str_is(match.values[0], "371402001001"));
    assert_true(tb_str_is(match.values[1], "2014-05-12"));
    assert_true(tb_str_is(match.operations[TB_GET]->parameters[0].name, "region_code"));
}

static void every_write_has_an_event_and_an_answer(void **state)
{
    (void)state;
    size_t writes = 0;
    for (size_t i = 0; i < contract->operations_count; i++) {
        const struct tb_operation *operation = &contract->operations[i];
        if (operation->lane != TB_LANE_WRITE)
            continue;
        writes++;
        assert_non_null(operation->event);
        /* Without a token one can object to a notice, and nothing else. */
        assert_int_equal(operation->is_public, strcmp(operation->id, "filePublicObjection") == 0);
        assert_true(operation->fields_count > 0);
    }
    assert_true(writes > 40);
}

static void problems_are_found_by_their_code(void **state)
{
    (void)state;
    const struct tb_problem_kind *kind = tb_contract_problem(contract, TB_STR("not_found"));
    assert_non_null(kind);
    assert_int_equal(kind->status, 404);
    assert_null(tb_contract_problem(contract, TB_STR("not_foun")));
    assert_null(tb_contract_problem(contract, TB_STR("")));
    for (size_t i = 0; i < contract->problems_count; i++)
        assert_ptr_equal(tb_contract_problem(contract, contract->problems[i].code),
                         &contract->problems[i]);
}

#define HEAD "{\"openapi\":\"3.1.0\",\"info\":{\"version\":\"1\"},\"x-problems\":{},\"paths\":"
#define ANSWER "\"responses\":{\"200\":{\"description\":\"\"}}"

static void assert_refused(const char *paths, const char *message)
{
    char json[2048];
    struct tb_error_text error = {""};
    struct tb_contract *loaded = NULL;
    (void)snprintf(json, sizeof(json), "%s%s}", HEAD, paths);
    assert_int_equal(tb_contract_load(tb_str_of(json), &loaded, &error), TB_ERR_CONFIG);
    if (strstr(error.text, message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.text, message);
}

static void a_contract_with_a_mistake_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("{", "line 1");
    assert_refused("{\"/a\":{\"get\":{\"x-area\":\"a\"," ANSWER "}}}", "operationId");
    assert_refused("{\"/a\":{\"get\":{\"operationId\":\"a\",\"x-area\":\"a\",\"responses\":{}}}}",
                   "a: it has no 2xx");
    assert_refused(
        "{\"/a\":{\"get\":{\"operationId\":\"a\",\"x-area\":\"a\",\"x-roles\":[\"king\"]," ANSWER
        "}}}",
        "unknown role");
    assert_refused("{\"/a/{id}\":{\"get\":{\"operationId\":\"a\",\"x-area\":\"a\"," ANSWER "}}}",
                   "{id} is not among");
    assert_refused("{\"/a\":{\"post\":{\"operationId\":\"a\",\"x-area\":\"a\"," ANSWER "}}}",
                   "needs x-event");
    assert_refused(
        "{\"/"
        "a\":{\"get\":{\"operationId\":\"a\",\"x-area\":\"a\",\"x-if-mach\":\"required\"," ANSWER
        "}}}",
        "x-if-mach is no keyword");
    assert_refused("{\"/a\":{\"post\":{\"operationId\":\"a\",\"x-area\":\"a\",\"x-event\":\"e\","
                   "\"x-batch\":65," ANSWER "}}}",
                   "x-batch");
    assert_refused(
        "{\"/a\":{\"get\":{\"operationId\":\"a\",\"x-area\":\"a\",\"x-problems\":[\"b\"]," ANSWER
        "}}}",
        "openapi/problems");
    assert_refused(
        "{\"/a\":{\"get\":{\"operationId\":\"a\",\"x-area\":\"a\",\"parameters\":[{\"name\":"
        "\"q\",\"in\":\"query\",\"schema\":{\"oneOf\":[]}}]," ANSWER "}}}",
        "oneOf");
#define READ "\"get\":{\"operationId\":\"a\",\"x-area\":\"a\","
#define PATH "\"parameters\":[{\"name\":\"x\",\"in\":\"path\",\"required\":true,\"schema\":{}}],"
    assert_refused("{\"/a/{x}\":{" READ PATH ANSWER "}}}", "x-district is for what is public");
    assert_refused("{\"/a/{x}\":{" READ "\"x-district\":\"y\"," PATH ANSWER "}}}",
                   "x-district names no required parameter");
    assert_refused("{\"/a/{x}\":{" READ
                   "\"x-roles\":[\"auditor\"],\"x-district\":\"x\"," PATH ANSWER "}}}",
                   "x-district is for what is public");
    assert_refused(
        "{\"/a/{x}\":{" READ "\"x-district\":\"x\"," PATH ANSWER
        "}},\"/a/{y}\":{\"get\":{\"operationId\":\"b\",\"x-area\":\"a\",\"x-roles\":["
        "\"auditor\"],\"parameters\":[{\"name\":\"y\",\"in\":\"path\",\"schema\":{}}]," ANSWER
        "}}}",
        "taken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_to_their_operations),
        cmocka_unit_test(a_literal_segment_is_preferred_to_a_parameter),
        cmocka_unit_test(strange_paths_lead_nowhere),
        cmocka_unit_test(values_are_in_the_order_of_the_template),
        cmocka_unit_test(every_write_has_an_event_and_an_answer),
        cmocka_unit_test(problems_are_found_by_their_code),
        cmocka_unit_test(a_contract_with_a_mistake_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, load_contract, free_contract);
}
