/*
 * Growable bytes with a maximum fixed at birth.
 *
 * Invariant: len <= cap <= max_bytes. A write that would pass max_bytes changes nothing and sets
 * `overflow`, which never clears: check it once, at the end. data is not terminated.
 * The buffer owns data; tb_buf_fini frees it; tb_buf_take hands it (malloc) to the caller.
 */
#ifndef TIMEBANK_BUF_H
#define TIMEBANK_BUF_H

#include "timebank/error.h"
#include "timebank/str.h"

struct tb_buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max_bytes;
    bool overflow;
};

void tb_buf_init(struct tb_buf *buf, size_t max_bytes);
void tb_buf_fini(struct tb_buf *buf);
void tb_buf_add(struct tb_buf *buf, const char *bytes, size_t len);
void tb_buf_add_char(struct tb_buf *buf, char c);
void tb_buf_add_str(struct tb_buf *buf, struct tb_str s);
void tb_buf_add_text(struct tb_buf *buf, const char *terminated);
__attribute__((format(printf, 2, 3))) void tb_buf_printf(struct tb_buf *buf, const char *format,
                                                         ...);
/* s as a JSON string with its quotes. Invalid UTF-8 never occurs here: input is checked. */
void tb_buf_add_json_string(struct tb_buf *buf, struct tb_str s);

/* data with its ownership (free() it); the buffer is empty afterwards. */
char *tb_buf_take(struct tb_buf *buf, size_t *ret_len);

static inline struct tb_str tb_buf_str(const struct tb_buf *buf)
{
    return (struct tb_str){buf->data, buf->len};
}

#endif
