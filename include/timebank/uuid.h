/*
 * UUIDs (RFC 9562): version 7 for what is new, version 8 for what is derived from other data.
 * Text form: 36 characters, lower case.
 */
#ifndef TIMEBANK_UUID_H
#define TIMEBANK_UUID_H

#include "timebank/str.h"

#define TB_UUID_TEXT_BYTES 37 /* with its terminator */

/* Time-ordered within one process, random across processes. Thread-safe. */
void tb_uuid_v7(char ret_text[TB_UUID_TEXT_BYTES]);

/* The first 16 bytes of SHA-256(bytes) with the marks of version 8: the same input, the same id. */
void tb_uuid_v8(struct tb_str bytes, char ret_text[TB_UUID_TEXT_BYTES]);

bool tb_uuid_is_valid(struct tb_str text);

#endif
