/*
 * Programs: the SQL of an operation, made ready to run.
 *
 * Read from sql/<area>/<operationId>.sql at start: ":name" becomes "$n" with a source for its
 * value, a list is wrapped by its sorts' keysets, a write's last step is completed by
 * sql/engine/conclude.sql. Texts and sources are checked here against the contract; types by
 * `timebankd check`. Read-only after load. The conventions are those of CONTRIBUTING.md.
 */
#ifndef TIMEBANK_PROGRAM_H
#define TIMEBANK_PROGRAM_H

#include "timebank/contract.h"
#include "timebank/db.h"

enum tb_source {
    TB_SOURCE_DISTRICT,
    TB_SOURCE_SCOPE_LOW,
    TB_SOURCE_SCOPE_HIGH,
    TB_SOURCE_SELF_PERSON,
    TB_SOURCE_OWN_TEAM,
    TB_SOURCE_ACTOR_ROLE,
    TB_SOURCE_ACTOR_PERSON,
    TB_SOURCE_ACTOR_USER,
    TB_SOURCE_ACTOR_TOKEN,
    TB_SOURCE_PARAMETER,        /* index: of the operation's parameters */
    TB_SOURCE_PARAMETER_LOOKUP, /* its keyed hash */
    TB_SOURCE_BODY,             /* name: of a member of the body */
    TB_SOURCE_BODY_LOOKUP,
    TB_SOURCE_LIMIT,  /* rows of a page and one more */
    TB_SOURCE_CURSOR, /* index: of the sort's columns */
    TB_SOURCE_BATCH,
    TB_SOURCE_REQUESTS,
    TB_SOURCE_OPERATION,
    TB_SOURCE_EVENT,
    TB_SOURCE_CONTRACT_VERSION,
};

struct tb_binding {
    enum tb_source source;
    size_t index;
    struct tb_str name;
};

#define TB_BINDINGS_MAX 40

struct tb_program_step {
    struct tb_db_statement statement;
    const struct tb_binding *bindings; /* statement.params_count of them */
};

/* A list's four texts for one sort. */
struct tb_program_list {
    struct tb_program_step first;       /* the first page */
    struct tb_program_step after;       /* behind a cursor */
    struct tb_program_step first_count; /* with a column total_count_ in front */
    struct tb_program_step after_count;
};

struct tb_program {
    const struct tb_operation *operation;
    struct tb_program_step *steps; /* a read has one; a write its own, the last one completed */
    size_t steps_count;
    struct tb_program_step *batch; /* of a read whose one step is named so: for many requests of a
                                      district at once, by ordinal in the first column */
    struct tb_program_list *lists; /* of a list: one a sort; steps is then empty */
    bool wants_body;               /* a write that names `body` */
};

/* The statements of the engine itself. */
struct tb_engine_program {
    struct tb_db_statement claim_keys;
    struct tb_db_statement find_key;
    struct tb_db_statement find_token;
    struct tb_db_statement touch_tokens;
};

extern struct tb_engine_program tb_engine;

/* Gives every operation that is not of C its program and registers all statements. The contract's
 * arena owns them. Once a process. */
TB_CHECK_RESULT enum tb_err tb_programs_load(struct tb_contract *contract,
                                             struct tb_error_text *reterr_text);

/* Calls visit for each statement of an operation. */
void tb_program_each(const struct tb_program *program,
                     void (*visit)(const struct tb_program *program,
                                   const struct tb_program_step *step, bool answers, void *context),
                     void *context);

/* Can a value of the schema be read as PostgreSQL's type of that name ("bigint", "text[]")? */
bool tb_program_type_fits(const struct tb_schema *schema, struct tb_str type);

#define TB_WRITE_STEPS_MAX 8

/* What a batch's statements are bound to; all texts borrowed until the job is done. */
struct tb_batch_values {
    const char *district;
    const char *batch_id;
    const char *requests; /* the JSON array */
    const char *contract_version;
};

/* The memory that a batch's steps point into; belongs to who runs them. */
struct tb_batch_steps {
    struct tb_db_step steps[TB_WRITE_STEPS_MAX + 1];
    const char *values[TB_WRITE_STEPS_MAX + 1][5];
    size_t count;
};

/* The steps of one batch: the keys first when any request has one, then the operation's own. */
void tb_program_bind_batch(const struct tb_program *program, const struct tb_batch_values *values,
                           bool has_keys, struct tb_batch_steps *ret_steps);

#endif
