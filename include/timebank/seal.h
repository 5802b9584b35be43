/*
 * Seals: ID numbers, phones and secret messages exist in the database as ciphertext only.
 *
 * A sealed value is  0x01 | nonce (24) | XChaCha20-Poly1305 ciphertext  with the kind as additional
 * data; its look-up is a keyed BLAKE2b-256 of kind, context and value, so that equal values can be
 * found without being read. Both keys are derived from one 32-byte installation key.
 * Never here: where the values are stored, who may see them.
 * Read-only after tb_seal_open; usable by all threads.
 */
#ifndef TIMEBANK_SEAL_H
#define TIMEBANK_SEAL_H

#include "timebank/arena.h"
#include "timebank/error.h"
#include "timebank/str.h"

struct tb_seal;

/* The key file: 64 hexadecimal digits. TB_ERR_IO or TB_ERR_CONFIG. */
TB_CHECK_RESULT enum tb_err tb_seal_open(const char *key_path, struct tb_seal **ret_seal,
                                         struct tb_error_text *reterr_text);
void tb_seal_free(struct tb_seal *seal); /* wipes the keys; NULL is allowed */

/* As PostgreSQL's bytea text ("\x…") in the arena; ptr is NULL when the arena is full. */
struct tb_str tb_seal_value(const struct tb_seal *seal, struct tb_str kind, struct tb_str value,
                            struct tb_arena *arena);

/* context: what the value is bound to, e.g. the district or the record of a one-time code. */
struct tb_str tb_seal_lookup(const struct tb_seal *seal, struct tb_str kind, struct tb_str context,
                             struct tb_str value, struct tb_arena *arena);

/* Opens what tb_seal_value made. TB_ERR_INVALID when it is not of this key and kind. */
TB_CHECK_RESULT enum tb_err tb_seal_reveal(const struct tb_seal *seal, struct tb_str kind,
                                           struct tb_str bytea_text, struct tb_arena *arena,
                                           struct tb_str *ret_value);

#endif
