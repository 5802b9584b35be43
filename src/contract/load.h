/* The parts of tb_contract_load. `loader` carries what they share; messages say which operation. */
#ifndef TB_CONTRACT_LOAD_H
#define TB_CONTRACT_LOAD_H

#include "contract/route.h"

struct tb_loader {
    struct tb_contract *contract;
    struct tb_arena *arena;
    struct tb_schema_set *schemas;
    struct tb_error_text *error;
};

/* One path item's operation. */
TB_CHECK_RESULT enum tb_err tb_load_operation(struct tb_loader *loader, const char *path,
                                              const json_t *path_item, const json_t *json,
                                              struct tb_operation *operation);

/* The answer: status, schema of one row, fields, sorts. */
TB_CHECK_RESULT enum tb_err tb_load_answer(struct tb_loader *loader, const json_t *json,
                                           struct tb_operation *operation);

/* A terminated text of the document, or NULL. */
const char *tb_load_text(const json_t *json, const char *key);

/* Follows one $ref "#/…" of the document; json itself when there is none; NULL when it leads
 * nowhere. */
const json_t *tb_load_resolve(const struct tb_loader *loader, const json_t *json);

#endif
