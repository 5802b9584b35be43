/*
 * A client's connection and the time it may take for what it is doing. libmicrohttpd's own timeout
 * begins anew with every byte, so that one byte a second would hold a connection for ever; these do
 * not. Each worker has a list of its connections and looks through it once a second.
 *
 *   HEAD ──→ BODY ──→ RUNNING ──→ SENDING ──→ HEAD …
 *
 * Never here: a suspended connection (RUNNING). Its request has a deadline of its own.
 */
#ifndef TB_HTTP_CONNECTION_H
#define TB_HTTP_CONNECTION_H

#include "http/worker.h"

struct tb_request;

enum tb_phase {
    TB_PHASE_HEAD,    /* from the accept, or the end of the answer before, to a complete head */
    TB_PHASE_BODY,    /* to the body's last byte */
    TB_PHASE_RUNNING, /* to its answer */
    TB_PHASE_SENDING, /* to the answer's last byte */
};

struct tb_connection {
    struct tb_worker *worker;
    struct tb_request *request; /* that has not ended, or NULL */
    int fd;                     /* libmicrohttpd's */
    enum tb_phase phase;
    int64_t since_ms; /* when the phase began; monotonic */
    bool has_moved;   /* bytes of the body came since the last sweep */
    bool is_over;     /* its socket was shut down; libmicrohttpd is about to notice */
    struct tb_connection *next;
    struct tb_connection **link; /* what points to it */
};

/* libmicrohttpd's callback at the beginning and the end of a connection. */
void tb_connection_notify(void *worker, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code);

struct tb_connection *tb_connection_of(struct MHD_Connection *connection);
void tb_connection_enter(struct tb_connection *connection, enum tb_phase phase);

/* The worker's sweep. */
void tb_connections_watch(struct tb_worker *worker);
void tb_connections_unwatch(struct tb_worker *worker);

#endif
