/* The threads that wait for the disk, and the queue of what they are asked for. */
#include "timebank/store.h"

#include "timebank/limits.h"
#include "timebank/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RETRY_S 10

struct tb_store {
    char *folder;
    atomic_bool is_writable;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct tb_store_job *first;
    struct tb_store_job *last;
    bool is_stopping;
    pthread_t threads[TB_LIMIT_STORE_THREADS];
    size_t threads_count;
};

/* ------------------------------------------------------------------ work */

static void look(struct tb_store *store)
{
    struct tb_error_text error = {""};
    bool good = tb_store_prepare(store->folder, &error) == TB_OK;
    bool was_good = atomic_exchange(&store->is_writable, good);
    if (good && !was_good)
        tb_log(TB_LOG_INFO, "scans_writable", "sfolder", store->folder, NULL);
    else if (!good && was_good)
        tb_log(TB_LOG_WARN, "scans_not_writable", "serror", error.text, NULL);
}

static void write_bytes(struct tb_store *store, struct tb_store_job *job)
{
    job->err = tb_store_write(store->folder, job->bytes, job->name);
    if (job->err != TB_OK)
        tb_log(TB_LOG_WARN, "scan_not_stored", "serror", strerror(errno), NULL);
    atomic_store(&store->is_writable, job->err == TB_OK);
}

static void open_file(struct tb_store *store, struct tb_store_job *job)
{
    job->err = tb_store_open(store->folder, job->name, job->size_bytes, &job->fd);
    if (job->err != TB_OK)
        tb_log(TB_LOG_WARN, "scan_damaged", "ssha256", job->name, "serror", tb_err_name(job->err),
               NULL);
}

static void bring_back(struct tb_letter *letter)
{
    struct tb_store_job *job =
        (struct tb_store_job *)((char *)letter - offsetof(struct tb_store_job, letter));
    job->done(job);
}

static void do_job(struct tb_store *store, struct tb_store_job *job)
{
    job->fd = -1;
    if (tb_clock_monotonic().ms >= job->deadline.ms)
        job->err = TB_ERR_LIMIT;
    else if (job->work == TB_STORE_WRITE)
        write_bytes(store, job);
    else
        open_file(store, job);
    job->letter.open = bring_back;
    tb_inbox_post(job->home, &job->letter);
}

/* ------------------------------------------------------------------ threads */

/* Locked. False: nothing came for a while. */
static bool wait_for_change(struct tb_store *store)
{
    struct timespec until;
    if (atomic_load(&store->is_writable))
        return pthread_cond_wait(&store->changed, &store->lock) == 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += RETRY_S;
    return pthread_cond_timedwait(&store->changed, &store->lock, &until) != ETIMEDOUT;
}

static void *work(void *context)
{
    struct tb_store *store = context;
    pthread_mutex_lock(&store->lock);
    while (store->first != NULL || !store->is_stopping) {
        struct tb_store_job *job = store->first;
        if (job == NULL && wait_for_change(store))
            continue;
        if (job != NULL)
            store->first = job->next;
        pthread_mutex_unlock(&store->lock);
        if (job != NULL)
            do_job(store, job);
        else
            look(store);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

enum tb_err tb_store_start(const char *folder, struct tb_store **ret_store)
{
    struct tb_store *store = calloc(1, sizeof(*store));
    pthread_condattr_t monotonic;
    if (store == NULL)
        return TB_ERR_NO_MEMORY;
    pthread_mutex_init(&store->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    store->folder = strdup(folder);
    atomic_init(&store->is_writable, true);
    if (store->folder != NULL)
        look(store);
    while (store->folder != NULL && store->threads_count < TB_LIMIT_STORE_THREADS &&
           pthread_create(&store->threads[store->threads_count], NULL, work, store) == 0)
        store->threads_count++;
    if (store->threads_count < TB_LIMIT_STORE_THREADS) {
        tb_store_stop(store);
        return TB_ERR_NO_MEMORY;
    }
    *ret_store = store;
    return TB_OK;
}

void tb_store_submit(struct tb_store *store, struct tb_store_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&store->lock);
    if (store->first != NULL)
        store->last->next = job;
    else
        store->first = job;
    store->last = job;
    pthread_cond_signal(&store->changed);
    pthread_mutex_unlock(&store->lock);
}

bool tb_store_is_writable(const struct tb_store *store)
{
    return atomic_load(&store->is_writable);
}

void tb_store_stop(struct tb_store *store)
{
    if (store == NULL)
        return;
    pthread_mutex_lock(&store->lock);
    store->is_stopping = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    for (size_t i = 0; i < store->threads_count; i++)
        pthread_join(store->threads[i], NULL);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    free(store->folder);
    free(store);
}
