/*
 * The media types of files that are sent as they are, and the bytes by which each begins.
 */
#ifndef TB_MESSAGE_FILE_TYPE_H
#define TB_MESSAGE_FILE_TYPE_H

#include "timebank/str.h"

#include <stdbool.h>

struct tb_file_type {
    const char *name;   /* "image/png" */
    const char *suffix; /* "png" */
    struct tb_str begin;
};

/* Of a Content-Type, whose parameters mean nothing here (RFC 9110, 8.3.1); NULL: none of these. */
const struct tb_file_type *tb_file_type_of(struct tb_str content_type);

/* Do the bytes begin as a file of that type does? */
bool tb_file_type_fits(const struct tb_file_type *type, struct tb_str bytes);

#endif
