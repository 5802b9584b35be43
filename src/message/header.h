/*
 * What the values of headers mean. A value is what stood behind the colon, without the blanks
 * around it; the same header given several times is one value, joined by commas, so that what may
 * stand once only is refused.
 */
#ifndef TB_MESSAGE_HEADER_H
#define TB_MESSAGE_HEADER_H

#include "timebank/arena.h"
#include "timebank/contract.h"
#include "timebank/error.h"
#include "timebank/str.h"

/* Idempotency-Key: a string of RFC 8941, 3.3.3, without parameters, or the key as it is. The key
 * has 1 to TB_LIMIT_IDEMPOTENCY_KEY_BYTES visible ASCII characters; the arena owns it.
 * TB_ERR_INVALID, TB_ERR_NO_MEMORY. */
TB_CHECK_RESULT enum tb_err tb_header_key(struct tb_str value, struct tb_arena *arena,
                                          struct tb_str *ret_key);

/* Content-Type: application/json or application/merge-patch+json (RFC 9110, 8.3.1). A charset
 * other than UTF-8 is not JSON (RFC 8259, 8.1); other parameters mean nothing. */
bool tb_header_is_json(struct tb_str value);

/* X-Request-Id: 1 to TB_LIMIT_REQUEST_ID_BYTES letters, digits, "-", "_" and ".". */
bool tb_header_is_request_id(struct tb_str value);

/* traceparent (W3C Trace Context): "00-<trace>-<parent>-<flags>" in lower-case hexadecimal. */
bool tb_header_is_traceparent(struct tb_str value);

/* Prefer (RFC 7240): is return=minimal among the preferences? */
bool tb_header_prefers_minimal(struct tb_str value);

/* Accept-Language (RFC 9110, 12.5.4): the language of the two that is wanted more, the first named
 * of equals; Chinese when nothing is said of either. */
enum tb_language tb_header_language(struct tb_str value);

#endif
