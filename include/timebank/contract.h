/*
 * The contract: what openapi/ says, compiled once at start and then read-only for all threads.
 *
 * An operation is an entry of the contract plus SQL (include/timebank/program.h) or, for the
 * counted exceptions marked `x-handler: c`, a function of src/http/handlers.c.
 * Never here: SQL, HTTP messages, the database.
 * Source: OpenAPI 3.1 and the x- keywords of CONTRIBUTING.md.
 * Invariant: an operation that loads has a success answer, known roles and compiled schemas.
 */
#ifndef TIMEBANK_CONTRACT_H
#define TIMEBANK_CONTRACT_H

#include "timebank/arena.h"
#include "timebank/error.h"
#include "timebank/schema.h"
#include "timebank/str.h"

enum tb_role {
    TB_ROLE_DISTRICT_ADMIN,
    TB_ROLE_SUBDISTRICT_ADMIN,
    TB_ROLE_SUBDISTRICT_CLERK,
    TB_ROLE_COMMUNITY_SECRETARY,
    TB_ROLE_COMMUNITY_CLERK,
    TB_ROLE_TEAM_LEADER,
    TB_ROLE_RESIDENTS_GROUP_HEAD,
    TB_ROLE_INFORMATION_OFFICER,
    TB_ROLE_VOLUNTEER,
    TB_ROLE_RESIDENT,
    TB_ROLE_AUDITOR,
    TB_ROLE_REPORT_READER,
    TB_ROLE_COUNT,
};

const char *tb_role_name(enum tb_role role);
bool tb_role_parse(struct tb_str name, enum tb_role *ret_role);

enum tb_method { TB_GET, TB_POST, TB_PATCH, TB_PUT, TB_DELETE, TB_METHOD_COUNT };

const char *tb_method_name(enum tb_method method);
bool tb_method_parse(struct tb_str name, enum tb_method *ret_method);

/* Which database connections serve it. */
enum tb_lane { TB_LANE_READ, TB_LANE_PAGE, TB_LANE_WRITE, TB_LANE_NONE };

/* A secret that the engine makes for a request (x-generate). */
enum tb_generate { TB_GENERATE_NOTHING, TB_GENERATE_ONE_TIME_CODE, TB_GENERATE_TOKEN };

struct tb_parameter {
    struct tb_str name;
    bool in_path;
    bool required;
    const struct tb_schema *schema;
};

/* How a column of the result becomes a member of the answer. */
enum tb_field_kind {
    TB_FIELD_STRING,
    TB_FIELD_LITERAL, /* integer or number: as PostgreSQL writes it */
    TB_FIELD_BOOLEAN,
    TB_FIELD_TIME,   /* timestamptz text → RFC 3339 */
    TB_FIELD_JSON,   /* json column, passed through */
    TB_FIELD_SEALED, /* bytea ciphertext → opened and masked */
    TB_FIELD_GENERATED,
};

struct tb_field {
    struct tb_str name;
    struct tb_str label; /* the name as an answer has it: "name": */
    enum tb_field_kind kind;
    bool required;
    struct tb_str sealed_kind; /* x-sealed's word */
};

struct tb_sort_column {
    struct tb_str name;
    bool descending;
};

#define TB_SORT_COLUMNS_MAX 4

struct tb_sort {
    struct tb_str name;
    struct tb_sort_column columns[TB_SORT_COLUMNS_MAX];
    size_t columns_count;
};

struct tb_program; /* the SQL side; see program.h */

struct tb_operation {
    const char *id;
    const char *area; /* its file in openapi/paths/ and folder in sql/ */
    const char *path; /* the template, "/v1/regions/{region_code}" */
    enum tb_method method;
    enum tb_lane lane;
    bool is_public;
    uint32_t roles;      /* bit 1 << tb_role */
    unsigned permits;    /* TB_PERMIT_… of token.h: one of them suffices */
    bool accepts_basic;  /* the token may come as the password of HTTP Basic */
    bool answers_file;   /* a row says which; its bytes are the answer */
    bool answers_page;   /* the column page of its row is the answer, text/html */
    const char *handler; /* of C, or NULL */

    const struct tb_parameter *parameters;
    size_t parameters_count;
    /* Of a public operation with SQL: the parameter whose first six digits say which district. */
    size_t district_parameter;
    const struct tb_schema *body; /* NULL: none, or a file */
    const char *file_types;       /* of a body that is a file, "image/png, …"; NULL: it is none */
    bool body_required;

    int success_status;
    const struct tb_schema *answer; /* of one row; NULL: no JSON body */
    const struct tb_field *fields;
    size_t fields_count;

    bool is_list;
    const struct tb_sort *sorts; /* the first is the default */
    size_t sorts_count;

    unsigned cache_s; /* how long anybody may keep the answer; 0: not at all */

    const char *event; /* writes only */
    unsigned batch_max;
    unsigned dry_run; /* of a write: its parameter dry_run, counted from 1; 0: it has none */
    bool key_required;
    bool if_match_required;
    enum tb_generate generate;

    size_t index; /* its place in the contract */
    struct tb_program *program;
};

/* A problem's fixed part, by code. */
struct tb_problem_kind {
    struct tb_str code;
    int status;
    struct tb_str title[2]; /* by enum tb_language */
    struct tb_str detail[2];
    const json_t *args; /* names of args to show besides those in the texts; NULL: none */
};

/* Whether clients may see an argument of that name: the texts or `args` name it. What else a
 * refusal carries stays inside: it may tell of things outside the caller's scope. */
bool tb_problem_kind_shows(const struct tb_problem_kind *kind, struct tb_str arg);

struct tb_contract {
    struct tb_str json; /* the bundle, as served at /openapi.json */
    const char *version;
    const json_t *document;
    struct tb_operation *operations;
    size_t operations_count;
    const struct tb_problem_kind *problems; /* sorted by code */
    size_t problems_count;
    struct tb_arena *arena;
    struct tb_route *routes;
};

/* From the bundled JSON, which must live as long. Freed by tb_contract_free. */
TB_CHECK_RESULT enum tb_err tb_contract_load(struct tb_str bundled_json,
                                             struct tb_contract **ret_contract,
                                             struct tb_error_text *reterr_text);
void tb_contract_free(struct tb_contract *contract);

/* NULL when there is no such code. */
const struct tb_problem_kind *tb_contract_problem(const struct tb_contract *contract,
                                                  struct tb_str code);

/* ------------------------------------------------------------------ routing */

#define TB_PATH_PARAMETERS_MAX 4

struct tb_match {
    /* By method; NULL where the path does not know it. */
    struct tb_operation *const *operations;
    struct tb_str
        values[TB_PATH_PARAMETERS_MAX]; /* in the order of the template; point into path */
    size_t values_count;
};

/* A literal segment is preferred to a parameter. path is as it came, not decoded; so are the
 * values. */
bool tb_contract_route(const struct tb_contract *contract, struct tb_str path,
                       struct tb_match *ret_match);

#endif
