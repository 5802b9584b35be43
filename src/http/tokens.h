/*
 * The token cache of one worker: what the database said of a token.
 *
 * It is believed for TB_LIMIT_TOKEN_TRUST_MS while the worker listens to `timebank_tokens`, on
 * which the database tells of every change that may end a token; for TB_LIMIT_TOKEN_CACHE_MS
 * otherwise. A notification, or a new connection, on which one may have been missed, makes all of
 * it stale. The cache also remembers when tokens were used, and writes that down from time to time.
 */
#ifndef TB_HTTP_TOKENS_H
#define TB_HTTP_TOKENS_H

#include "timebank/call.h"

struct tb_tokens;

struct tb_tokens_settings {
    uv_loop_t *loop;
    const char *conninfo;
};

/* Starts to listen, on a lane of its own. */
TB_CHECK_RESULT enum tb_err tb_tokens_new(const struct tb_tokens_settings *settings,
                                          struct tb_tokens **ret_tokens);

/* Ends the lane, then calls closed(). */
void tb_tokens_close(struct tb_tokens *tokens, void (*closed)(void *context), void *context);

/* After closed() and once the loop has ended. */
void tb_tokens_free(struct tb_tokens *tokens);

enum tb_token_belief {
    TB_TOKEN_UNKNOWN, /* nothing is believed: ask the database */
    TB_TOKEN_STALE,   /* it was good lately: ask the database, and do not suspect the caller */
    TB_TOKEN_GOOD,
    TB_TOKEN_BAD,
};

/* On GOOD *ret_actor is filled. */
enum tb_token_belief tb_tokens_find(struct tb_tokens *tokens, const struct tb_token_hash *hash,
                                    struct tb_actor *ret_actor);

/* To be taken before the database is asked: what it answers is as old as that. */
unsigned tb_tokens_generation(const struct tb_tokens *tokens);

/* What the database answered: rows of find_token.sql. True: it is good, *ret_actor is filled. */
bool tb_tokens_learn(struct tb_tokens *tokens, const struct tb_token_hash *hash, int district_id,
                     unsigned generation, const PGresult *rows, struct tb_actor *ret_actor);

#endif
