/* The inside of reads: one on its own (read.c), several in one statement (read_batch.c). */
#ifndef TB_OPERATION_READ_H
#define TB_OPERATION_READ_H

#include "timebank/call.h"

/* In its call's arena. */
struct tb_read {
    struct tb_db_job job;
    struct tb_db_step step; /* on its own */
    struct tb_call *call;
    struct tb_read_lanes *lanes;
    struct tb_read *next; /* gathered, or of one batch */
    bool retried;
};

void read_submit_alone(struct tb_read *read);

/* Ends the call by a reply that is not DONE, or asks again alone. `count`: reads that shared it. */
void read_fail(struct tb_read *read, const struct tb_db_reply *reply, unsigned count);

/* Takes the row; -1: none. */
void read_take(struct tb_read *read, struct tb_shared_result *shared, int row);

void read_lack_memory(struct tb_call *call);

/* Sends it with the others of its turn, or at once when its operation has no batches. */
void read_gather(struct tb_read *read);

#endif
