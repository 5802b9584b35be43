/*
 * JSON: the strict reading of what came from outside, and canonical bytes of a value.
 *
 * Source: RFC 8259 (text), RFC 6901 (pointers), RFC 7493 I-JSON for what is refused beyond the
 * grammar: duplicate member names, text that is not UTF-8, lone surrogates, numbers that would
 * lose their value. It never writes answers (the engine does) and never repairs its input.
 * Invariant: a value from tb_json_parse nests no deeper than max_depth, holds no NUL in any
 * string, only finite reals and only int64 integers, and lives as long as its arena.
 */
#ifndef TIMEBANK_JSON_H
#define TIMEBANK_JSON_H

#include "timebank/arena.h"
#include "timebank/buf.h"
#include "timebank/error.h"
#include "timebank/str.h"

#include <jansson.h>

#define TB_JSON_DEPTH_DEFAULT 32
#define TB_JSON_DEPTH_MAX 128
/* A value costs the parser up to some 100 bytes, so `[[],[],…` must not be allowed to pass just
 * because its bytes are few. */
#define TB_JSON_VALUES_DEFAULT 65536

struct tb_json_limits {
    unsigned max_depth; /* containers within each other; 0: the default; at most DEPTH_MAX */
    size_t max_values;  /* values in all, containers included; 0: the default */
    bool allow_scalar;  /* whether the whole text may be a string, number, boolean or null */
};

enum tb_json_code {
    TB_JSON_MALFORMED,
    TB_JSON_EMPTY,
    TB_JSON_DUPLICATE_KEY,
    TB_JSON_TOO_DEEP,
    TB_JSON_TOO_MANY_VALUES,
    TB_JSON_NOT_UTF8,
    TB_JSON_NUL_CHARACTER,
    TB_JSON_NUMBER_RANGE, /* an integer beyond int64 or a real beyond a double */
    TB_JSON_SCALAR,       /* neither object nor array, and allow_scalar is off */
    TB_JSON_NO_MEMORY,
};

struct tb_json_error {
    enum tb_json_code code;
    int line;              /* from 1 */
    int column;            /* from 1, in bytes; it may point just behind what is wrong */
    size_t position;       /* bytes before that place */
    struct tb_str pointer; /* RFC 6901, in the arena; ptr NULL: not known */
    struct tb_str name;    /* of a duplicate key, in the arena; otherwise ptr NULL */
    char text[192];        /* English, for people; may quote up to 20 bytes of the input */
};

/* The stable name for clients, for instance "json_duplicate_key". Never NULL. */
const char *tb_json_code_name(enum tb_json_code code);

/* Parses all of bytes. The arena owns *ret_value. limits NULL: all defaults.
 * TB_ERR_INVALID, TB_ERR_LIMIT (depth, number of values) or TB_ERR_NO_MEMORY. */
TB_CHECK_RESULT enum tb_err tb_json_parse(struct tb_str bytes, const struct tb_json_limits *limits,
                                          struct tb_arena *arena, json_t **ret_value,
                                          struct tb_json_error *reterr_error);

/* Hands one reference of value to the arena. On TB_ERR_NO_MEMORY the reference is gone too. */
TB_CHECK_RESULT enum tb_err tb_json_defer(struct tb_arena *arena, json_t *value);

/* Adds the canonical bytes: members sorted by the bytes of their names, no blanks, integers as
 * they are, reals in the shortest form that reads back the same; a real with an integer's value
 * within int64 as that integer, so that 1.0 and 1 give the same bytes. For fingerprints: equal
 * bytes if and only if tb_json_equal. Memory that runs out shows as out->overflow. */
void tb_json_canonical(const json_t *value, struct tb_buf *out);

/* Equality of JSON Schema: 1 equals 1.0, the order of members does not matter. */
bool tb_json_equal(const json_t *a, const json_t *b);

/* Below zero, zero or above, exactly: an integer is never rounded to a double. Both are numbers. */
int tb_json_compare_numbers(const json_t *a, const json_t *b);

#define TB_JSON_REAL_BYTES 32

/* The shortest of %.15g, %.16g and %.17g that reads back the same, with '.' in every locale. */
void tb_json_real_text(double value, char ret_text[TB_JSON_REAL_BYTES]);

/* An integer, or a real with an integer's value within ±2^53 (beyond, a real is not exact). */
bool tb_json_to_int64(const json_t *value, int64_t *ret_value);

/* The bytes of a string, living as long as value; ptr is NULL when value is no string. */
struct tb_str tb_json_str(const json_t *value);

/* Adds "/" and the segment with "~" and "/" escaped. */
void tb_json_pointer_add(struct tb_buf *out, struct tb_str segment);

#endif
