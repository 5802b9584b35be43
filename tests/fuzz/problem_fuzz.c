/* Bodies of problems. Two bytes choose the problem, one the language and how many faults; the path,
 * the place of the faults and the argument of the texts follow, each ended by a NUL. */
#include "fuzz.h"

#include "message/problem.h"
#include "timebank/json.h"
#include "timebank/limits.h"

#include <stdlib.h>

static struct tb_contract *contract;
static uint16_t *hashes;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    contract = fuzz_contract();
    hashes = calloc(contract->problems_count, sizeof(*hashes));
    for (size_t i = 0; i < contract->problems_count; i++)
        hashes[i] = fuzz_hash(contract->problems[i].code);
    return 0;
}

static const struct tb_problem_kind *choose_kind(const uint8_t *data)
{
    size_t chosen = 0;
    for (size_t i = 1; i < contract->problems_count; i++)
        if (fuzz_distance(data, hashes[i]) < fuzz_distance(data, hashes[chosen]))
            chosen = i;
    return &contract->problems[chosen];
}

/* ------------------------------------------------------------------ a problem */

/* Up to the next NUL, and `max` bytes at most. */
static struct tb_str take(struct tb_str *rest, size_t max)
{
    size_t len = strnlen(rest->ptr, rest->len);
    struct tb_str text = {rest->ptr, len < max ? len : max};
    size_t skip = len < rest->len ? len + 1 : len;
    *rest = (struct tb_str){rest->ptr + skip, rest->len - skip};
    return text;
}

static bool is_utf8(struct tb_str text)
{
    json_t *probe = json_stringn(text.ptr, text.len);
    json_decref(probe);
    return probe != NULL;
}

/* The text for every name in the braces of the kind's texts, and for one that no text has. */
static json_t *make_args(const struct tb_problem_kind *kind, struct tb_str text)
{
    json_t *args = json_object();
    json_object_set_new(args, "hidden", json_string("hidden"));
    for (size_t i = 0; i < kind->detail[0].len && is_utf8(text); i++) {
        const char *open = kind->detail[0].ptr + i;
        const char *close = *open == '{' ? strchr(open, '}') : NULL;
        if (close != NULL)
            json_object_setn_new(args, open + 1, (size_t)(close - open) - 1,
                                 json_stringn(text.ptr, text.len));
    }
    return args;
}

static bool is_in_body(struct tb_str place)
{
    return place.len == 0 || place.ptr[0] == '/';
}

/* Paths in the body are cut by the schema's check; names of parameters come from the target. */
static void make_errors(struct tb_schema_errors *errors, struct tb_str place, size_t count)
{
    if (!is_in_body(place) && place.len * count > TB_LIMIT_TARGET_BYTES)
        count = TB_LIMIT_TARGET_BYTES / place.len;
    for (size_t i = 0; i < count; i++)
        errors->items[errors->count++] = (struct tb_schema_error){
            .pointer = place,
            .code = (enum tb_schema_code)(i % TB_SCHEMA_CODE_COUNT),
            .expected = TB_STR("17"),
        };
}

/* ------------------------------------------------------------------ properties */

static void demand_text(const json_t *object, const char *name, struct tb_str text)
{
    struct tb_str told = tb_json_str(json_object_get(object, name));
    DEMAND(told.ptr != NULL);
    DEMAND(is_utf8(text) ? tb_str_eq(told, text) : told.len == text.len);
}

static void check_faults(const json_t *faults, const struct tb_problem *problem)
{
    const struct tb_schema_errors *errors = problem->errors;
    DEMAND(json_array_size(faults) == errors->count);
    for (size_t i = 0; i < errors->count; i++) {
        const json_t *fault = json_array_get(faults, i);
        struct tb_str place = errors->items[i].pointer;
        if (!problem->errors_in_body)
            demand_text(fault, "parameter", place);
        else
            DEMAND(tb_json_str(json_object_get(fault, "pointer")).len == place.len + 1);
        DEMAND(json_is_string(json_object_get(fault, "code")));
        DEMAND(tb_json_str(json_object_get(fault, "detail")).len > 0);
    }
}

static void check_args(const json_t *shown, const struct tb_problem *problem)
{
    const char *name;
    json_t *value;
    DEMAND(json_object_get(shown, "hidden") == NULL);
    json_object_foreach((json_t *)shown, name, value)
    {
        DEMAND(tb_problem_kind_shows(problem->kind, tb_str_of(name)));
        DEMAND(json_equal(value, json_object_get(problem->args, name)));
    }
}

static void check_body(const struct tb_problem *problem)
{
    struct tb_buf out;
    tb_buf_init(&out, TB_LIMIT_PROBLEM_BYTES);
    tb_problem_write(problem, &out);
    struct tb_str text = fuzz_str(&out);
    json_t *body = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    DEMAND(body != NULL);
    DEMAND(json_integer_value(json_object_get(body, "status")) == problem->kind->status);
    demand_text(body, "code", problem->kind->code);
    demand_text(body, "instance", problem->path);
    DEMAND(json_is_string(json_object_get(body, "detail")));
    check_faults(json_object_get(body, "errors"), problem);
    check_args(json_object_get(body, "args"), problem);
    json_decref(body);
    tb_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= FUZZ_CHOICE_BYTES)
        return 0;
    const struct tb_problem_kind *kind = choose_kind(data);
    uint8_t choice = data[FUZZ_CHOICE_BYTES];
    struct tb_str rest = fuzz_text(data + FUZZ_CHOICE_BYTES + 1, size - FUZZ_CHOICE_BYTES - 1);
    struct tb_str path = take(&rest, TB_LIMIT_TARGET_BYTES);
    struct tb_str place = take(&rest, TB_SCHEMA_POINTER_BYTES_MAX);
    struct tb_schema_errors errors = {0};
    make_errors(&errors, place, choice < 0xf0 ? choice % 4 : TB_SCHEMA_ERRORS_MAX);
    json_t *args = make_args(kind, take(&rest, TB_LIMIT_TARGET_BYTES));
    check_body(&(struct tb_problem){
        .kind = kind,
        .args = args,
        .language = choice & 1 ? TB_LANGUAGE_EN : TB_LANGUAGE_ZH,
        .path = path,
        .request_id = TB_STR("id"),
        .errors = &errors,
        .errors_in_body = is_in_body(place),
        .retry_after_s = choice,
    });
    json_decref(args);
    return 0;
}
