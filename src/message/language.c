/* Accept-Language. */
#include "message/header.h"
#include "message/scan.h"

/* How much something is wanted; of equal weights the earlier place wins. */
struct wish {
    int weight; /* thousandths; -1: not named */
    size_t place;
};

/* What a list of ranges says of the languages there are, and of any other. */
struct wishes {
    struct wish languages[TB_LANGUAGE_COUNT];
    struct wish any;
};

/* "0.8" → 800; -1: no weight. */
static int read_weight(struct tb_str text)
{
    static const int units[] = {1000, 0, 100, 10, 1};
    int weight = 0;
    if (text.len == 0 || text.len > 5 || text.ptr[0] > '1' || (text.len > 1 && text.ptr[1] != '.'))
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (i != 1 && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return -1;
        weight += i != 1 ? (text.ptr[i] - '0') * units[i] : 0;
    }
    return weight <= 1000 ? weight : -1;
}

/* An element of the list: a range and perhaps a weight. */
static bool scan_range(struct tb_str *rest, struct tb_str *ret_range, int *ret_weight)
{
    struct tb_str name;
    struct tb_str value;
    *ret_weight = 1000;
    if (!tb_scan_token(rest, ret_range))
        return false;
    tb_scan_blanks(rest);
    if (!tb_scan_char(rest, ';'))
        return true;
    tb_scan_blanks(rest);
    if (!tb_scan_token(rest, &name) || !tb_str_eq_nocase(name, TB_STR("q")) ||
        !tb_scan_char(rest, '=') || !tb_scan_token(rest, &value))
        return false;
    tb_scan_blanks(rest);
    *ret_weight = read_weight(value);
    return *ret_weight >= 0;
}

/* "zh-CN" is Chinese too (RFC 4647, 3.4). */
static bool is_of(struct tb_str range, struct tb_str language)
{
    size_t len = language.len;
    return range.len >= len && tb_str_eq_nocase((struct tb_str){range.ptr, len}, language) &&
           (range.len == len || range.ptr[len] == '-');
}

static void note(struct wish *wish, int weight, size_t place)
{
    if (weight > wish->weight)
        *wish = (struct wish){weight, place};
}

static void note_range(struct wishes *wishes, struct tb_str range, int weight, size_t place)
{
    if (is_of(range, TB_STR("zh")))
        note(&wishes->languages[TB_LANGUAGE_ZH], weight, place);
    else if (is_of(range, TB_STR("en")))
        note(&wishes->languages[TB_LANGUAGE_EN], weight, place);
    else if (tb_str_is(range, "*"))
        note(&wishes->any, weight, place);
}

static struct wish wish_for(const struct wishes *wishes, enum tb_language language)
{
    const struct wish *own = &wishes->languages[language];
    return own->weight >= 0 ? *own : wishes->any;
}

enum tb_language tb_header_language(struct tb_str value)
{
    struct wishes wishes = {{{-1, 0}, {-1, 0}}, {-1, 0}};
    for (size_t place = 0; value.len > 0; place++) {
        const char *comma = memchr(value.ptr, ',', value.len);
        size_t len = comma != NULL ? (size_t)(comma - value.ptr) : value.len;
        struct tb_str element = {value.ptr, len};
        struct tb_str range;
        int weight;
        tb_scan_skip(&value, comma != NULL ? len + 1 : len);
        tb_scan_blanks(&element);
        if (scan_range(&element, &range, &weight) && element.len == 0)
            note_range(&wishes, range, weight, place);
    }
    struct wish zh = wish_for(&wishes, TB_LANGUAGE_ZH);
    struct wish en = wish_for(&wishes, TB_LANGUAGE_EN);
    bool prefers_en = en.weight > zh.weight || (en.weight == zh.weight && en.place < zh.place);
    return prefers_en && en.weight > 0 ? TB_LANGUAGE_EN : TB_LANGUAGE_ZH;
}
