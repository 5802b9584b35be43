#include "message/entity_tag.h"

#include "message/scan.h"

static bool scan_tag(struct tb_str *rest, struct tb_entity_tag *ret_tag)
{
    ret_tag->weak = tb_str_starts_with(*rest, TB_STR("W/"));
    if (ret_tag->weak)
        tb_scan_skip(rest, 2);
    if (!tb_scan_char(rest, '"'))
        return false;
    size_t len = 0;
    while (len < rest->len && (unsigned char)rest->ptr[len] > ' ' && rest->ptr[len] != '"' &&
           rest->ptr[len] != 0x7f)
        len++;
    ret_tag->opaque = (struct tb_str){rest->ptr, len};
    tb_scan_skip(rest, len);
    return tb_scan_char(rest, '"');
}

bool tb_entity_tag_next(struct tb_str *list, struct tb_entity_tag *ret_tag)
{
    struct tb_entity_tag tag;
    do
        tb_scan_blanks(list);
    while (tb_scan_char(list, ','));
    struct tb_str rest = *list;
    if (rest.len == 0 || !scan_tag(&rest, &tag))
        return false;
    tb_scan_blanks(&rest);
    if (rest.len > 0 && rest.ptr[0] != ',')
        return false;
    *list = rest;
    *ret_tag = tag;
    return true;
}

/* "v17.5f3a9c2e", "v17" or "17": only the version counts. */
static bool read_version(struct tb_str opaque, int64_t *ret_version)
{
    if (opaque.len > 1 && opaque.ptr[0] == 'v')
        tb_scan_skip(&opaque, 1);
    const char *dot = opaque.len > 0 ? memchr(opaque.ptr, '.', opaque.len) : NULL;
    if (dot != NULL)
        opaque.len = (size_t)(dot - opaque.ptr);
    return opaque.len > 0 && opaque.ptr[0] != '-' && tb_str_to_int64(opaque, ret_version);
}

enum tb_if_match tb_if_match_read(struct tb_str header, int64_t *ret_version)
{
    struct tb_entity_tag tag;
    int64_t version = -1;
    int64_t only = -1;
    bool has_weak = false;
    if (tb_str_is(header, "*"))
        return TB_IF_MATCH_ANY;
    if (read_version(header, ret_version))
        return TB_IF_MATCH_VERSION;
    while (tb_entity_tag_next(&header, &tag)) {
        if (tag.weak)
            has_weak = true;
        else if (!read_version(tag.opaque, &version) || (only >= 0 && version != only))
            return TB_IF_MATCH_INVALID;
        else
            only = version;
    }
    if (header.len > 0 || (only < 0 && !has_weak))
        return TB_IF_MATCH_INVALID;
    *ret_version = only >= 0 ? only : TB_VERSION_NONE;
    return TB_IF_MATCH_VERSION;
}

bool tb_if_none_match_names(struct tb_str header, struct tb_str etag)
{
    struct tb_entity_tag ours;
    struct tb_entity_tag tag;
    if (tb_str_is(header, "*"))
        return true;
    if (!tb_entity_tag_next(&etag, &ours))
        return false;
    while (tb_entity_tag_next(&header, &tag))
        if (tb_str_eq(tag.opaque, ours.opaque))
            return true;
    return false;
}
