/*
 * Natural batching of reads: those of one operation and district that arrived while earlier ones
 * were away go as one statement, which costs PostgreSQL little more than one of them. Without a
 * timer: an idle server sends each at once and alone. An error of one is no other's: after it each
 * is asked alone.
 */
#include "operation/read.h"

#include "timebank/limits.h"

#include <stdlib.h>

struct batch {
    struct tb_db_job job;
    struct tb_db_step step;
    struct tb_read_lanes *lanes;
    struct tb_read *reads; /* in the order of their ordinals, from 1 */
    unsigned count;
    const char *values[TB_BINDINGS_MAX];
    struct tb_buf arrays[TB_BINDINGS_MAX]; /* what values point to, unless it is a read's */
};

static const struct tb_program_step *batch_step(const struct tb_read *read)
{
    return read->call->operation->program->batch;
}

static void batch_free(struct batch *batch)
{
    for (size_t i = 0; i < TB_BINDINGS_MAX; i++)
        tb_buf_fini(&batch->arrays[i]);
    free(batch);
}

/* ------------------------------------------------------------------ answers */

/* ret_places[ordinal - 1]: the row of that read; -1: none. One alone has no ordinal. */
static void find_rows(const struct batch *batch, const PGresult *rows, int *ret_places)
{
    for (size_t i = 0; i < TB_LIMIT_READ_BATCH; i++)
        ret_places[i] = -1;
    for (int row = PQntuples(rows) - 1; row >= 0; row--) {
        unsigned long ordinal = batch->count > 1 ? strtoul(PQgetvalue(rows, row, 0), NULL, 10) : 1;
        TB_BUG_IF(ordinal == 0 || ordinal > batch->count);
        ret_places[ordinal - 1] = row;
    }
}

/* shared is NULL when memory ran out or the reply is not DONE. */
static void answer(struct batch *batch, const struct tb_db_reply *reply,
                   struct tb_shared_result *shared)
{
    int places[TB_LIMIT_READ_BATCH];
    size_t ordinal = 0;
    if (shared != NULL)
        find_rows(batch, tb_shared_result_rows(shared), places);
    for (struct tb_read *read = batch->reads, *next; read != NULL; read = next) {
        next = read->next;
        if (shared != NULL)
            read_take(read, shared, places[ordinal++]);
        else if (reply->outcome == TB_DB_DONE)
            read_lack_memory(read->call);
        else
            read_fail(read, reply, batch->count);
    }
}

static void on_done(struct tb_db_job *job, struct tb_db_reply *reply)
{
    struct batch *batch = job->context;
    struct tb_shared_result *shared = NULL;
    batch->lanes->batches_away--;
    if (reply->outcome == TB_DB_DONE)
        shared = tb_shared_result_new(reply->result);
    if (shared != NULL)
        reply->result = NULL; /* it is shared now */
    answer(batch, reply, shared);
    tb_shared_result_release(shared);
    batch_free(batch);
}

/* ------------------------------------------------------------------ sending */

/* An element of an array's text. */
static void add_element(struct tb_buf *out, const char *value)
{
    if (value == NULL) {
        tb_buf_add_text(out, "NULL");
        return;
    }
    tb_buf_add_char(out, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            tb_buf_add_char(out, '\\');
        tb_buf_add_char(out, *value);
    }
    tb_buf_add_char(out, '"');
}

/* The n-th value of each read as one array; what all of them share as it is. */
static bool bind_value(struct batch *batch, const struct tb_binding *binding, size_t n)
{
    if (binding->source == TB_SOURCE_DISTRICT) {
        batch->values[n] = batch->reads->step.values[n];
        return true;
    }
    struct tb_buf *array = &batch->arrays[n];
    for (const struct tb_read *read = batch->reads; read != NULL; read = read->next) {
        tb_buf_add_char(array, read == batch->reads ? '{' : ',');
        add_element(array, read->step.values[n]);
    }
    tb_buf_add(array, "}", 2); /* with its terminator */
    batch->values[n] = array->data;
    return !array->overflow;
}

/* One alone goes by its own statement, which is the cheaper one then. False: no memory. */
static bool bind_values(struct batch *batch)
{
    const struct tb_program_step *step = batch_step(batch->reads);
    bool whole = true;
    if (batch->count == 1) {
        batch->step = batch->reads->step;
        return true;
    }
    batch->step = (struct tb_db_step){&step->statement, batch->values};
    for (size_t i = 0; i < TB_BINDINGS_MAX; i++)
        tb_buf_init(&batch->arrays[i], TB_LIMIT_READ_BATCH_BYTES);
    for (int i = 0; i < step->statement.params_count; i++)
        whole = bind_value(batch, &step->bindings[i], (size_t)i) && whole;
    return whole;
}

/* NULL: no memory. */
static struct batch *batch_new(struct tb_read *reads, unsigned count)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL)
        return NULL;
    batch->lanes = reads->lanes;
    batch->reads = reads;
    batch->count = count;
    batch->job = (struct tb_db_job){.steps = &batch->step,
                                    .steps_count = 1,
                                    .deadline = reads->call->deadline,
                                    .done = on_done,
                                    .context = batch};
    if (bind_values(batch))
        return batch;
    batch_free(batch);
    return NULL;
}

static void send_alone(struct tb_read *reads)
{
    for (struct tb_read *read = reads, *next; read != NULL; read = next) {
        next = read->next;
        read_submit_alone(read);
    }
}

static void send_batch(struct tb_read *reads, unsigned count)
{
    struct batch *batch = batch_new(reads, count);
    if (batch == NULL) {
        send_alone(reads);
        return;
    }
    batch->lanes->batches_away++;
    tb_db_lane_submit(batch->lanes->read, &batch->job);
}

/* ------------------------------------------------------------------ gathering */

static void append(struct tb_read_lanes *lanes, struct tb_read *read)
{
    read->next = NULL;
    if (lanes->gathered == NULL)
        lanes->gathered = read;
    else
        lanes->gathered_last->next = read;
    lanes->gathered_last = read;
    lanes->gathered_count++;
}

/* Takes the first that waits and those that may go with it, in their order. */
static struct tb_read *take_alike(struct tb_read_lanes *lanes, unsigned *ret_count)
{
    struct tb_read *waiting = lanes->gathered, *first = waiting, *last = NULL;
    lanes->gathered = NULL;
    lanes->gathered_count = 0;
    *ret_count = 0;
    for (struct tb_read *read = waiting, *next; read != NULL; read = next) {
        next = read->next;
        bool alike = *ret_count < TB_LIMIT_READ_BATCH && batch_step(read) == batch_step(first) &&
                     read->call->district_id == first->call->district_id;
        if (!alike) {
            append(lanes, read);
            continue;
        }
        if (last != NULL)
            last->next = read;
        last = read;
        read->next = NULL;
        ++*ret_count;
    }
    return first;
}

void read_gather(struct tb_read *read)
{
    struct tb_read_lanes *lanes = read->lanes;
    if (lanes->closing || batch_step(read) == NULL || lanes->gathered_count >= TB_LIMIT_LANE_QUEUE)
        read_submit_alone(read);
    else
        append(lanes, read);
}

void tb_read_flush(struct tb_read_lanes *lanes)
{
    while (lanes->gathered != NULL && lanes->batches_away < TB_LIMIT_READ_BATCHES) {
        unsigned count;
        struct tb_read *reads = take_alike(lanes, &count);
        send_batch(reads, count);
    }
}

void tb_read_close(struct tb_read_lanes *lanes)
{
    struct tb_read *reads = lanes->gathered;
    lanes->closing = true;
    lanes->gathered = NULL;
    lanes->gathered_count = 0;
    send_alone(reads);
}
