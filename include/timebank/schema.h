/*
 * Schemas: a declared subset of JSON Schema 2020-12, compiled once at load, then immutable and
 * usable by any number of threads.
 *
 * Source: JSON Schema 2020-12 (core and validation), RFC 3339 for dates and times, RFC 6901.
 * Supported: type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf,
 * minLength, maxLength, pattern, format (asserted: uuid, date, time, date-time; annotations:
 * int32, int64, float, double, email, uri, uri-reference, password; others are refused), items,
 * prefixItems, minItems, maxItems, uniqueItems, properties, required, additionalProperties,
 * propertyNames, minProperties, maxProperties, allOf, $ref (with siblings) to "#" or "#/…",
 * $defs, boolean schemas; and without effect: $comment, title, description, default, example,
 * examples, deprecated, readOnly, writeOnly, x-…, and at the root only $schema (2020-12 or
 * OpenAPI 3.1) and $id.
 * It never loads anything from elsewhere, never changes a value and never fills in defaults.
 * Invariant: every keyword that is accepted is enforced or listed above as without effect; every
 * other one is refused at load. No $ref or allOf leads back to its own schema without passing
 * through a member or element, so a check ends. Patterns stop at a limit of steps.
 */
#ifndef TIMEBANK_SCHEMA_H
#define TIMEBANK_SCHEMA_H

#include "timebank/arena.h"
#include "timebank/buf.h"
#include "timebank/error.h"
#include "timebank/language.h"
#include "timebank/str.h"

#include <jansson.h>

#define TB_SCHEMA_ERRORS_MAX 64
/* Names come from the client: 64 errors must not repeat a megabyte each. */
#define TB_SCHEMA_POINTER_BYTES_MAX 1024

struct tb_schema;
struct tb_schema_set;

/* ---- Load ---- */

/* Schemas of one document share what they refer to: each place is compiled once a set.
 * The document must stay unchanged for as long as the arena. TB_ERR_NO_MEMORY. */
TB_CHECK_RESULT enum tb_err tb_schema_set_new(const json_t *root_document, struct tb_arena *arena,
                                              struct tb_schema_set **ret_set);

/* `schema` is a place in the set's document or a tree of its own; $ref always means the document.
 * TB_ERR_CONFIG: the message begins with the place, ending in the keyword, then ": " ("#/a/minimum:
 * must be a number"); the set can then no longer be used. TB_ERR_NO_MEMORY. */
TB_CHECK_RESULT enum tb_err tb_schema_set_compile(struct tb_schema_set *set, const json_t *schema,
                                                  const struct tb_schema **ret_schema,
                                                  struct tb_error_text *reterr_text);

/* The same with a set of its own. */
TB_CHECK_RESULT enum tb_err tb_schema_compile(const json_t *root_document, const json_t *schema,
                                              struct tb_arena *arena,
                                              const struct tb_schema **ret_schema,
                                              struct tb_error_text *reterr_text);

/* ---- Check ---- */

enum tb_schema_code {
    TB_SCHEMA_REQUIRED,      /* the pointer is that of the missing member */
    TB_SCHEMA_UNKNOWN_FIELD, /* the pointer is that of the member */
    TB_SCHEMA_TYPE,
    TB_SCHEMA_ENUM,
    TB_SCHEMA_CONST,
    TB_SCHEMA_MINIMUM,
    TB_SCHEMA_MAXIMUM,
    TB_SCHEMA_EXCLUSIVE_MINIMUM,
    TB_SCHEMA_EXCLUSIVE_MAXIMUM,
    TB_SCHEMA_MULTIPLE_OF,
    TB_SCHEMA_MIN_LENGTH,
    TB_SCHEMA_MAX_LENGTH,
    TB_SCHEMA_PATTERN, /* also when the pattern ran into its limits */
    TB_SCHEMA_FORMAT,
    TB_SCHEMA_MIN_ITEMS,
    TB_SCHEMA_MAX_ITEMS,
    TB_SCHEMA_UNIQUE_ITEMS,
    TB_SCHEMA_MIN_PROPERTIES,
    TB_SCHEMA_MAX_PROPERTIES,
    TB_SCHEMA_PROPERTY_NAME, /* the pointer is that of the member */
    TB_SCHEMA_NOT_ALLOWED,   /* the schema is `false` */
    TB_SCHEMA_NUMBER_RANGE,  /* text only: beyond int64 or a double */
    TB_SCHEMA_INVALID_TEXT,  /* text only: not UTF-8, or a NUL in it */
    TB_SCHEMA_CODE_COUNT,
};

struct tb_schema_error {
    struct tb_str pointer; /* base and RFC 6901, in the arena; of an ancestor when longer than
                              TB_SCHEMA_POINTER_BYTES_MAX; ptr NULL: the arena overflowed */
    enum tb_schema_code code;
    struct tb_str expected; /* limit, format, pattern, types or values; ptr NULL: none */
};

/* {0} at first. Several checks may fill one of these. */
struct tb_schema_errors {
    struct tb_schema_error items[TB_SCHEMA_ERRORS_MAX];
    size_t count;
    bool truncated; /* there was at least one more; the check stopped there */
};

/* Adds what is wrong with value to errors and gives the number of faults found: 0 if and only if
 * it is valid. A fault that errors holds already is counted but not added again. The arena takes
 * the errors' text; an arena that overflows never makes a value valid. */
size_t tb_schema_validate(const struct tb_schema *schema, const json_t *value,
                          struct tb_arena *arena, struct tb_schema_errors *errors);

/* The same with base (taken as it is) in front of every pointer; base may be absent. */
size_t tb_schema_validate_at(const struct tb_schema *schema, const json_t *value,
                             struct tb_str base, struct tb_arena *arena,
                             struct tb_schema_errors *errors);

/* A parameter's text (percent-decoded): read by the schema's types as integer, number, boolean or
 * string, in this order, or as an array of those separated by commas (empty text: no element),
 * then checked. A schema without types reads a string. An integer type gives a JSON integer
 * ("1.0" too). On 0 *ret_value, owned by the arena, is the value; ret_value may be NULL. Text is
 * never null or an object. */
size_t tb_schema_validate_text(const struct tb_schema *schema, struct tb_str text,
                               struct tb_str base, struct tb_arena *arena,
                               struct tb_schema_errors *errors, json_t **ret_value);

/* "unknown_field" and so on: stable, for clients. */
const char *tb_schema_code_name(enum tb_schema_code code);

/* Adds a part of a sentence: "must be at least 1", "不得小于 1". */
void tb_schema_error_describe(const struct tb_schema_error *error, enum tb_language language,
                              struct tb_buf *out);

/* ---- Look ----
 * These look through $ref and allOf: a schema's own keyword wins over those of allOf (the last
 * first), these over $ref's. */

#define TB_SCHEMA_TYPE_NULL 1u
#define TB_SCHEMA_TYPE_BOOLEAN 2u
#define TB_SCHEMA_TYPE_INTEGER 4u
#define TB_SCHEMA_TYPE_NUMBER 8u /* never without INTEGER: `number` includes integers */
#define TB_SCHEMA_TYPE_STRING 16u
#define TB_SCHEMA_TYPE_ARRAY 32u
#define TB_SCHEMA_TYPE_OBJECT 64u
#define TB_SCHEMA_TYPE_ANY 127u

struct tb_schema_property {
    struct tb_str name;
    const struct tb_schema *schema;
    bool required;
};

/* The types that all of `type`, $ref and allOf allow; ANY when none says. */
unsigned tb_schema_types(const struct tb_schema *schema);
bool tb_schema_is_nullable(const struct tb_schema *schema);
/* Absent (ptr NULL) when there is none. */
struct tb_str tb_schema_format(const struct tb_schema *schema);
/* In the order of the document, those of $ref and allOf first; each name once. */
size_t tb_schema_property_count(const struct tb_schema *schema);
struct tb_schema_property tb_schema_property_at(const struct tb_schema *schema, size_t index);
bool tb_schema_find_property(const struct tb_schema *schema, struct tb_str name,
                             struct tb_schema_property *ret_property);
/* NULL when there is none. */
const struct tb_schema *tb_schema_items(const struct tb_schema *schema);
/* The schema as the document has it, without looking through anything. */
const json_t *tb_schema_raw(const struct tb_schema *schema);
/* The value of any keyword, for those that begin with x- above all; NULL when there is none. */
const json_t *tb_schema_keyword(const struct tb_schema *schema, const char *name);

#endif
