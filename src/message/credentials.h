/*
 * Authorization: the token that came with a request.
 * Source: RFC 9110, 11.6.2; RFC 6750 (Bearer); RFC 7617 (Basic, for spreadsheets: the token is the
 * password, and any user name will do).
 */
#ifndef TB_MESSAGE_CREDENTIALS_H
#define TB_MESSAGE_CREDENTIALS_H

#include "timebank/arena.h"
#include "timebank/str.h"

/* ptr NULL: another scheme, or Basic where it is not accepted or not well encoded. The text points
 * into the header or into the arena; whether it is a token is not asked here. */
struct tb_str tb_credentials_token(struct tb_str header, bool accepts_basic,
                                   struct tb_arena *arena);

#endif
