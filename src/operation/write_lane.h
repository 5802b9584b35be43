/*
 * The write lane's inside. Everything here runs on the lane's own loop.
 *
 * A write is on exactly one list at a time; its state says which:
 *   waiting    in its queue (one operation, one district)
 *   in_batch   in a batch that is running
 *   single     running alone on the contended lane, or its key is being looked up there
 *   following  behind the write that holds the same key
 *   answered   given back
 */
#ifndef TB_OPERATION_WRITE_LANE_H
#define TB_OPERATION_WRITE_LANE_H

#include "timebank/call.h"

#include "timebank/buf.h"
#include "timebank/limits.h"
#include "timebank/uuid.h"

#include <stdatomic.h>

enum write_state {
    WRITE_WAITING,
    WRITE_IN_BATCH,
    WRITE_SINGLE,
    WRITE_FOLLOWING,
    WRITE_ANSWERED,
};

struct write {
    struct tb_letter letter; /* to the lane, then back home */
    struct tb_write_lane *lane;
    struct tb_call *call;
    struct tb_inbox *home;
    struct tb_str request; /* tb_write_request's text */
    enum write_state state;
    struct write *next;      /* in its queue, batch or followers */
    struct write *followers; /* of the write that holds the key */
    struct write *key_next;  /* in its bucket of keys in flight */
    bool holds_key;
    bool is_stored; /* its outcome came from the database: followers may have it too */
    bool may_have_committed;
    unsigned attempts;
};

/* What waits of one operation and district. Never freed before the lane. */
struct write_queue {
    const struct tb_operation *operation;
    int district_id;
    struct write *first;
    struct write *last;
    unsigned in_flight; /* batches */
    struct write_queue *next;
};

#define KEY_BUCKETS 1024

struct tb_write_lane {
    uv_loop_t *loop;
    const struct tb_seal *seal;
    const char *contract_version;
    struct tb_inbox inbox;
    struct tb_db_lane *batches;
    struct tb_db_lane *contended;
    struct write_queue *queues;
    struct write *keys[KEY_BUCKETS];
    size_t waiting;        /* over all queues, and followers */
    atomic_uint connected; /* of `batches`, for other threads */
    bool closing;          /* whatever comes or would be tried again is refused */
    uv_timer_t sweep;
    int lanes_open;
    void (*closed)(void *context);
    void *closed_context;
};

/* ---- write_lane.c ---- */

/* Gives the outcome back to the caller's loop, and to the followers when they may have it. */
void write_answer(struct write *write);
/* Refuses and answers. */
void write_refuse(struct write *write, struct tb_str code);

/* ---- write_batch.c ---- */

/* Makes batches while connections are free and something waits. */
void write_dispatch(struct tb_write_lane *lane);
/* Runs one write alone on the contended lane. */
void write_run_single(struct write *write);

/* ---- write_key.c ---- */

/* Enters the write's key; false when it now follows another or was refused. */
bool write_key_enter(struct write *write);
/* Takes the key out; gives the followers, whose fate is the caller's. */
struct write *write_key_leave(struct write *write);
/* The key was in the database before: fetch what it stood for and answer with that. */
void write_key_look_up(struct write *write);
/* Refuses followers whose own deadline has passed. */
void write_key_sweep(struct tb_write_lane *lane, struct tb_msec now);

#endif
