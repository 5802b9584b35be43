/*
 * Entity tags and the two conditions made of them. Source: RFC 9110, 8.8.3, 13.1.1 and 13.1.2.
 *
 * Ours are "v<version>" or "v<version>.<hash>" (docs/adr/0005); a version is 1 or more.
 */
#ifndef TB_MESSAGE_ENTITY_TAG_H
#define TB_MESSAGE_ENTITY_TAG_H

#include "timebank/str.h"

struct tb_entity_tag {
    struct tb_str opaque; /* what is between the quotes */
    bool weak;
};

/* Takes the next tag off a list, passing over empty elements. False at the end, and where no tag
 * is: then something is left of the list. */
bool tb_entity_tag_next(struct tb_str *list, struct tb_entity_tag *ret_tag);

enum tb_if_match {
    TB_IF_MATCH_VERSION,
    TB_IF_MATCH_ANY, /* "*" */
    TB_IF_MATCH_INVALID,
};

/* A version that nothing has. */
#define TB_VERSION_NONE 0

/* The version that a list of tags speaks of. Weak tags never match, so a list of those only gives
 * TB_VERSION_NONE. Invalid: a tag that is not ours, or tags of several versions. A single version
 * may stand without quotes. *ret_version is written on TB_IF_MATCH_VERSION only. */
enum tb_if_match tb_if_match_read(struct tb_str header, int64_t *ret_version);

/* Whether If-None-Match names `etag` (quoted, as it is sent), by weak comparison, or is "*". What
 * is no list of tags names nothing. */
bool tb_if_none_match_names(struct tb_str header, struct tb_str etag);

#endif
