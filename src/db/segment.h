/*
 * A segment: the Prepares and the steps that a job is on the wire, ended by a Sync of its own.
 * Reads may share one: of a group of segments only the last has it, an error of one skips those
 * behind it. Lanes and sessions share it.
 *
 * All Prepares go before the first step, so that a step's failure never skips a Prepare on which
 * the segments behind it rely. Never here: sockets, waiting, queues.
 *
 * Invariant: `by[id]` is the number of the segment whose Prepare of statement `id` is on the wire
 * or has succeeded on this connection; 0 when there is none.
 */
#ifndef TIMEBANK_DB_SEGMENT_H
#define TIMEBANK_DB_SEGMENT_H

#include "timebank/db.h"

/* What one connection has prepared. */
struct tb_db_prepared {
    uint64_t *by;
    unsigned count;    /* of `by` */
    uint64_t segments; /* sent so far; numbers begin with 1 */
};

struct tb_db_segment {
    struct tb_db_job *job; /* NULL in a session */
    const struct tb_db_step *steps;
    size_t steps_count;
    uint64_t number;
    uint64_t prepares; /* bit i: a Prepare of step i's statement was sent with it */
    bool has_sync;     /* it ends with a Sync; else with its last answer */
    bool skipped;      /* because of an error in a segment before it */
    size_t answered;   /* Prepares and steps with a result */
    bool after_null;
    PGresult *result; /* of the last step, or NULL */
    PGresult *error;  /* the first one, or NULL */
    size_t error_at;  /* its place: Prepares, then steps, then the commit */
};

enum tb_db_sent {
    TB_DB_SENT,
    TB_DB_SENT_NO_SYNC, /* the connection is broken; the segment cannot have committed */
    TB_DB_SENT_UNSURE,  /* the connection is broken; the Sync may have left */
};

enum tb_db_taken {
    TB_DB_TAKEN_MORE, /* results of this segment are still to come */
    TB_DB_TAKEN_END,  /* that was its Sync, or its last answer if it has none */
    TB_DB_TAKEN_LOST, /* the answers make no sense: give the connection up */
};

enum tb_db_remedy {
    TB_DB_REMEDY_NONE,
    TB_DB_REMEDY_AGAIN, /* rolled back for want of a Prepare: send it again */
    TB_DB_REMEDY_ALONE, /* skipped because of another's error: send it again with its own Sync */
    TB_DB_REMEDY_RENEW, /* rolled back, and what this connection has prepared is useless */
};

unsigned tb_db_statements_count(void);

/* Makes room for every registered statement, all unprepared. */
enum tb_err tb_db_prepared_reset(struct tb_db_prepared *prepared);
void tb_db_prepared_fini(struct tb_db_prepared *prepared);

/* conn is in pipeline mode. Initialises *ret_segment except its job, whatever it returns. Nothing
 * need leave before its Sync, which tb_db_segment_sync sends, at once or for a whole group. */
enum tb_db_sent tb_db_segment_send(PGconn *conn, struct tb_db_prepared *prepared,
                                   const struct tb_db_step *steps, size_t steps_count,
                                   struct tb_db_segment *ret_segment);
enum tb_db_sent tb_db_segment_sync(PGconn *conn, struct tb_db_segment *segment);

/* Takes what PQgetResult gave, NULL too, and owns it. */
enum tb_db_taken tb_db_segment_take(struct tb_db_segment *segment, struct tb_db_prepared *prepared,
                                    PGresult *result);

/* After TB_DB_TAKEN_END. AGAIN corrects `prepared`. */
enum tb_db_remedy tb_db_segment_remedy(const struct tb_db_segment *segment,
                                       struct tb_db_prepared *prepared);

/* The reply to an ended segment; borrows its texts and takes its result. */
void tb_db_segment_reply(struct tb_db_segment *segment, struct tb_db_reply *ret_reply);
void tb_db_segment_fini(struct tb_db_segment *segment);

/* A reply without any answer of the server. */
struct tb_db_reply tb_db_reply_without_answer(enum tb_db_outcome outcome, const char *message);

/* For PQsetNoticeReceiver: the SQLSTATE at level debug, never the text. */
void tb_db_notice_log(void *context, const PGresult *notice);

#endif
