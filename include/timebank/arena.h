/*
 * Arena: memory that lives as long as one request (or one load), freed all at once.
 *
 * Invariant: an arena never holds more than max_bytes. At the limit an allocation gives NULL and
 * tb_arena_overflowed() stays true; a request then answers 503 `request_memory`.
 * Objects of other libraries are handed over with tb_arena_defer and released in reverse order.
 * Not for use by two threads at once.
 */
#ifndef TIMEBANK_ARENA_H
#define TIMEBANK_ARENA_H

#include "timebank/error.h"
#include "timebank/str.h"

struct tb_arena;

/* NULL when the process has no memory. */
struct tb_arena *tb_arena_new(size_t max_bytes);

/* Runs the deferred releases, newest first, then frees everything. NULL is allowed. */
void tb_arena_free(struct tb_arena *arena);

/* Zeroed memory aligned for any type; NULL at the limit. */
void *tb_arena_alloc(struct tb_arena *arena, size_t bytes);

/* A terminated copy; NULL at the limit. */
char *tb_arena_copy(struct tb_arena *arena, const char *bytes, size_t len);
struct tb_str tb_arena_str(struct tb_arena *arena, struct tb_str s);

/* Formatted and terminated; NULL at the limit. */
__attribute__((format(printf, 2, 3))) char *tb_arena_printf(struct tb_arena *arena,
                                                            const char *format, ...);

/* The arena will call release(object) when it is freed; if it cannot note that, it calls it now
 * and gives TB_ERR_NO_MEMORY. */
enum tb_err tb_arena_defer(struct tb_arena *arena, void (*release)(void *object), void *object);

bool tb_arena_overflowed(const struct tb_arena *arena);
size_t tb_arena_used_bytes(const struct tb_arena *arena);

#endif
