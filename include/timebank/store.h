/*
 * Files by the SHA-256 of their bytes: what is kept is never changed, and the same bytes are kept
 * once, whoever brings them.
 *
 *   <folder>/ab/cdef…    a file, under the 64 hexadecimal digits of its hash
 *   <folder>/incoming/…  what is being written
 *
 * Invariant: a file under its hash is whole, and on the disk together with its name, before
 * anybody is told of it: written beside, fsync, rename, fsync of the folders. Any number of
 * processes may share the folder. A file whose row was never written does no harm: the next upload
 * of its bytes writes it anew.
 *
 * Disks block, so the daemon asks a few threads of their own by jobs, and is told by its inbox.
 */
#ifndef TIMEBANK_STORE_H
#define TIMEBANK_STORE_H

#include "timebank/clock.h"
#include "timebank/error.h"
#include "timebank/inbox.h"
#include "timebank/str.h"

#define TB_STORE_NAME_BYTES 65 /* 64 digits and their end */

/* ------------------------------------------------------------------ blocking */

/* Makes the folder where it is missing, and removes what was left half written over an hour ago.
 * TB_ERR_IO. */
TB_CHECK_RESULT enum tb_err tb_store_prepare(const char *folder, struct tb_error_text *reterr_text);

/* Keeps the bytes and gives their name. TB_ERR_IO: nothing is kept, errno tells. */
TB_CHECK_RESULT enum tb_err tb_store_write(const char *folder, struct tb_str bytes,
                                           char ret_name[TB_STORE_NAME_BYTES]);

/* Opens a file at its begin, having read it whole. TB_ERR_NOT_FOUND, TB_ERR_INVALID: its size or
 * hash is another, TB_ERR_IO. Who called closes it. */
TB_CHECK_RESULT enum tb_err tb_store_open(const char *folder, const char *name, int64_t bytes,
                                          int *ret_fd);

/* ------------------------------------------------------------------ by jobs */

struct tb_store;

enum tb_store_work { TB_STORE_WRITE, TB_STORE_OPEN };

struct tb_store_job {
    /* ---- the caller's; all of it stays until done() ---- */
    enum tb_store_work work;
    struct tb_str bytes;            /* to be kept */
    char name[TB_STORE_NAME_BYTES]; /* to be opened; of what was kept, the outcome */
    int64_t size_bytes;             /* of what is opened */
    struct tb_msec deadline;        /* what has not begun by then is not done: TB_ERR_LIMIT */
    struct tb_inbox *home;
    void (*done)(struct tb_store_job *job); /* on the thread of `home` */
    void *context;

    /* ---- the outcome ---- */
    enum tb_err err;
    int fd;

    /* ---- the store's ---- */
    struct tb_letter letter;
    struct tb_store_job *next;
};

/* Starts the threads. A folder that cannot be written is logged, tried again every 10 s, and told
 * by tb_store_is_writable: everything else works without it. */
TB_CHECK_RESULT enum tb_err tb_store_start(const char *folder, struct tb_store **ret_store);

/* From any thread, as is tb_store_is_writable. */
void tb_store_submit(struct tb_store *store, struct tb_store_job *job);
bool tb_store_is_writable(const struct tb_store *store);

/* Does what waits, ends the threads and frees it; no loop may be left to submit. NULL is allowed.
 */
void tb_store_stop(struct tb_store *store);

#endif
