/*
 * What libmicrohttpd 0.9.75 lets pass though two servers in a row would read it differently, so
 * that the second finds a request where the first saw a body (RFC 9112, 2.2, 3, 5, 6). Each of
 * these is refused in the handler's first call, which closes the connection.
 */
#include "http/request.h"

#include "timebank/limits.h"

#define CONTROLS                                                                                   \
    "\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"     \
    "\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"
#define TOKEN "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define HOST "!$%&'()*+,-.:;=[]_~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* The layout below is this version's. With a newer one those checks rest (tb_framing_is_complete).
 */
#define LAYOUT_VERSION "0.9.75"

struct framing {
    unsigned lengths;
    unsigned encodings;
    unsigned hosts;
    bool strange_encoding;
    bool strange_name;
    bool strange_value;
    bool strange_host;
    bool strange_line;
    const char *line; /* where the next header's line must begin */
};

static bool has_only(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}

static bool has_none(const char *text, const char *forbidden)
{
    return text[strcspn(text, forbidden)] == '\0';
}

/* ------------------------------------------------------------------ lines */

/*
 * libmicrohttpd cuts a head into texts where it lies: NUL for the blank behind the method and the
 * target, for the colon, and one NUL for each byte of a line's end. So the place of each text tells
 * what stood before it, which no function of libmicrohttpd tells: a line that ended with a bare LF
 * is one byte shorter, a NUL within a line hides a rest that makes it longer, and a folded value
 * was put together elsewhere. Only places are compared here; nothing between the texts is read.
 */
static const char *behind_line(const char *text)
{
    return text + strlen(text) + strlen("\r\n");
}

static bool starts_well(const struct tb_request *request, const struct tb_head *head)
{
    return head->target == head->method + strlen(head->method) + strlen(" ") &&
           head->version == head->target + request->target.len + strlen(" ");
}

static bool ends_well(const struct tb_request *request, const struct tb_head *head,
                      const char *line)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return line + strlen("\r\n") == head->method + info->header_size;
}

bool tb_framing_is_complete(void)
{
    return strcmp(MHD_get_version(), LAYOUT_VERSION) == 0;
}

/* ------------------------------------------------------------------ headers */

static void look_at_known(struct framing *framing, struct tb_str name, const char *value)
{
    if (tb_str_eq_nocase(name, TB_STR("Content-Length"))) {
        framing->lengths++;
    } else if (tb_str_eq_nocase(name, TB_STR("Host"))) {
        framing->hosts++;
        framing->strange_host = framing->strange_host || !has_only(value, HOST);
    } else if (tb_str_eq_nocase(name, TB_STR("Transfer-Encoding"))) {
        framing->encodings++;
        if (!tb_str_eq_nocase(tb_str_of(value), TB_STR("chunked")))
            framing->strange_encoding = true;
    }
}

static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name,
                               const char *value)
{
    struct framing *framing = context;
    (void)kind;
    if (value == NULL)
        value = "";
    if (name[0] == '\0' || !has_only(name, TOKEN))
        framing->strange_name = true;
    if (!has_none(value, CONTROLS))
        framing->strange_value = true;
    if (name != framing->line || value <= name)
        framing->strange_line = true;
    framing->line = behind_line(value);
    look_at_known(framing, tb_str_of(name), value);
    return MHD_YES;
}

const char *tb_framing_fault(const struct tb_request *request, const struct tb_head *head)
{
    bool is_old = strcmp(head->version, "HTTP/1.0") == 0;
    struct framing framing = {.line = behind_line(head->version)};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, look_at, &framing);
    if (framing.strange_name)
        return "header_name";
    if (framing.strange_value)
        return "header_value";
    if (framing.strange_encoding || (framing.encodings > 0 && is_old))
        return "transfer_encoding";
    if (framing.lengths > 1)
        return "content_length_repeated";
    if (framing.encodings > 1)
        return "transfer_encoding_repeated";
    if (framing.lengths > 0 && framing.encodings > 0)
        return "length_with_encoding";
    if (framing.hosts > 1 || framing.strange_host || (framing.hosts == 0 && !is_old))
        return "host";
    if (request->target.len > TB_LIMIT_TARGET_BYTES)
        return "target_too_long";
    if (!has_none(request->target.ptr, CONTROLS "\t "))
        return "target";
    bool whole = !framing.strange_line && starts_well(request, head) &&
                 ends_well(request, head, framing.line);
    return whole || !tb_framing_is_complete() ? NULL : "line";
}
