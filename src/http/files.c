/*
 * Bodies and answers that are files. Who sends a file is known before any of it is kept, and only
 * so many are in memory at a time; a refusal then waits until the whole body has gone by, because a
 * client that still sends would not see it.
 *
 *   head → who, may ─┬→ TAKEN    body kept    → store → write → answer
 *          (ASKING)  └→ REFUSED  body dropped → problem
 */
#include "http/request.h"

#include "message/entity_tag.h"
#include "message/file_type.h"
#include "timebank/limits.h"

#include <stdlib.h>
#include <unistd.h>

/* ------------------------------------------------------------------ coming: the head */

/* The head has been read; whatever asked the database meanwhile has its answer. */
static void read_on(struct tb_request *request)
{
    tb_connection_enter(tb_connection_of(request->connection), TB_PHASE_BODY);
    if (!request->suspended)
        return;
    request->suspended = false;
    request->worker->suspended--;
    MHD_resume_connection(request->connection);
    tb_server_kick(request->worker);
}

void tb_upload_begin(struct tb_request *request)
{
    request->upload = TB_UPLOAD_ASKING;
    tb_connection_enter(tb_connection_of(request->connection), TB_PHASE_RUNNING);
    if (request->worker->closing)
        tb_respond_problem(request, TB_STR("database_unavailable"), NULL);
    else if (tb_request_authenticate(request))
        tb_request_continue(request);
}

/* Counts it among those in memory, if there is room. */
static bool take_room(struct tb_request *request)
{
    atomic_uint *coming = &request->worker->app->scans_coming;
    if (atomic_fetch_add(coming, 1) >= TB_LIMIT_SCANS_COMING) {
        atomic_fetch_sub(coming, 1);
        return false;
    }
    request->has_room = true;
    return true;
}

static void give_room(struct tb_request *request)
{
    if (request->has_room)
        atomic_fetch_sub(&request->worker->app->scans_coming, 1);
    request->has_room = false;
}

void tb_upload_admit(struct tb_request *request)
{
    if (!tb_request_authorize(request))
        return;
    if (!take_room(request)) {
        tb_respond_problem(request, TB_STR("overloaded"), NULL);
        return;
    }
    request->upload = TB_UPLOAD_TAKEN;
    read_on(request);
}

/* A client that waits for leave to send hears the refusal at once. */
void tb_upload_refuse(struct tb_request *request, struct tb_str code, json_t *args)
{
    request->upload = TB_UPLOAD_REFUSED;
    if (tb_request_header(request, MHD_HTTP_HEADER_EXPECT).ptr != NULL) {
        request->running = true;
        tb_respond_problem(request, code, args);
        return;
    }
    request->refusal_code = code;
    request->refusal_args = args;
    read_on(request);
}

/* ------------------------------------------------------------------ coming: the body */

static bool check_file(struct tb_request *request, const struct tb_file_type **ret_type)
{
    const struct tb_operation *operation = request->operation;
    struct tb_str header = tb_request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    const struct tb_file_type *type = tb_file_type_of(header);
    if (request->body_too_large) {
        tb_respond_problem(request, TB_STR("body_too_large"),
                           json_pack("{s:i}", "max_bytes", TB_LIMIT_SCAN_BYTES));
        return false;
    }
    if (type == NULL || strstr(operation->file_types, type->name) == NULL) {
        request->accept = operation->file_types;
        tb_respond_problem(request, TB_STR("file_type_unsupported"),
                           json_pack("{s:s}", "types", operation->file_types));
        return false;
    }
    if (request->body.len == 0) {
        tb_respond_problem(request, TB_STR("file_empty"), NULL);
        return false;
    }
    if (!tb_file_type_fits(type, tb_buf_str(&request->body))) {
        tb_respond_problem(request, TB_STR("file_of_another_type"),
                           json_pack("{s:s}", "type", type->name));
        return false;
    }
    *ret_type = type;
    return true;
}

/* What was stored is written down. */
static void on_written(struct tb_store_job *job)
{
    struct tb_request *request = job->context;
    struct tb_call *call = &request->call;
    tb_request_wake(request);
    give_room(request);
    tb_buf_fini(&request->body);
    if (job->err != TB_OK) {
        tb_respond_problem(
            request,
            job->err == TB_ERR_LIMIT ? TB_STR("deadline_passed") : TB_STR("file_not_stored"), NULL);
        return;
    }
    call->file_sha256 = tb_str_of(job->name);
    if (call->key.ptr != NULL && !tb_request_fingerprint(request))
        return;
    if (request->worker->closing) {
        tb_respond_problem(request, TB_STR("database_unavailable"), NULL);
        return;
    }
    tb_request_suspend(request);
    tb_write_submit(request->worker->app->writes, call, &request->worker->inbox);
}

static struct tb_store_job *new_job(struct tb_request *request, enum tb_store_work work,
                                    void (*done)(struct tb_store_job *job))
{
    struct tb_store_job *job = tb_arena_alloc(request->arena, sizeof(*job));
    if (job == NULL) {
        tb_respond_problem(request, TB_STR("request_memory"), NULL);
        return NULL;
    }
    *job = (struct tb_store_job){
        .work = work,
        .deadline = request->deadline,
        .home = &request->worker->inbox,
        .done = done,
        .context = request,
    };
    return job;
}

void tb_upload_run(struct tb_request *request)
{
    const struct tb_file_type *type;
    if (!check_file(request, &type))
        return;
    struct tb_store_job *job = new_job(request, TB_STORE_WRITE, on_written);
    if (job == NULL)
        return;
    job->bytes = tb_buf_str(&request->body);
    request->call.file_type = tb_str_of(type->name);
    request->call.file_bytes = (int64_t)job->bytes.len;
    tb_request_suspend(request);
    tb_store_submit(request->worker->app->store, job);
}

/* ------------------------------------------------------------------ going */

void tb_files_release(struct tb_request *request)
{
    give_room(request);
    if (request->is_going)
        atomic_fetch_sub(&request->worker->app->scans_going, 1);
    request->is_going = false;
    json_decref(request->refusal_args);
    request->refusal_args = NULL;
}

static void on_opened(struct tb_store_job *job)
{
    struct tb_request *request = job->context;
    tb_request_wake(request);
    if (job->err == TB_OK)
        tb_respond_file(request, job->fd, (uint64_t)job->size_bytes);
    else
        tb_respond_problem(
            request, job->err == TB_ERR_LIMIT ? TB_STR("deadline_passed") : TB_STR("file_damaged"),
            NULL);
}

static bool take_going(struct tb_request *request)
{
    atomic_uint *going = &request->worker->app->scans_going;
    if (atomic_fetch_add(going, 1) >= TB_LIMIT_SCANS_GOING) {
        atomic_fetch_sub(going, 1);
        return false;
    }
    request->is_going = true;
    return true;
}

/* The tag is of the bytes, which never change. */
static void name_file(struct tb_request *request, struct tb_str sha256, struct tb_str media_type)
{
    const struct tb_file_type *type = tb_file_type_of(media_type);
    request->etag = tb_arena_printf(request->arena, "\"%.16s\"", sha256.ptr);
    request->file_type = type != NULL ? type->name : "application/octet-stream";
    request->file_name = tb_arena_printf(request->arena, "attachment; filename=\"%.16s.%s\"",
                                         sha256.ptr, type != NULL ? type->suffix : "bin");
}

void tb_file_send(struct tb_request *request)
{
    const struct tb_call *call = &request->call;
    struct tb_str sha256 = tb_answer_column(call, TB_STR("sha256"));
    int64_t bytes;
    if (sha256.ptr == NULL) {
        tb_respond_problem(request, TB_STR("not_found"), NULL);
        return;
    }
    TB_BUG_IF(sha256.len != TB_STORE_NAME_BYTES - 1 ||
              !tb_str_to_int64(tb_answer_column(call, TB_STR("bytes")), &bytes));
    name_file(request, sha256, tb_answer_column(call, TB_STR("media_type")));
    if (tb_request_is_known(request)) {
        struct tb_buf nothing = {0};
        tb_respond_json(request, MHD_HTTP_NOT_MODIFIED, NULL, &nothing);
        return;
    }
    struct tb_store_job *job = new_job(request, TB_STORE_OPEN, on_opened);
    if (job == NULL)
        return;
    if (request->worker->closing || !take_going(request)) {
        tb_respond_problem(request, TB_STR("overloaded"), NULL);
        return;
    }
    memcpy(job->name, sha256.ptr, sha256.len);
    job->size_bytes = bytes;
    tb_request_suspend(request);
    tb_store_submit(request->worker->app->store, job);
}
