/* The token cache of one worker: what the database said of a token, for TB_LIMIT_TOKEN_CACHE_MS. */
#ifndef TB_HTTP_TOKENS_H
#define TB_HTTP_TOKENS_H

#include "http/worker.h"

struct tb_tokens *tb_tokens_new(void);
void tb_tokens_free(struct tb_tokens *tokens);

#endif
