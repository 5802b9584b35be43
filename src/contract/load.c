#include "contract/load.h"

#include "timebank/json.h"

#include <stdlib.h>

#define CONTRACT_ARENA_BYTES (64 * 1024 * 1024)

const char *tb_load_text(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

const json_t *tb_load_resolve(const struct tb_loader *loader, const json_t *json)
{
    const char *ref = tb_load_text(json, "$ref");
    if (ref == NULL)
        return json;
    if (strncmp(ref, "#/", 2) != 0)
        return NULL;
    const json_t *at = loader->contract->document;
    const char *segment = ref + 2;
    while (at != NULL && *segment != '\0') {
        size_t len = strcspn(segment, "/");
        at = json_object_getn(at, segment, len);
        segment += len + (segment[len] == '/' ? 1 : 0);
    }
    return at;
}

static size_t count_operations(const json_t *paths)
{
    size_t count = 0;
    const char *path;
    json_t *item;
    json_object_foreach((json_t *)paths, path, item) count += json_object_size(item);
    return count; /* at least; `parameters` of a path item count too */
}

static enum tb_err load_path(struct tb_loader *loader, const char *path, const json_t *item)
{
    struct tb_contract *contract = loader->contract;
    const char *key;
    json_t *json;
    json_object_foreach((json_t *)item, key, json)
    {
        struct tb_operation *operation = &contract->operations[contract->operations_count];
        char upper[8] = {0};
        for (size_t i = 0; i < sizeof(upper) - 1 && key[i] != '\0'; i++)
            upper[i] = (char)(key[i] - 'a' + 'A');
        if (!tb_method_parse(tb_str_of(upper), &operation->method))
            continue; /* parameters, summary */
        operation->index = contract->operations_count++;
        enum tb_err err = tb_load_operation(loader, path, item, json, operation);
        if (err != TB_OK)
            return err;
        if (tb_route_add(contract->routes, operation, loader->arena) != TB_OK) {
            tb_error_set(loader->error, "%s: the path is taken", operation->id);
            return TB_ERR_CONFIG;
        }
    }
    return TB_OK;
}

static enum tb_err load_paths(struct tb_loader *loader)
{
    struct tb_contract *contract = loader->contract;
    const json_t *paths = json_object_get(contract->document, "paths");
    size_t room = count_operations(paths);
    contract->operations = tb_arena_alloc(loader->arena, (room + 1) * sizeof(struct tb_operation));
    contract->routes = tb_arena_alloc(loader->arena, sizeof(struct tb_route));
    if (contract->operations == NULL || contract->routes == NULL)
        return TB_ERR_NO_MEMORY;
    const char *path;
    json_t *item;
    json_object_foreach((json_t *)paths, path, item)
    {
        enum tb_err err = load_path(loader, path, item);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

static int compare_problems(const void *a, const void *b)
{
    const struct tb_problem_kind *left = a;
    const struct tb_problem_kind *right = b;
    return strcmp(left->code.ptr, right->code.ptr);
}

static enum tb_err load_problem(struct tb_loader *loader, const char *code, const json_t *json,
                                struct tb_problem_kind *ret_kind)
{
    *ret_kind = (struct tb_problem_kind){
        .code = tb_str_of(code),
        .status = (int)json_integer_value(json_object_get(json, "status")),
        .title = {tb_str_of(tb_load_text(json, "title_zh")),
                  tb_str_of(tb_load_text(json, "title_en"))},
        .detail = {tb_str_of(tb_load_text(json, "detail_zh")),
                   tb_str_of(tb_load_text(json, "detail_en"))},
        .args = json_object_get(json, "args"),
    };
    bool whole = ret_kind->title[0].ptr != NULL && ret_kind->title[1].ptr != NULL &&
                 ret_kind->detail[0].ptr != NULL && ret_kind->detail[1].ptr != NULL;
    if (whole && ret_kind->status >= 400 && ret_kind->status <= 599)
        return TB_OK;
    tb_error_set(loader->error, "problem %s: needs a status and both languages", code);
    return TB_ERR_CONFIG;
}

static enum tb_err load_problems(struct tb_loader *loader)
{
    struct tb_contract *contract = loader->contract;
    json_t *json = json_object_get(contract->document, "x-problems");
    struct tb_problem_kind *kinds =
        tb_arena_alloc(loader->arena, (json_object_size(json) + 1) * sizeof(*kinds));
    if (kinds == NULL)
        return TB_ERR_NO_MEMORY;
    const char *code;
    json_t *value;
    size_t count = 0;
    json_object_foreach(json, code, value)
    {
        enum tb_err err = load_problem(loader, code, value, &kinds[count++]);
        if (err != TB_OK)
            return err;
    }
    qsort(kinds, count, sizeof(*kinds), compare_problems);
    contract->problems = kinds;
    contract->problems_count = count;
    return TB_OK;
}

static bool names(struct tb_str text, struct tb_str arg)
{
    for (size_t i = 0; i + arg.len + 2 <= text.len; i++)
        if (text.ptr[i] == '{' && memcmp(text.ptr + i + 1, arg.ptr, arg.len) == 0 &&
            text.ptr[i + 1 + arg.len] == '}')
            return true;
    return false;
}

bool tb_problem_kind_shows(const struct tb_problem_kind *kind, struct tb_str arg)
{
    for (size_t language = 0; language < 2; language++)
        if (names(kind->title[language], arg) || names(kind->detail[language], arg))
            return true;
    for (size_t i = 0; i < json_array_size(kind->args); i++)
        if (tb_str_eq(tb_json_str(json_array_get(kind->args, i)), arg))
            return true;
    return false;
}

const struct tb_problem_kind *tb_contract_problem(const struct tb_contract *contract,
                                                  struct tb_str code)
{
    size_t low = 0;
    size_t high = contract->problems_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct tb_problem_kind *kind = &contract->problems[middle];
        size_t len = kind->code.len < code.len ? kind->code.len : code.len;
        int order = memcmp(kind->code.ptr, code.ptr, len);
        if (order == 0 && kind->code.len == code.len)
            return kind;
        if (order < 0 || (order == 0 && kind->code.len < code.len))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static enum tb_err load_document(struct tb_loader *loader)
{
    struct tb_contract *contract = loader->contract;
    json_error_t at;
    json_t *document =
        json_loadb(contract->json.ptr, contract->json.len, JSON_REJECT_DUPLICATES, &at);
    if (document == NULL) {
        tb_error_set(loader->error, "contract: line %d: %s", at.line, at.text);
        return TB_ERR_CONFIG;
    }
    contract->document = document;
    contract->version = tb_load_text(json_object_get(document, "info"), "version");
    if (contract->version == NULL) {
        tb_error_set(loader->error, "contract: info.version is missing");
        return TB_ERR_CONFIG;
    }
    enum tb_err err = tb_schema_set_new(document, loader->arena, &loader->schemas);
    if (err == TB_OK)
        err = load_problems(loader);
    return err != TB_OK ? err : load_paths(loader);
}

enum tb_err tb_contract_load(struct tb_str bundled_json, struct tb_contract **ret_contract,
                             struct tb_error_text *reterr_text)
{
    struct tb_arena *arena = tb_arena_new(CONTRACT_ARENA_BYTES);
    struct tb_contract *contract = arena != NULL ? tb_arena_alloc(arena, sizeof(*contract)) : NULL;
    if (contract == NULL) {
        tb_arena_free(arena);
        return TB_ERR_NO_MEMORY;
    }
    contract->json = bundled_json;
    contract->arena = arena;
    struct tb_loader loader = {contract, arena, NULL, reterr_text};
    enum tb_err err = load_document(&loader);
    if (err != TB_OK) {
        tb_contract_free(contract);
        return err;
    }
    *ret_contract = contract;
    return TB_OK;
}

void tb_contract_free(struct tb_contract *contract)
{
    if (contract == NULL)
        return;
    json_decref((json_t *)contract->document);
    tb_arena_free(contract->arena);
}
