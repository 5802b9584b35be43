/* libmicrohttpd's side of TLS: which versions and ciphers, and whose certificate. */
#ifndef TB_HTTP_TLS_H
#define TB_HTTP_TLS_H

#include "timebank/tls.h"

#include <gnutls/abstract.h>

/* TLS 1.2 and 1.3, forward secrecy and authenticated encryption only. */
#define TB_TLS_PRIORITIES                                                                          \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"      \
    "+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:%SERVER_PRECEDENCE"

/* GnuTLS's callback: the identity of the connection's daemon. */
int tb_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *authorities,
                    int authorities_count, const gnutls_pk_algorithm_t *algorithms,
                    int algorithms_count, gnutls_pcert_st **ret_chain, unsigned *ret_count,
                    gnutls_privkey_t *ret_key);

#endif
