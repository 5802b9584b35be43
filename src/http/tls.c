#include "http/tls.h"

#include "http/connection.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define CHAIN_MAX 16
#define KEY_ID_BYTES 64

struct identity {
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned chain_count;
    gnutls_privkey_t key;
    struct identity *older; /* kept: a handshake may still use it, and GnuTLS does not count */
};

struct tb_tls {
    const char *certificate_path;
    const char *key_path;
    _Atomic(struct identity *) current; /* replaced by one thread, read by all workers */
};

static void free_identity(struct identity *identity)
{
    for (unsigned i = 0; i < identity->chain_count; i++)
        gnutls_pcert_deinit(&identity->chain[i]);
    gnutls_privkey_deinit(identity->key);
    free(identity);
}

/* ------------------------------------------------------------------ reading */

static enum tb_err refuse(struct tb_error_text *reterr_text, const char *path, const char *why)
{
    tb_error_set(reterr_text, "%s: %s", path, why);
    return TB_ERR_CONFIG;
}

static enum tb_err refuse_content(struct tb_error_text *reterr_text, const char *path,
                                  const char *what, int gnutls_error)
{
    tb_error_set(reterr_text, "%s: no PEM %s (%s)", path, what, gnutls_strerror(gnutls_error));
    return TB_ERR_CONFIG;
}

static enum tb_err read_chain(struct identity *identity, const char *path,
                              struct tb_error_text *reterr_text)
{
    unsigned count = CHAIN_MAX;
    if (access(path, R_OK) != 0)
        return refuse(reterr_text, path, strerror(errno));
    int failed = gnutls_pcert_list_import_x509_file(identity->chain, &count, path,
                                                    GNUTLS_X509_FMT_PEM, NULL, NULL, 0);
    if (failed < 0)
        return refuse_content(reterr_text, path, "certificate", failed);
    identity->chain_count = count;
    return TB_OK;
}

static enum tb_err read_key(struct identity *identity, const char *path,
                            struct tb_error_text *reterr_text)
{
    gnutls_datum_t text;
    if (access(path, R_OK) != 0)
        return refuse(reterr_text, path, strerror(errno));
    int failed = gnutls_load_file(path, &text);
    if (failed < 0)
        return refuse(reterr_text, path, gnutls_strerror(failed));
    failed = gnutls_privkey_import_x509_raw(identity->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_memset(text.data, 0, text.size);
    gnutls_free(text.data);
    return failed < 0 ? refuse_content(reterr_text, path, "key", failed) : TB_OK;
}

static bool is_key_of(gnutls_privkey_t key, gnutls_pubkey_t certified)
{
    unsigned char ids[2][KEY_ID_BYTES];
    size_t lens[2] = {KEY_ID_BYTES, KEY_ID_BYTES};
    gnutls_pubkey_t own;
    if (gnutls_pubkey_init(&own) < 0)
        return false;
    bool good = gnutls_pubkey_import_privkey(own, key, 0, 0) >= 0 &&
                gnutls_pubkey_get_key_id(own, 0, ids[0], &lens[0]) >= 0 &&
                gnutls_pubkey_get_key_id(certified, 0, ids[1], &lens[1]) >= 0 &&
                lens[0] == lens[1] && memcmp(ids[0], ids[1], lens[0]) == 0;
    gnutls_pubkey_deinit(own);
    return good;
}

static enum tb_err read_both(struct identity *identity, const struct tb_tls *tls,
                             struct tb_error_text *reterr_text)
{
    enum tb_err err = read_chain(identity, tls->certificate_path, reterr_text);
    if (err == TB_OK)
        err = read_key(identity, tls->key_path, reterr_text);
    if (err == TB_OK && !is_key_of(identity->key, identity->chain[0].pubkey))
        err = refuse(reterr_text, tls->key_path, "is not the key of the certificate");
    return err;
}

enum tb_err tb_tls_reload(struct tb_tls *tls, struct tb_error_text *reterr_text)
{
    struct identity *identity = calloc(1, sizeof(*identity));
    if (identity == NULL)
        return TB_ERR_NO_MEMORY;
    if (gnutls_privkey_init(&identity->key) < 0) {
        free(identity);
        return TB_ERR_NO_MEMORY;
    }
    enum tb_err err = read_both(identity, tls, reterr_text);
    if (err != TB_OK) {
        free_identity(identity);
        return err;
    }
    identity->older = atomic_load(&tls->current);
    atomic_store(&tls->current, identity);
    return TB_OK;
}

/* ------------------------------------------------------------------ life */

enum tb_err tb_tls_open(const char *certificate_path, const char *key_path, struct tb_tls **ret_tls,
                        struct tb_error_text *reterr_text)
{
    struct tb_tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL)
        return TB_ERR_NO_MEMORY;
    tls->certificate_path = certificate_path;
    tls->key_path = key_path;
    enum tb_err err = tb_tls_reload(tls, reterr_text);
    if (err != TB_OK) {
        free(tls);
        return err;
    }
    *ret_tls = tls;
    return TB_OK;
}

void tb_tls_free(struct tb_tls *tls)
{
    struct identity *older;
    if (tls == NULL)
        return;
    for (struct identity *each = atomic_load(&tls->current); each != NULL; each = older) {
        older = each->older;
        free_identity(each);
    }
    free(tls);
}

/* libmicrohttpd gives its connection to the session. */
int tb_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *authorities,
                    int authorities_count, const gnutls_pk_algorithm_t *algorithms,
                    int algorithms_count, gnutls_pcert_st **ret_chain, unsigned *ret_count,
                    gnutls_privkey_t *ret_key)
{
    (void)authorities;
    (void)authorities_count;
    (void)algorithms;
    (void)algorithms_count;
    struct tb_connection *connection = tb_connection_of(gnutls_session_get_ptr(session));
    struct identity *identity = atomic_load(&connection->worker->app->settings.tls->current);
    *ret_chain = identity->chain;
    *ret_count = identity->chain_count;
    *ret_key = identity->key;
    return 0;
}
