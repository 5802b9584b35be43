#include "operation/sql_text.h"

#define HEADING "-- step:"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static struct tb_str trim(struct tb_str s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s = (struct tb_str){s.ptr + 1, s.len - 1};
    while (s.len > 0 && (is_blank(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == ';'))
        s.len--;
    return s;
}

/* Where the next heading begins, at the start of a line; the end when there is none. */
static size_t find_heading(struct tb_str text, size_t from)
{
    struct tb_str heading = TB_STR(HEADING);
    for (size_t i = from; i + heading.len <= text.len; i++)
        if ((i == 0 || text.ptr[i - 1] == '\n') &&
            memcmp(text.ptr + i, heading.ptr, heading.len) == 0)
            return i;
    return text.len;
}

bool tb_sql_next_step(struct tb_str *text, struct tb_str *ret_name, struct tb_str *ret_body)
{
    size_t start = find_heading(*text, 0);
    if (text->len == 0)
        return false;
    if (start == text->len) { /* no heading at all */
        *ret_name = TB_STR("");
        *ret_body = trim(*text);
        *text = (struct tb_str){text->ptr + text->len, 0};
        return ret_body->len > 0;
    }
    size_t name_start = start + sizeof(HEADING) - 1;
    size_t name_end = name_start;
    while (name_end < text->len && text->ptr[name_end] != '\n')
        name_end++;
    size_t end = find_heading(*text, name_end);
    *ret_name = trim((struct tb_str){text->ptr + name_start, name_end - name_start});
    *ret_body = trim((struct tb_str){text->ptr + name_end, end - name_end});
    *text = (struct tb_str){text->ptr + end, text->len - end};
    return true;
}

/* The end of the comment or quoted text that begins at i; i itself when none does. */
static size_t skip_quoted(struct tb_str text, size_t i)
{
    if (text.ptr[i] == '-' && i + 1 < text.len && text.ptr[i + 1] == '-') {
        while (i < text.len && text.ptr[i] != '\n')
            i++;
        return i;
    }
    if (text.ptr[i] != '\'' && text.ptr[i] != '"')
        return i;
    char quote = text.ptr[i++];
    while (i < text.len && text.ptr[i] != quote)
        i++;
    return i < text.len ? i + 1 : i;
}

static bool begins_name(struct tb_str text, size_t i)
{
    return text.ptr[i] == ':' && i + 1 < text.len && is_name_char(text.ptr[i + 1]) &&
           (i == 0 || text.ptr[i - 1] != ':');
}

enum tb_err tb_sql_rewrite(struct tb_str text, struct tb_buf *out,
                           enum tb_err (*replace)(struct tb_str name, struct tb_buf *out,
                                                  void *context),
                           void *context)
{
    for (size_t i = 0; i < text.len;) {
        size_t quoted_end = skip_quoted(text, i);
        if (quoted_end > i) {
            tb_buf_add(out, text.ptr + i, quoted_end - i);
            i = quoted_end;
        } else if (begins_name(text, i)) {
            size_t end = i + 1;
            while (end < text.len && is_name_char(text.ptr[end]))
                end++;
            enum tb_err err = replace((struct tb_str){text.ptr + i + 1, end - i - 1}, out, context);
            if (err != TB_OK)
                return err;
            i = end;
        } else {
            tb_buf_add_char(out, text.ptr[i++]);
        }
    }
    return out->overflow ? TB_ERR_NO_MEMORY : TB_OK;
}

/* Where the column that begins at i ends: at its comma or the list's parenthesis. */
static size_t column_end(struct tb_str text, size_t i)
{
    int depth = 0;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (depth == 0 && (c == ',' || c == ')'))
            break;
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    return i;
}

/* The columns of the list that begins at i, behind its parenthesis. */
static enum tb_err visit_list(struct tb_str text, size_t i,
                              enum tb_err (*visit)(struct tb_str name, struct tb_str type,
                                                   void *context),
                              void *context)
{
    while (i < text.len) {
        size_t end = column_end(text, i);
        struct tb_str column = trim((struct tb_str){text.ptr + i, end - i});
        size_t quote = column.len > 0 && column.ptr[0] == '"' ? 1 : 0; /* "position" */
        column = (struct tb_str){column.ptr + quote, column.len - quote};
        size_t len = 0;
        while (len < column.len && is_name_char(column.ptr[len]))
            len++;
        size_t rest = len + quote < column.len ? len + quote : column.len;
        struct tb_str type = trim((struct tb_str){column.ptr + rest, column.len - rest});
        enum tb_err err = visit((struct tb_str){column.ptr, len}, type, context);
        if (err != TB_OK || end == text.len || text.ptr[end] == ')')
            return err;
        i = end + 1;
    }
    return TB_OK;
}

enum tb_err tb_sql_each_request_field(struct tb_str text,
                                      enum tb_err (*visit)(struct tb_str name, struct tb_str type,
                                                           void *context),
                                      void *context)
{
    const struct tb_str call = TB_STR("jsonb_to_recordset(:requests)");
    for (size_t i = 0; i + call.len <= text.len; i++) {
        if (memcmp(text.ptr + i, call.ptr, call.len) != 0)
            continue;
        size_t open = i + call.len;
        while (open < text.len && text.ptr[open] != '(')
            open++;
        enum tb_err err = visit_list(text, open + 1, visit, context);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}
