#include "operation/cursor.h"

#include "timebank/json.h"
#include "timebank/limits.h"

#include <sodium.h>

struct tb_str tb_cursor_write(const struct tb_sort *sort, const struct tb_str *values,
                              struct tb_arena *arena)
{
    struct tb_buf json;
    tb_buf_init(&json, TB_LIMIT_CURSOR_BYTES / 4 * 3); /* base64 makes 4 of 3 */
    tb_buf_add_char(&json, '[');
    tb_buf_add_json_string(&json, sort->name);
    for (size_t i = 0; i < sort->columns_count; i++) {
        tb_buf_add_char(&json, ',');
        tb_buf_add_json_string(&json, values[i]);
    }
    tb_buf_add_char(&json, ']');
    size_t bytes = sodium_base64_ENCODED_LEN(json.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = json.overflow ? NULL : tb_arena_alloc(arena, bytes);
    if (text != NULL)
        sodium_bin2base64(text, bytes, (const unsigned char *)json.data, json.len,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    tb_buf_fini(&json);
    return tb_str_of(text);
}

static enum tb_err decode(struct tb_str text, struct tb_arena *arena, json_t **ret_parts)
{
    unsigned char bytes[TB_LIMIT_CURSOR_BYTES];
    size_t len = 0;
    struct tb_json_error error;
    if (text.len > TB_LIMIT_CURSOR_BYTES ||
        sodium_base642bin(bytes, sizeof(bytes), text.ptr, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return TB_ERR_INVALID;
    enum tb_err err =
        tb_json_parse((struct tb_str){(const char *)bytes, len}, NULL, arena, ret_parts, &error);
    return err == TB_ERR_LIMIT ? TB_ERR_INVALID : err;
}

enum tb_err tb_cursor_read(const struct tb_sort *sort, struct tb_str text, struct tb_arena *arena,
                           struct tb_str **ret_values)
{
    json_t *parts;
    enum tb_err err = decode(text, arena, &parts);
    if (err != TB_OK)
        return err;
    if (!json_is_array(parts) || json_array_size(parts) != sort->columns_count + 1 ||
        !tb_str_eq(tb_json_str(json_array_get(parts, 0)), sort->name))
        return TB_ERR_INVALID;
    struct tb_str *values = tb_arena_alloc(arena, sort->columns_count * sizeof(*values));
    if (values == NULL)
        return TB_ERR_NO_MEMORY;
    for (size_t i = 0; i < sort->columns_count; i++) {
        values[i] = tb_json_str(json_array_get(parts, i + 1));
        if (values[i].ptr == NULL)
            return TB_ERR_INVALID;
    }
    *ret_values = values;
    return TB_OK;
}
