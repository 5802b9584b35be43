#include "timebank/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Exact (presets asan and fuzz): each allocation is a chunk of its own, so that AddressSanitizer
 * sees a step beyond it, which would otherwise be a step into its neighbour. */
#ifdef TB_ARENA_EXACT
#define IS_EXACT true
#define CHUNK_BYTES 0
#define ALIGNMENT 1
#else
#define IS_EXACT false
#define CHUNK_BYTES 8192
#define ALIGNMENT alignof(max_align_t)
#endif

struct chunk {
    struct chunk *next;
    size_t cap;
    size_t used;
    alignas(max_align_t) char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *object);
    void *object;
};

struct tb_arena {
    struct chunk *chunks; /* newest first */
    struct deferred *deferred;
    size_t max_bytes;
    size_t used_bytes;
    bool overflow;
};

struct tb_arena *tb_arena_new(size_t max_bytes)
{
    struct tb_arena *arena = calloc(1, sizeof(*arena));
    if (arena != NULL)
        arena->max_bytes = max_bytes;
    return arena;
}

void tb_arena_free(struct tb_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct deferred *d = arena->deferred; d != NULL; d = d->next)
        d->release(d->object);
    for (struct chunk *chunk = arena->chunks; chunk != NULL;) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

static struct chunk *add_chunk(struct tb_arena *arena, size_t bytes)
{
    size_t cap = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    struct chunk *chunk = malloc(sizeof(*chunk) + cap);
    if (chunk == NULL)
        return NULL;
    *chunk = (struct chunk){.next = arena->chunks, .cap = cap};
    arena->chunks = chunk;
    return chunk;
}

void *tb_arena_alloc(struct tb_arena *arena, size_t bytes)
{
    if (bytes > arena->max_bytes - arena->used_bytes || bytes > PTRDIFF_MAX / 2) {
        arena->overflow = true;
        return NULL;
    }
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct chunk *chunk = arena->chunks;
    if (chunk == NULL || IS_EXACT || chunk->cap - chunk->used < rounded)
        chunk = add_chunk(arena, rounded);
    if (chunk == NULL) {
        arena->overflow = true;
        return NULL;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->used_bytes += bytes;
    return memset(memory, 0, bytes); /* not the whole chunk: most of it is never used */
}

char *tb_arena_copy(struct tb_arena *arena, const char *bytes, size_t len)
{
    char *copy = tb_arena_alloc(arena, len + 1);
    if (copy != NULL && len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

struct tb_str tb_arena_str(struct tb_arena *arena, struct tb_str s)
{
    char *copy = tb_arena_copy(arena, s.ptr, s.len);
    return (struct tb_str){copy, copy != NULL ? s.len : 0};
}

char *tb_arena_printf(struct tb_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    char small[128];
    int len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    char *text = len < 0 ? NULL : tb_arena_alloc(arena, (size_t)len + 1);
    if (text != NULL && (size_t)len < sizeof(small))
        memcpy(text, small, (size_t)len);
    else if (text != NULL)
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

enum tb_err tb_arena_defer(struct tb_arena *arena, void (*release)(void *object), void *object)
{
    struct deferred *d = tb_arena_alloc(arena, sizeof(*d));
    if (d == NULL) {
        release(object);
        return TB_ERR_NO_MEMORY;
    }
    *d = (struct deferred){arena->deferred, release, object};
    arena->deferred = d;
    return TB_OK;
}

bool tb_arena_overflowed(const struct tb_arena *arena)
{
    return arena->overflow;
}

size_t tb_arena_used_bytes(const struct tb_arena *arena)
{
    return arena->used_bytes;
}
