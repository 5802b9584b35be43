/*
 * The loader: runs the plan through the operations' own programs, in batches.
 *
 * Never: SQL of its own but sql/demo/. A request has the form that the write lane gives it
 * (CONTRIBUTING.md, "SQL files that write"), with ids and times from the plan.
 */
#ifndef TB_DEMO_LOAD_H
#define TB_DEMO_LOAD_H

#include "demo/plan.h"
#include "timebank/buf.h"
#include "timebank/demo.h"
#include "timebank/program.h"
#include "timebank/token.h"

#define TB_DEMO_AT_BYTES 48 /* "2014-05-15T11:07:00+08:00" with its terminator, and to spare */
#define TB_DEMO_TOKENS_MAX 64

struct tb_demo_token {
    const char *name;
    enum tb_role role;
    unsigned person; /* of the plan; of the first administrator: TB_DEMO_PERSONS_MAX */
    int64_t region_code;
    const char *token; /* in the loader's arena */
};

struct tb_demo_progress {
    bool is_shown;
    unsigned done, total;
};

struct tb_demo_loader {
    const struct tb_demo_settings *settings;
    struct tb_db_session *session;
    struct tb_arena *arena;
    struct tb_demo_plan *plan;
    struct tb_actor admin;
    struct tb_demo_token tokens[TB_DEMO_TOKENS_MAX];
    unsigned tokens_count;
    unsigned first_week;
    struct tb_demo_progress progress;
    struct tb_error_text *reterr_text;
};

/* ------------------------------------------------------------------ batch.c */

/* Requests of one operation that run as one transaction. A failure stays; run tells it. */
struct tb_demo_batch {
    struct tb_demo_loader *loader;
    const struct tb_operation *operation;
    struct tb_buf requests;
    struct tb_buf body; /* of the request at hand */
    struct tb_arena *scratch;
    unsigned count, max;
    enum tb_err err;
};

void tb_demo_batch_open(struct tb_demo_batch *batch, struct tb_demo_loader *loader,
                        const char *operation_id);
/* Runs what is left and frees. A refusal of any request is TB_ERR_CONFLICT. */
TB_CHECK_RESULT enum tb_err tb_demo_batch_close(struct tb_demo_batch *batch);

/* A request; new_id_2 may be NULL. Runs the batch before, when it is full. */
void tb_demo_request(struct tb_demo_batch *batch, const struct tb_actor *actor, const char *at,
                     const char *new_id, const char *new_id_2);
void tb_demo_request_end(struct tb_demo_batch *batch);

/* Path parameters and what x-generate makes; not part of the body. */
void tb_demo_outside(struct tb_demo_batch *batch, const char *name, const char *value);

/* Members of the body. Texts that are NULL or empty are left out. */
void tb_demo_text(struct tb_demo_batch *batch, const char *name, const char *value);
void tb_demo_number(struct tb_demo_batch *batch, const char *name, int64_t value);
void tb_demo_region(struct tb_demo_batch *batch, const char *name, int64_t code);
void tb_demo_date(struct tb_demo_batch *batch, const char *name, struct tb_date date);
void tb_demo_sealed(struct tb_demo_batch *batch, const char *name, const char *value);
void tb_demo_json(struct tb_demo_batch *batch, const char *name, struct tb_str json);
/* The same as printf writes it, at most 1 KiB; its texts must need no escapes. */
__attribute__((format(printf, 3, 4))) void
tb_demo_json_format(struct tb_demo_batch *batch, const char *name, const char *format, ...);

/* The civil day and minute of the district, which has no summer time. */
void tb_demo_at(struct tb_date day, int minutes, char ret_at[TB_DEMO_AT_BYTES]);

/* One statement of sql/demo/ (or another asset); the result is the caller's when ret_result is not
 * NULL. */
TB_CHECK_RESULT enum tb_err tb_demo_query(struct tb_demo_loader *loader, const char *path,
                                          int count, const char *const *values,
                                          PGresult **ret_result);

/* Who acts: a person of the plan in a role on a region (and a team). */
struct tb_actor tb_demo_actor(const struct tb_demo_loader *loader, unsigned person,
                              enum tb_role role, int64_t region_code);

/* ------------------------------------------------------------------ the parts */

TB_CHECK_RESULT enum tb_err tb_demo_load_district(struct tb_demo_loader *loader);
TB_CHECK_RESULT enum tb_err tb_demo_load_people(struct tb_demo_loader *loader);
TB_CHECK_RESULT enum tb_err tb_demo_load_access(struct tb_demo_loader *loader);
TB_CHECK_RESULT enum tb_err tb_demo_load_weeks(struct tb_demo_loader *loader);
TB_CHECK_RESULT enum tb_err tb_demo_load_awards(struct tb_demo_loader *loader, int year);
TB_CHECK_RESULT enum tb_err tb_demo_write_tokens(struct tb_demo_loader *loader);

/* Freezes and settles what is due when the business clock stands there. */
TB_CHECK_RESULT enum tb_err tb_demo_set_clock(struct tb_demo_loader *loader, const char *at);
TB_CHECK_RESULT enum tb_err tb_demo_settle(struct tb_demo_loader *loader, const char *at);

/* One step of progress.total. */
void tb_demo_progress_step(struct tb_demo_progress *progress, const char *what);
void tb_demo_progress_end(struct tb_demo_progress *progress);

#endif
