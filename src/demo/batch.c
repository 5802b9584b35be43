#include "demo/load.h"

#include "timebank/assets.h"

#include <stdarg.h>
#include <stdio.h>

#define BATCH_MAX 1000
#define BATCH_BYTES (16u << 20)
#define SCRATCH_BYTES (16u << 20)

static const struct tb_operation *find_operation(const struct tb_contract *contract, const char *id)
{
    for (size_t i = 0; i < contract->operations_count; i++)
        if (strcmp(contract->operations[i].id, id) == 0)
            return &contract->operations[i];
    tb_bug(__FILE__, __LINE__, id);
}

static void start(struct tb_demo_batch *batch)
{
    batch->count = 0;
    batch->requests.len = 0;
    tb_buf_add_char(&batch->requests, '[');
    tb_arena_free(batch->scratch);
    batch->scratch = tb_arena_new(SCRATCH_BYTES);
    if (batch->scratch == NULL)
        batch->err = TB_ERR_NO_MEMORY;
}

void tb_demo_batch_open(struct tb_demo_batch *batch, struct tb_demo_loader *loader,
                        const char *operation_id)
{
    *batch = (struct tb_demo_batch){
        .loader = loader,
        .operation = find_operation(loader->settings->contract, operation_id),
        .max = BATCH_MAX,
    };
    tb_buf_init(&batch->requests, BATCH_BYTES);
    tb_buf_init(&batch->body, 1u << 20);
    start(batch);
}

/* ------------------------------------------------------------------ running */

static enum tb_err check_rows(const struct tb_demo_batch *batch, const PGresult *rows)
{
    int code = PQfnumber(rows, "code");
    int args = PQfnumber(rows, "args");
    const char *operation = batch->operation->id;
    if (PQntuples(rows) != (int)batch->count) {
        tb_error_set(batch->loader->reterr_text, "%s: %d outcomes for %u requests", operation,
                     PQntuples(rows), batch->count);
        return TB_ERR_CONFLICT;
    }
    for (int row = 0; row < PQntuples(rows); row++) {
        if (PQgetisnull(rows, row, code))
            continue;
        tb_error_set(batch->loader->reterr_text, "%s: request %d was refused: %s %.300s", operation,
                     row, PQgetvalue(rows, row, code), PQgetvalue(rows, row, args));
        return TB_ERR_CONFLICT;
    }
    return TB_OK;
}

static enum tb_err run(struct tb_demo_batch *batch)
{
    char batch_id[TB_UUID_TEXT_BYTES];
    char district[16];
    struct tb_batch_steps steps;
    struct tb_db_reply reply;
    tb_uuid_v7(batch_id); /* claims keys; no request here has one */
    (void)snprintf(district, sizeof(district), "%d", TB_DEMO_DISTRICT);
    tb_buf_add(&batch->requests, "]", 2); /* with its terminator, for libpq */
    if (batch->requests.overflow || batch->body.overflow || tb_arena_overflowed(batch->scratch))
        return TB_ERR_NO_MEMORY;
    struct tb_batch_values values = {district, batch_id, batch->requests.data,
                                     batch->loader->settings->contract->version};
    tb_program_bind_batch(batch->operation->program, &values, false, &steps);
    tb_db_session_run(batch->loader->session, steps.steps, steps.count, &reply);
    enum tb_err err = TB_ERR_DB;
    if (reply.outcome == TB_DB_DONE)
        err = check_rows(batch, reply.result);
    else
        tb_error_set(batch->loader->reterr_text, "%s: %s %.400s", batch->operation->id,
                     reply.sqlstate, reply.message);
    PQclear(reply.result);
    return err;
}

static void flush(struct tb_demo_batch *batch)
{
    if (batch->err == TB_OK && batch->count > 0)
        batch->err = run(batch);
    if (batch->err == TB_OK)
        start(batch);
}

enum tb_err tb_demo_batch_close(struct tb_demo_batch *batch)
{
    flush(batch);
    tb_buf_fini(&batch->requests);
    tb_buf_fini(&batch->body);
    tb_arena_free(batch->scratch);
    if (batch->err == TB_ERR_NO_MEMORY)
        tb_error_set(batch->loader->reterr_text, "%s: no memory", batch->operation->id);
    return batch->err;
}

/* ------------------------------------------------------------------ writing a request */

static void add_name(struct tb_buf *out, const char *name)
{
    tb_buf_printf(out, ",\"%s\":", name);
}

static void add_text(struct tb_buf *out, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    add_name(out, name);
    tb_buf_add_json_string(out, tb_str_of(value));
}

void tb_demo_request(struct tb_demo_batch *batch, const struct tb_actor *actor, const char *at,
                     const char *new_id, const char *new_id_2)
{
    if (batch->count == batch->max)
        flush(batch);
    struct tb_buf *out = &batch->requests;
    batch->body.len = 0;
    tb_buf_printf(out, "%s{\"ordinal\":%u", batch->count > 0 ? "," : "", batch->count);
    add_text(out, "actor", actor->user_id);
    add_text(out, "at", at);
    add_text(out, "new_id", new_id);
    add_text(out, "new_id_2", new_id_2);
    add_text(out, "actor_user", actor->user_id);
    add_text(out, "actor_person", actor->person_id);
    add_text(out, "actor_role", tb_role_name(actor->role));
    tb_buf_printf(out, ",\"scope_low\":%lld,\"scope_high\":%lld", (long long)actor->scope_low,
                  (long long)actor->scope_high);
    batch->count++;
}

/* The members of the body stand beside the rest, and in `body` where the SQL names it. */
void tb_demo_request_end(struct tb_demo_batch *batch)
{
    struct tb_str members = tb_buf_str(&batch->body);
    tb_buf_add_str(&batch->requests, members);
    if (batch->operation->program->wants_body) {
        tb_buf_add_text(&batch->requests, ",\"body\":{");
        if (members.len > 0)
            tb_buf_add(&batch->requests, members.ptr + 1, members.len - 1);
        tb_buf_add_char(&batch->requests, '}');
    }
    tb_buf_add_char(&batch->requests, '}');
}

void tb_demo_outside(struct tb_demo_batch *batch, const char *name, const char *value)
{
    add_text(&batch->requests, name, value);
}

void tb_demo_text(struct tb_demo_batch *batch, const char *name, const char *value)
{
    add_text(&batch->body, name, value);
}

void tb_demo_number(struct tb_demo_batch *batch, const char *name, int64_t value)
{
    add_name(&batch->body, name);
    tb_buf_printf(&batch->body, "%lld", (long long)value);
}

void tb_demo_region(struct tb_demo_batch *batch, const char *name, int64_t code)
{
    add_name(&batch->body, name);
    tb_buf_printf(&batch->body, "\"%012lld\"", (long long)code);
}

void tb_demo_date(struct tb_demo_batch *batch, const char *name, struct tb_date date)
{
    char text[TB_DATE_TEXT_BYTES];
    tb_date_format(date, text);
    add_text(&batch->body, name, text);
}

/* As the engine does it: the kind is the member's name, look-ups are bound to the district. */
void tb_demo_sealed(struct tb_demo_batch *batch, const char *name, const char *value)
{
    if (value[0] == '\0' || batch->err != TB_OK)
        return;
    const struct tb_seal *seal = batch->loader->settings->seal;
    struct tb_str district = tb_str_of(tb_arena_printf(batch->scratch, "%d", TB_DEMO_DISTRICT));
    struct tb_str kind = tb_str_of(name);
    char field[64];
    (void)snprintf(field, sizeof(field), "%s_sealed", name);
    add_text(&batch->requests, field,
             tb_seal_value(seal, kind, tb_str_of(value), batch->scratch).ptr);
    (void)snprintf(field, sizeof(field), "%s_lookup", name);
    add_text(&batch->requests, field,
             tb_seal_lookup(seal, kind, district, tb_str_of(value), batch->scratch).ptr);
}

void tb_demo_json(struct tb_demo_batch *batch, const char *name, struct tb_str json)
{
    add_name(&batch->body, name);
    tb_buf_add_str(&batch->body, json);
}

void tb_demo_json_format(struct tb_demo_batch *batch, const char *name, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    TB_BUG_IF(len < 0 || (size_t)len >= sizeof(text));
    tb_demo_json(batch, name, (struct tb_str){text, (size_t)len});
}

/* ------------------------------------------------------------------ what all parts need */

void tb_demo_at(struct tb_date day, int minutes, char ret_at[TB_DEMO_AT_BYTES])
{
    char date[TB_DATE_TEXT_BYTES];
    TB_BUG_IF(minutes < 0 || minutes >= 1440);
    tb_date_format(day, date);
    (void)snprintf(ret_at, TB_DEMO_AT_BYTES, "%sT%02d:%02d:00+08:00", date, minutes / 60,
                   minutes % 60);
}

enum tb_err tb_demo_query(struct tb_demo_loader *loader, const char *path, int count,
                          const char *const *values, PGresult **ret_result)
{
    struct tb_str sql = tb_asset_find(path);
    TB_BUG_IF(sql.ptr == NULL);
    PGresult *result = NULL;
    enum tb_err err =
        tb_db_session_query(loader->session, sql.ptr, count, values, &result, loader->reterr_text);
    if (err == TB_OK && ret_result != NULL)
        *ret_result = result;
    else
        PQclear(result);
    return err;
}

struct tb_actor tb_demo_actor(const struct tb_demo_loader *loader, unsigned person,
                              enum tb_role role, int64_t region_code)
{
    struct tb_actor actor = {
        .district_id = TB_DEMO_DISTRICT,
        .role = role,
        .scope_low = region_code,
        .scope_high = region_code + (region_code % 1000000 == 0 ? 999999
                                     : region_code % 1000 == 0  ? 999
                                                                : 0),
    };
    memcpy(actor.user_id, loader->plan->persons[person].user_id, TB_UUID_TEXT_BYTES);
    memcpy(actor.person_id, loader->plan->persons[person].id, TB_UUID_TEXT_BYTES);
    return actor;
}
