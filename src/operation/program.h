/* The parts of tb_programs_load. */
#ifndef TB_OPERATION_PROGRAM_H
#define TB_OPERATION_PROGRAM_H

#include "timebank/buf.h"
#include "timebank/program.h"

#define SQL_MAX_BYTES (256 * 1024)

/* Where the bindings of one statement are gathered. */
struct tb_program_writer {
    const struct tb_operation *operation;
    struct tb_arena *arena;
    struct tb_error_text *error;
    struct tb_binding bindings[TB_BINDINGS_MAX];
    size_t bindings_count;
};

/* The $n of a binding: that of an equal one, or a new one. TB_ERR_CONFIG beyond the limit. */
enum tb_err tb_program_bind(struct tb_program_writer *writer, struct tb_binding binding,
                            struct tb_buf *out);

/* Makes the gathered text and bindings a registered step named "<operationId>.<suffix>". */
enum tb_err tb_program_finish(struct tb_program_writer *writer, struct tb_buf *sql,
                              const char *suffix, struct tb_program_step *ret_step);

enum tb_err tb_program_load_read(struct tb_program_writer *writer, struct tb_str text,
                                 struct tb_program *program);
enum tb_err tb_program_load_write(struct tb_program_writer *writer, struct tb_str text,
                                  struct tb_program *program);

/* Writes what stands for a read's :name. context is the writer. */
enum tb_err tb_program_replace_read(struct tb_str name, struct tb_buf *out, void *context);

__attribute__((format(printf, 2, 3))) enum tb_err
tb_program_refuse(struct tb_program_writer *writer, const char *format, ...);

#endif
