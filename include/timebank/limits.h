/*
 * Every limit of the daemon, by name. Those that a client can reach have tests at their edge in
 * tests/api (input, idempotency, lists, engine, front-door, slow) or in the unit test of their
 * module. Bytes, milliseconds or counts, as the name's last word says.
 */
#ifndef TIMEBANK_LIMITS_H
#define TIMEBANK_LIMITS_H

/* One request. */
#define TB_LIMIT_BODY_BYTES (1024 * 1024)
#define TB_LIMIT_TARGET_BYTES 4096 /* path and query as they come */
#define TB_LIMIT_REQUEST_ARENA_BYTES (16 * 1024 * 1024)
#define TB_LIMIT_ANSWER_BYTES (8 * 1024 * 1024)
#define TB_LIMIT_PROBLEM_BYTES (1024 * 1024) /* holds 64 faults, whatever their names */
#define TB_LIMIT_QUERY_PARAMETERS 32
#define TB_LIMIT_IDEMPOTENCY_KEY_BYTES 255
#define TB_LIMIT_REQUEST_ID_BYTES 64
#define TB_LIMIT_DEADLINE_MS 10000

/* Lists. */
#define TB_LIMIT_PAGE_DEFAULT 50
#define TB_LIMIT_PAGE_MAX 200
#define TB_LIMIT_CURSOR_BYTES 4096

/* Connections. The 16 KiB must hold a request's headers (docs/adr/0006). */
#define TB_LIMIT_CONNECTION_BYTES (16 * 1024)
#define TB_LIMIT_CONNECTIONS 4096
#define TB_LIMIT_HEAD_MS 30000 /* idle, then the TLS handshake and the whole head */
/* The same while seven of eight of a worker's connections are taken. */
#define TB_LIMIT_HEAD_CROWDED_MS 5000
#define TB_LIMIT_BODY_MS 20000    /* the whole body */
#define TB_LIMIT_SENDING_MS 30000 /* the whole answer */
#define TB_LIMIT_OWN_DESCRIPTORS                                                                   \
    192 /* lanes, listeners, loops, files; the rest is for connections */

/* Lanes: connections to PostgreSQL, jobs in flight on one, jobs waiting for one. A connection has
 * one request, so the clients of one worker cannot fill its lanes' queues, nor those of two the
 * writes'. */
#define TB_LIMIT_READ_CONNECTIONS 2
#define TB_LIMIT_READ_DEPTH 64
#define TB_LIMIT_READ_GROUP 8  /* reads that share a Sync: the first waits for the last */
#define TB_LIMIT_READ_BATCH 64 /* reads of one operation and district in one statement */
#define TB_LIMIT_READ_BATCH_BYTES (256 * 1024) /* of one of its arrays */
#define TB_LIMIT_READ_BATCHES 2                /* away at a time; what comes meanwhile waits */
#define TB_LIMIT_PAGE_CONNECTIONS 2
#define TB_LIMIT_PAGE_DEPTH 2
#define TB_LIMIT_LANE_QUEUE 4096
#define TB_LIMIT_WRITE_CONNECTIONS 4
#define TB_LIMIT_WRITES_IN_FLIGHT_A_DISTRICT 2
#define TB_LIMIT_CONTENDED_CONNECTIONS 2
#define TB_LIMIT_WRITE_QUEUE 8192
#define TB_LIMIT_BATCH 64
#define TB_LIMIT_BATCH_BYTES (2 * 1024 * 1024)
#define TB_LIMIT_BATCH_SPREAD_MS 1000 /* between the deadlines of its requests */

/* Statements. A loser of a lock wait leaves its batch for the contended lane. */
#define TB_LIMIT_READ_STATEMENT_MS 5000
#define TB_LIMIT_WRITE_STATEMENT_MS 8000
#define TB_LIMIT_LOCK_WAIT_MS 50
#define TB_LIMIT_CONTENDED_LOCK_WAIT_MS 4000

/* A server of the database that is silent for so long beyond what its statements may take, or
 * beyond the deadline of what it runs, is given up. */
#define TB_LIMIT_SILENCE_MS 1000

/* Tokens are believed for so long without asking the database again: while it would tell of a
 * revocation, and otherwise. How often it is written down that they were used. */
#define TB_LIMIT_TOKEN_TRUST_MS 10000
#define TB_LIMIT_TOKEN_CACHE_MS 1000
#define TB_LIMIT_TOKEN_TOUCH_MS 5000
#define TB_LIMIT_TOKEN_CACHE_ENTRIES 4096

/* Rates, counted a process: of one token (the default of TIMEBANK_RATE_LIMIT), and of tokens that
 * one address presented in vain, of what one address writes without a token. */
#define TB_LIMIT_RATE_REQUESTS 1200
#define TB_LIMIT_RATE_REQUESTS_S 60
#define TB_LIMIT_RATE_FAILURES 60
#define TB_LIMIT_RATE_FAILURES_S 60
#define TB_LIMIT_RATE_STRANGER_WRITES 30
#define TB_LIMIT_RATE_STRANGER_WRITES_S 60
#define TB_LIMIT_RATE_KEYS 8192

/* Of the address that is printed. */
#define TB_LIMIT_URL_BYTES 200

#define TB_LIMIT_CORS_ORIGINS 16

/* Scans. The bytes of so many are in memory at a time, and so many files are open to be sent. */
#define TB_LIMIT_SCAN_BYTES (5 * 1024 * 1024)
#define TB_LIMIT_SCAN_MS 60000 /* the whole body: 5 MiB by a slow line */
#define TB_LIMIT_SCANS_COMING 16
#define TB_LIMIT_SCANS_GOING 64
#define TB_LIMIT_STORE_THREADS 2

/* Stopping: requests in flight, and a settlement that runs, get so long to end. */
#define TB_LIMIT_DRAIN_MS 10000

#endif
