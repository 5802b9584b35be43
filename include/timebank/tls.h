/*
 * The daemon's TLS identity: a certificate with its chain, and the private key, both PEM.
 */
#ifndef TIMEBANK_TLS_H
#define TIMEBANK_TLS_H

#include "timebank/error.h"

struct tb_tls;

/* Reads both files; they must belong together. The paths are borrowed for the identity's life. */
TB_CHECK_RESULT enum tb_err tb_tls_open(const char *certificate_path, const char *key_path,
                                        struct tb_tls **ret_tls, struct tb_error_text *reterr_text);
void tb_tls_free(struct tb_tls *tls); /* NULL is allowed; no handshake may be under way */

/* Reads the files again. What cannot be used leaves everything as it was. */
TB_CHECK_RESULT enum tb_err tb_tls_reload(struct tb_tls *tls, struct tb_error_text *reterr_text);

#endif
