/* Answers: columns become JSON by the operation's answer schema. */
#include "timebank/call.h"

#include "operation/cursor.h"
#include "timebank/buf.h"
#include "timebank/json.h"

#include <stdlib.h>

/* One column of one row, whether it came from PostgreSQL or from a replayed answer. */
struct source {
    const PGresult *rows;
    int row;
    const json_t *replay;
    struct tb_arena *arena;
    const int *places; /* of the operation's fields in rows */
};

static struct tb_str dump_json(const json_t *value, struct tb_arena *arena)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    struct tb_str copy = text != NULL ? tb_arena_str(arena, tb_str_of(text)) : TB_STR_NULL;
    free(text);
    return copy;
}

static struct tb_str json_as_text(const json_t *value, struct tb_arena *arena)
{
    if (json_is_string(value))
        return tb_json_str(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? TB_STR("t") : TB_STR("f");
    return dump_json(value, arena);
}

static struct tb_str value_at(const struct source *source, int index)
{
    if (index < 0 || PQgetisnull(source->rows, source->row, index))
        return TB_STR_NULL;
    return (struct tb_str){PQgetvalue(source->rows, source->row, index),
                           (size_t)PQgetlength(source->rows, source->row, index)};
}

static struct tb_str replayed(const struct source *source, struct tb_str name)
{
    const json_t *value = json_object_getn(source->replay, name.ptr, name.len);
    return value == NULL || json_is_null(value) ? TB_STR_NULL : json_as_text(value, source->arena);
}

/* ptr is NULL for null and for a column that is not there. */
static struct tb_str column(const struct source *source, struct tb_str name)
{
    if (source->replay != NULL)
        return replayed(source, name);
    return value_at(source, PQfnumber(source->rows, name.ptr));
}

/* The place of each field's column in a result, looked up once for all of its rows. Columns mostly
 * follow one another as the fields do, so the next one is tried first. NULL without memory. */
static const int *place_fields(const struct tb_call *call)
{
    const struct tb_operation *operation = call->operation;
    if (call->replay != NULL)
        return NULL;
    const PGresult *rows = tb_shared_result_rows(call->result);
    int *places = tb_arena_alloc(call->arena, (operation->fields_count + 1) * sizeof(*places));
    int next = 0;
    for (size_t i = 0; places != NULL && i < operation->fields_count; i++) {
        const char *name = operation->fields[i].name.ptr;
        bool is_next = next < PQnfields(rows) && strcmp(PQfname(rows, next), name) == 0;
        places[i] = is_next ? next : PQfnumber(rows, name);
        next = places[i] + 1;
    }
    return places;
}

/* A read's JSON passes through. A write's is normalised, so that a replay has the same bytes. */
static void add_json(struct tb_buf *out, const struct tb_call *call, const struct source *source,
                     struct tb_str name, struct tb_str text)
{
    json_t *value = NULL;
    if (source->replay != NULL)
        value = json_incref(json_object_getn(source->replay, name.ptr, name.len));
    else if (call->operation->lane == TB_LANE_WRITE)
        value = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, NULL);
    tb_buf_add_str(out, value != NULL ? dump_json(value, source->arena) : text);
    json_decref(value);
}

/* "2014-05-15 11:07:00.5+08" → "2014-05-15T11:07:00.5+08:00" (RFC 3339). */
static void add_time(struct tb_buf *out, struct tb_str text)
{
    tb_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++)
        tb_buf_add_char(out, i == 10 ? 'T' : text.ptr[i]);
    bool short_offset =
        text.len > 3 && (text.ptr[text.len - 3] == '+' || text.ptr[text.len - 3] == '-');
    tb_buf_add_text(out, short_offset ? ":00\"" : "\"");
}

/* 37************1234, 138****1234: enough to recognise, not to use. Other kinds are shown whole, to
 * whom the SQL file shows them at all. */
static void add_revealed(struct tb_buf *out, struct tb_str kind, struct tb_str value)
{
    bool is_masked = tb_str_is(kind, "phone") || tb_str_is(kind, "id_number");
    if (!is_masked || value.len < 8) {
        tb_buf_add_json_string(out, value);
        return;
    }
    size_t head = tb_str_is(kind, "phone") ? 3 : 2;
    tb_buf_add_char(out, '"');
    tb_buf_add(out, value.ptr, head);
    for (size_t i = head; i < value.len - 4; i++)
        tb_buf_add_char(out, '*');
    tb_buf_add(out, value.ptr + value.len - 4, 4);
    tb_buf_add_char(out, '"');
}

static void add_sealed(struct tb_buf *out, const struct tb_seal *seal, const struct source *source,
                       const struct tb_field *field, struct tb_str text)
{
    struct tb_str value;
    if (tb_seal_reveal(seal, field->sealed_kind, text, source->arena, &value) == TB_OK)
        add_revealed(out, field->sealed_kind, value);
    else
        tb_buf_add_text(out, "null");
}

static void add_field(struct tb_buf *out, const struct tb_call *call, const struct tb_seal *seal,
                      const struct source *source, size_t index)
{
    const struct tb_field *field = &call->operation->fields[index];
    struct tb_str text;
    if (field->kind == TB_FIELD_GENERATED)
        text = call->generated;
    else
        text = source->places != NULL ? value_at(source, source->places[index])
                                      : column(source, field->name);
    if (text.ptr == NULL) {
        tb_buf_add_text(out, "null");
        return;
    }
    switch (field->kind) {
    case TB_FIELD_STRING:
    case TB_FIELD_GENERATED:
        tb_buf_add_json_string(out, text);
        return;
    case TB_FIELD_LITERAL:
        tb_buf_add_str(out, text);
        return;
    case TB_FIELD_JSON:
        add_json(out, call, source, field->name, text);
        return;
    case TB_FIELD_BOOLEAN:
        tb_buf_add_text(out, text.ptr[0] == 't' ? "true" : "false");
        return;
    case TB_FIELD_TIME:
        add_time(out, text);
        return;
    case TB_FIELD_SEALED:
        add_sealed(out, seal, source, field, text);
        return;
    }
}

static void add_row(struct tb_buf *out, const struct tb_call *call, const struct tb_seal *seal,
                    const struct source *source)
{
    const struct tb_operation *operation = call->operation;
    tb_buf_add_char(out, '{');
    for (size_t i = 0; i < operation->fields_count; i++) {
        if (i > 0)
            tb_buf_add_char(out, ',');
        tb_buf_add_str(out, operation->fields[i].label);
        add_field(out, call, seal, source, i);
    }
    tb_buf_add_char(out, '}');
}

static struct source source_of(const struct tb_call *call, int row)
{
    return (struct source){
        .rows = call->result != NULL ? tb_shared_result_rows(call->result) : NULL,
        .row = row,
        .replay = call->replay,
        .arena = call->arena,
    };
}

/* Rows of the page: not the one more that was asked for, nor a counted page's empty row. */
static int rows_of_page(const struct tb_call *call, bool *ret_more)
{
    const PGresult *rows = tb_shared_result_rows(call->result);
    int count = PQntuples(rows);
    int marker = PQfnumber(rows, "row_");
    if (call->count && count == 1 && marker >= 0 && PQgetisnull(rows, 0, marker))
        count = 0;
    *ret_more = count > call->limit;
    return *ret_more ? (int)call->limit : count;
}

static void add_list(struct tb_buf *out, const struct tb_call *call, const struct tb_seal *seal)
{
    bool more;
    int count = rows_of_page(call, &more);
    struct source source = source_of(call, 0);
    source.places = place_fields(call);
    tb_buf_add_text(out, "{\"data\":[");
    for (int row = 0; row < count; row++) {
        source.row = row;
        if (row > 0)
            tb_buf_add_char(out, ',');
        add_row(out, call, seal, &source);
    }
    tb_buf_add_text(out, "],\"next_cursor\":");
    struct tb_str cursor = tb_answer_next_cursor(call);
    if (more && cursor.ptr == NULL)
        out->overflow = true; /* never a list that looks complete and is not */
    if (cursor.ptr != NULL)
        tb_buf_add_json_string(out, cursor);
    else
        tb_buf_add_text(out, "null");
    source.row = 0;
    if (call->count) {
        tb_buf_add_text(out, ",\"total_count\":");
        tb_buf_add_str(out, column(&source, TB_STR("total_count_")));
    }
    tb_buf_add_char(out, '}');
}

enum tb_err tb_answer_page(const struct tb_call *call, struct tb_buf *out)
{
    if (call->row < 0)
        return TB_ERR_NOT_FOUND;
    struct source source = source_of(call, call->row);
    tb_buf_add_str(out, column(&source, TB_STR("page")));
    return out->overflow ? TB_ERR_NO_MEMORY : TB_OK;
}

enum tb_err tb_answer_write(const struct tb_call *call, const struct tb_seal *seal,
                            struct tb_buf *out)
{
    if (call->operation->is_list) {
        add_list(out, call, seal);
    } else {
        if (call->replay == NULL && call->row < 0)
            return TB_ERR_NOT_FOUND;
        struct source source = source_of(call, call->row);
        source.places = place_fields(call);
        if (call->operation->answer != NULL)
            add_row(out, call, seal, &source);
    }
    return out->overflow || tb_arena_overflowed(call->arena) ? TB_ERR_NO_MEMORY : TB_OK;
}

int64_t tb_answer_version(const struct tb_call *call)
{
    int64_t version;
    bool one = call->replay != NULL || (call->result != NULL && call->row >= 0);
    if (call->operation->is_list || !one)
        return -1;
    struct source source = source_of(call, call->row);
    return tb_str_to_int64(column(&source, TB_STR("version")), &version) ? version : -1;
}

struct tb_str tb_answer_column(const struct tb_call *call, struct tb_str name)
{
    if (call->replay == NULL && (call->result == NULL || call->row < 0))
        return TB_STR_NULL;
    struct source source = source_of(call, call->row);
    return column(&source, name);
}

struct tb_str tb_answer_subject(const struct tb_call *call)
{
    struct source source = source_of(call, call->row);
    return column(&source, TB_STR("subject_id"));
}

/* ------------------------------------------------------------------ cursors */

struct tb_str tb_answer_next_cursor(const struct tb_call *call)
{
    bool more;
    int count = rows_of_page(call, &more);
    if (!more || count == 0)
        return TB_STR_NULL;
    const struct tb_sort *sort = &call->operation->sorts[call->sort];
    struct source last = source_of(call, count - 1);
    struct tb_str values[TB_SORT_COLUMNS_MAX];
    for (size_t i = 0; i < sort->columns_count; i++)
        values[i] = column(&last, sort->columns[i].name);
    return tb_cursor_write(sort, values, call->arena);
}

enum tb_err tb_cursor_parse(struct tb_call *call, struct tb_str text)
{
    return tb_cursor_read(&call->operation->sorts[call->sort], text, call->arena, &call->cursor);
}
