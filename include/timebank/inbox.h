/*
 * Inbox: the one way by which a thread asks another thread's event loop to do something.
 *
 * A letter is posted from any thread and opened on the loop's own thread, in the order of posting.
 * Who posts hands the letter over until it is opened. Nothing is lost while the inbox is open.
 */
#ifndef TIMEBANK_INBOX_H
#define TIMEBANK_INBOX_H

#include <pthread.h>
#include <uv.h>

struct tb_letter {
    struct tb_letter *next;
    void (*open)(struct tb_letter *letter);
};

struct tb_inbox {
    uv_async_t wake;
    pthread_mutex_t lock; /* guards first and last */
    struct tb_letter *first;
    struct tb_letter *last;
};

/* On the loop's thread, before anybody posts. */
void tb_inbox_init(struct tb_inbox *inbox, uv_loop_t *loop);

/* From any thread. */
void tb_inbox_post(struct tb_inbox *inbox, struct tb_letter *letter);

/* On the loop's thread, when nobody posts any more; opens what is still there. The memory may go
 * once the loop has run its close callbacks. */
void tb_inbox_close(struct tb_inbox *inbox);

#endif
