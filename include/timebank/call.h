/*
 * A call: one execution of an operation, apart from HTTP.
 *
 * Who calls fills the first part, in a memory of its own (arena), and hands the call to
 * tb_read_submit or tb_write_submit; done() is called once, on the thread that submitted, with the
 * outcome filled. The call and its arena must stay until then.
 */
#ifndef TIMEBANK_CALL_H
#define TIMEBANK_CALL_H

#include "timebank/inbox.h"
#include "timebank/program.h"
#include "timebank/seal.h"
#include "timebank/token.h"

/* A result that several calls of a batch look at, perhaps on different threads. */
struct tb_shared_result;

PGresult *tb_shared_result_rows(const struct tb_shared_result *shared);
struct tb_shared_result *
tb_shared_result_new(PGresult *rows); /* with one reference; NULL: no memory */
struct tb_shared_result *tb_shared_result_hold(struct tb_shared_result *shared);
void tb_shared_result_release(struct tb_shared_result *shared); /* NULL is allowed */

enum tb_call_status {
    TB_CALL_DONE,    /* rows or `replay` hold the answer */
    TB_CALL_REFUSED, /* `code` and `args` say why */
};

struct tb_call {
    /* ---- the caller's ---- */
    const struct tb_operation *operation;
    struct tb_arena *arena;
    const struct tb_actor *actor; /* NULL: public */
    int district_id;
    struct tb_str *parameters; /* operation->parameters_count; ptr NULL: absent */
    json_t *body;              /* checked; NULL: none; sealed members are replaced by the write */
    struct tb_str file_sha256; /* of a body that is a file, in hexadecimal; ptr NULL: none */
    struct tb_str file_type;   /* its media type */
    int64_t file_bytes;
    struct tb_str key;         /* idempotency; ptr NULL: none */
    struct tb_str fingerprint; /* "\x…" with the key */
    int64_t if_match;          /* -1: none */
    struct tb_str request_id;
    const char *at; /* business time given by the demo's loader; NULL: the database's */
    struct tb_msec deadline;
    size_t sort;           /* lists */
    int64_t limit;         /* lists */
    bool count;            /* lists */
    bool is_dry;           /* a write that stores nothing, its key not even */
    struct tb_str *cursor; /* values of the sort's columns; NULL: the first page */
    void (*done)(struct tb_call *call);
    void *context;

    /* ---- the outcome ---- */
    enum tb_call_status status;
    struct tb_str code;              /* in the arena, or of static storage */
    json_t *args;                    /* an object or NULL; owned by the arena */
    struct tb_shared_result *result; /* freed with tb_call_fini */
    int row;                         /* in result, of a list the first; -1: none */
    json_t *replay;                  /* columns of the first answer instead of rows; in the arena */
    bool replayed;
    struct tb_str generated; /* what x-generate made, to be shown once */
};

/* Releases the result; the rest goes with the arena. */
void tb_call_fini(struct tb_call *call);

/* Marks the call refused. args may be NULL; its reference goes to the arena. */
void tb_call_refuse(struct tb_call *call, struct tb_str code, json_t *args);

/* Refuses by how the database failed: contended, constraint_violated, internal_error … */
void tb_call_refuse_reply(struct tb_call *call, const struct tb_db_reply *reply);

/* ------------------------------------------------------------------ reads */

struct tb_read;

struct tb_read_lanes {
    struct tb_db_lane *read;
    struct tb_db_lane *page;
    const struct tb_seal *seal;

    /* Those that wait for a batch (read_batch.c). */
    struct tb_read *gathered;
    struct tb_read *gathered_last;
    unsigned gathered_count;
    unsigned batches_away;
    bool closing;
};

void tb_read_submit(struct tb_read_lanes *lanes, struct tb_call *call);

/* Before the loop waits: sends what the turn has gathered, unless enough is away. */
void tb_read_flush(struct tb_read_lanes *lanes);

/* Before the lanes close: nothing is gathered any more. */
void tb_read_close(struct tb_read_lanes *lanes);

/* ------------------------------------------------------------------ writes */

/*
 * The write lane: one for the process, living on the loop that made it; calls come from any loop
 * through inboxes and go back the same way. It keeps the keys in flight, makes batches of what
 * waits (natural batching: no timer), and sends losers of a lock wait to a small contended lane.
 */
struct tb_write_lane;

struct tb_write_settings {
    uv_loop_t *loop;
    const char *conninfo;
    const char *contract_version;
    const char *time_zone; /* of times in answers */
    const struct tb_seal *seal;
};

TB_CHECK_RESULT enum tb_err tb_write_lane_new(const struct tb_write_settings *settings,
                                              struct tb_write_lane **ret_lane);

/* From the thread of `home`, whose inbox gets the answer. */
void tb_write_submit(struct tb_write_lane *lane, struct tb_call *call, struct tb_inbox *home);

/* On the lane's own loop. Refuses what waits and whatever still comes, lets batches in flight end
 * (10 s at most), then calls closed(): all calls so far have been answered. */
void tb_write_lane_close(struct tb_write_lane *lane, void (*closed)(void *context), void *context);

/* After closed(), when no loop submits any more. */
void tb_write_lane_free(struct tb_write_lane *lane);

/* From any thread. */
unsigned tb_write_lane_connected(const struct tb_write_lane *lane);

/* The JSON object of one request without its opening brace and ordinal: `"actor":…,"new_id":…}`.
 * Makes what x-generate asks for. ptr is NULL when memory ran out. */
struct tb_str tb_write_request(const struct tb_seal *seal, struct tb_call *call);

/* ------------------------------------------------------------------ answers */

/* The page of an operation that answers one. TB_ERR_NOT_FOUND: no row. */
TB_CHECK_RESULT enum tb_err tb_answer_page(const struct tb_call *call, struct tb_buf *out);

/* Writes the success body. TB_ERR_NOT_FOUND: a single read found no row. */
TB_CHECK_RESULT enum tb_err tb_answer_write(const struct tb_call *call, const struct tb_seal *seal,
                                            struct tb_buf *out);

/* The version column of a single row, or -1. */
int64_t tb_answer_version(const struct tb_call *call);

/* A column of a single row, in the call's arena or the result; ptr NULL: null, or no such row. */
struct tb_str tb_answer_column(const struct tb_call *call, struct tb_str name);

/* The outcome's subject_id; ptr NULL: none. */
struct tb_str tb_answer_subject(const struct tb_call *call);

/* A list's cursor for the page after this one, base64url in the arena; ptr NULL: it was the last.
 */
struct tb_str tb_answer_next_cursor(const struct tb_call *call);

/* Reads a cursor of this operation and sort: fills call->cursor. TB_ERR_INVALID. */
TB_CHECK_RESULT enum tb_err tb_cursor_parse(struct tb_call *call, struct tb_str text);

#endif
