#include "message/file_type.h"

/* PNG: ISO/IEC 15948, 5.2. JPEG: ITU-T T.81, B.1.1.3, the marker SOI and the next one's first byte.
 * PDF: ISO 32000-1, 7.5.2. */
static const struct tb_file_type types[] = {
    {"image/png", "png", {"\x89PNG\r\n\x1a\n", 8}},
    {"image/jpeg", "jpg", {"\xff\xd8\xff", 3}},
    {"application/pdf", "pdf", {"%PDF-", 5}},
};

const struct tb_file_type *tb_file_type_of(struct tb_str content_type)
{
    struct tb_str name = content_type;
    const char *semicolon = name.len > 0 ? memchr(name.ptr, ';', name.len) : NULL;
    if (semicolon != NULL)
        name.len = (size_t)(semicolon - name.ptr);
    while (name.len > 0 && (name.ptr[name.len - 1] == ' ' || name.ptr[name.len - 1] == '\t'))
        name.len--;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (tb_str_eq_nocase(name, tb_str_of(types[i].name)))
            return &types[i];
    return NULL;
}

bool tb_file_type_fits(const struct tb_file_type *type, struct tb_str bytes)
{
    return tb_str_starts_with(bytes, type->begin);
}
