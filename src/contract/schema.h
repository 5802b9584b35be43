/*
 * Inside of the schema module: the compiled node and what its files share.
 *
 * schema_load.c   the set, its table, references, errors of loading
 * schema_keyword.c what each keyword means at load
 * schema_view.c   cycles, the merged view for the engine
 * schema_check.c  checking values        schema_text.c   checking text
 * schema_error.c  errors of checking     schema_pattern.c, schema_format.c, schema_number.c
 */
#ifndef TIMEBANK_CONTRACT_SCHEMA_H
#define TIMEBANK_CONTRACT_SCHEMA_H

#include "timebank/schema.h"

struct tb_schema_pattern;

enum tb_schema_format {
    TB_SCHEMA_FORMAT_NONE,
    TB_SCHEMA_FORMAT_UUID,
    TB_SCHEMA_FORMAT_DATE,
    TB_SCHEMA_FORMAT_TIME,
    TB_SCHEMA_FORMAT_DATE_TIME,
    TB_SCHEMA_FORMAT_ANNOTATION,
};

/* Inclusive; the whole range means no limit. */
struct tb_schema_span {
    size_t min;
    size_t max;
};

struct tb_schema_list {
    const struct tb_schema **items;
    size_t count;
};

struct tb_schema_view {
    unsigned types;
    struct tb_str format;
    struct tb_schema_property *properties;
    size_t property_count;
    const struct tb_schema *items;
};

enum tb_schema_state { TB_SCHEMA_NEW, TB_SCHEMA_ENTERED, TB_SCHEMA_DONE };

struct tb_schema {
    const json_t *raw;
    struct tb_schema *next_new; /* during load: compiled, not yet viewed */
    enum tb_schema_state state; /* during load: see tb_schema_view_build */
    bool never;                 /* the schema `false` */
    bool unique_items;
    unsigned types; /* 0: any */
    enum tb_schema_format format;
    struct tb_schema_pattern *pattern;
    const json_t *enum_values; /* these seven: NULL when absent */
    const json_t *const_value;
    const json_t *minimum;
    const json_t *maximum;
    const json_t *exclusive_minimum;
    const json_t *exclusive_maximum;
    const json_t *multiple_of;
    struct tb_schema_span length; /* code points */
    struct tb_schema_span item_count;
    struct tb_schema_span property_count;
    const json_t *required;
    const json_t *properties_raw; /* for finding a name; NULL when absent */
    struct tb_schema_property *properties;
    size_t properties_len;
    const struct tb_schema *additional; /* these four: NULL when absent */
    const struct tb_schema *property_names;
    const struct tb_schema *items;
    const struct tb_schema *ref;
    struct tb_schema_list prefix_items;
    struct tb_schema_list all_of;
    struct tb_schema_view view;
};

struct tb_schema_slot {
    const json_t *raw; /* NULL: free */
    struct tb_schema *node;
};

struct tb_schema_set {
    const json_t *root;
    struct tb_arena *arena;
    struct tb_schema_slot *slots; /* open addressing by the address of raw */
    size_t slot_cap;              /* a power of two */
    size_t slot_count;
    struct tb_schema *newest; /* list over next_new */
    bool broken;              /* a compilation failed */
};

/* One compilation. */
struct tb_schema_loader {
    struct tb_schema_set *set;
    const json_t *top; /* what the caller asked for */
    struct tb_error_text *error;
};

/* schema_load.c. `parent` and `keyword` say where, for the message. */
enum tb_err tb_schema_load(struct tb_schema_loader *loader, const json_t *raw, const json_t *parent,
                           const char *keyword, const struct tb_schema **ret_schema);
enum tb_err tb_schema_load_ref(struct tb_schema_loader *loader, struct tb_schema *node,
                               const char *keyword, const json_t *value);
__attribute__((format(printf, 4, 5))) enum tb_err
tb_schema_load_fail(struct tb_schema_loader *loader, const json_t *parent, const char *keyword,
                    const char *format, ...);

/* schema_keyword.c */
enum tb_err tb_schema_load_keyword(struct tb_schema_loader *loader, struct tb_schema *node,
                                   const char *name, const json_t *value);

/* schema_view.c: TB_ERR_CONFIG for a schema that contains itself. */
enum tb_err tb_schema_view_build(struct tb_schema_loader *loader, struct tb_schema *node);
struct tb_str tb_schema_types_text(unsigned set, struct tb_arena *arena);
unsigned tb_schema_type_of_name(const char *name); /* 0: no such type */

/* schema_pattern.c */
enum tb_err tb_schema_pattern_compile(struct tb_str source, struct tb_arena *arena,
                                      struct tb_schema_pattern **ret_pattern,
                                      struct tb_error_text *reterr_text);
bool tb_schema_pattern_matches(const struct tb_schema_pattern *pattern, struct tb_str text);
struct tb_str tb_schema_pattern_source(const struct tb_schema_pattern *pattern);

/* schema_format.c */
bool tb_schema_format_of_name(struct tb_str name, enum tb_schema_format *ret_format);
bool tb_schema_format_matches(enum tb_schema_format format, struct tb_str text);

/* schema_number.c: exactly, in decimal; divisor > 0. */
bool tb_schema_is_multiple(const json_t *value, const json_t *divisor);

/* schema_error.c */
struct tb_schema_step {
    const struct tb_schema_step *up; /* NULL: the base, taken as it is */
    const char *key;                 /* NULL: index counts */
    size_t index;
};
void tb_schema_error_add(struct tb_schema_errors *errors, struct tb_arena *arena,
                         enum tb_schema_code code, const struct tb_schema_step *at,
                         struct tb_str expected);
/* As the same, with a JSON value (a limit or the list of an enum) as what was expected. */
void tb_schema_error_add_json(struct tb_schema_errors *errors, struct tb_arena *arena,
                              enum tb_schema_code code, const struct tb_schema_step *at,
                              const json_t *expected);

/* schema_check.c: the value's types as bits (an integer has NUMBER too). */
unsigned tb_schema_value_types(const json_t *value);

#endif
