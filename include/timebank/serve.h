/*
 * The daemon: event loops with an HTTP server each, the lanes behind them, and their orderly end.
 *
 * Threads: `workers` loops, each with its own listener (SO_REUSEPORT), read lanes, token cache and
 * requests; the first loop also carries the write lane and the signals. Loops share only what is
 * read-only after start (contract, seal) and talk through inboxes. The settlement scheduler has a
 * thread and a connection of its own.
 */
#ifndef TIMEBANK_SERVE_H
#define TIMEBANK_SERVE_H

#include "timebank/call.h"
#include "timebank/contract.h"
#include "timebank/error.h"
#include "timebank/tls.h"

struct tb_serve_settings {
    const char *address; /* numeric IPv4 or IPv6 */
    unsigned port;
    const char *conninfo;
    const char *time_zone; /* of times in answers: the offset shown */
    unsigned workers;
    bool is_production;                 /* hides the operations of the area `test` */
    const struct tb_contract *contract; /* with its programs */
    const struct tb_seal *seal;
    const char
        *public_url; /* of links on printed pages, without a slash at its end; NULL: as asked */
    unsigned rate_requests; /* of one token in rate_window_s; 0: unlimited */
    unsigned rate_window_s;
    const char *const *cors_origins; /* "https://app.example"; or one "*" */
    size_t cors_origins_count;
    struct tb_tls *tls;       /* NULL: plain HTTP */
    const char *scans_folder; /* where scans are kept; shared by all daemons of a database */
};

/* Serves until SIGTERM or SIGINT, then drains and returns TB_OK. SIGHUP reads the certificate anew.
 */
TB_CHECK_RESULT enum tb_err tb_serve(const struct tb_serve_settings *settings,
                                     struct tb_error_text *reterr_text);

#endif
