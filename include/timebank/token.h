/*
 * API tokens: "tb_<district>_<43 characters of base64url>", 256 random bits.
 *
 * The database keeps SHA-256 of the whole text and a prefix to recognise it by; the token itself is
 * shown once. The district in it tells the shard before anything is looked up.
 * Source: RFC 6750 for the header's form.
 */
#ifndef TIMEBANK_TOKEN_H
#define TIMEBANK_TOKEN_H

#include "timebank/arena.h"
#include "timebank/contract.h"
#include "timebank/error.h"
#include "timebank/str.h"

#define TB_TOKEN_HASH_BYTES 32
#define TB_TOKEN_PREFIX_BYTES 16 /* "tb_371402_" and the first 6 characters of the secret */

struct tb_token_hash {
    unsigned char bytes[TB_TOKEN_HASH_BYTES];
};

/* A new token of the district; ptr is NULL when the arena is full. */
struct tb_str tb_token_make(int district_id, struct tb_arena *arena);

/* TB_ERR_INVALID when the text cannot be a token. */
TB_CHECK_RESULT enum tb_err tb_token_parse(struct tb_str text, int *ret_district_id);

struct tb_token_hash tb_token_hash(struct tb_str text);

/* "\x…", PostgreSQL's bytea text, in the arena. */
struct tb_str tb_token_hash_text(const struct tb_token_hash *hash, struct tb_arena *arena);

/* What a token permits, besides what its role may: bits. */
#define TB_PERMIT_READ 1u
#define TB_PERMIT_WRITE 2u
#define TB_PERMIT_REPORTS 4u /* to read reports only */

/* Who calls: what find_token.sql tells of a token. Texts belong to who holds it. */
struct tb_actor {
    int district_id;
    enum tb_role role;
    int64_t scope_low;
    int64_t scope_high;
    unsigned permits;  /* TB_PERMIT_… */
    char token_id[40]; /* "" for the demo's loader */
    char user_id[40];
    char person_id[40];
    char team_id[40]; /* "" when the role is on no team */
};

#endif
