#include "timebank/language.h"

#define WEIGHT_MAX 1000 /* q=1 in thousandths */
#define WEIGHT_UNSAID (-1)

const char *tb_language_tag(enum tb_language language)
{
    return language == TB_LANGUAGE_EN ? "en" : "zh-CN";
}

/* Splits *rest at the first `separator`: what stands before it, trimmed. */
static struct tb_str take_until(struct tb_str *rest, char separator)
{
    const char *end = memchr(rest->ptr, separator, rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->ptr) : rest->len;
    struct tb_str part = {rest->ptr, len};
    size_t skip = end != NULL ? len + 1 : len;
    *rest = (struct tb_str){rest->ptr + skip, rest->len - skip};
    return tb_str_trim(part);
}

/* "q=0.8" in thousandths; a weight that makes no sense counts as none said: 1. */
static int weight_of(struct tb_str parameters)
{
    struct tb_str text = take_until(&parameters, ';');
    if (text.len < 3 || (text.ptr[0] != 'q' && text.ptr[0] != 'Q') || text.ptr[1] != '=')
        return WEIGHT_MAX;
    if (text.ptr[2] != '0')
        return WEIGHT_MAX;
    int weight = 0;
    int unit = 100;
    for (size_t i = 4; i < text.len && unit > 0; i++, unit /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return WEIGHT_MAX;
        weight += (text.ptr[i] - '0') * unit;
    }
    return weight;
}

/* "en" and "en-GB" are of `primary` "en"; "english" is not. */
static bool is_of(struct tb_str tag, struct tb_str primary)
{
    return tag.len >= primary.len &&
           tb_str_eq_nocase((struct tb_str){tag.ptr, primary.len}, primary) &&
           (tag.len == primary.len || tag.ptr[primary.len] == '-');
}

struct weights {
    int of[TB_LANGUAGE_COUNT];
    int any; /* "*": of those that are not named */
    bool en_first;
};

static void take_range(struct weights *weights, struct tb_str tag, int weight)
{
    int *zh = &weights->of[TB_LANGUAGE_ZH];
    int *en = &weights->of[TB_LANGUAGE_EN];
    if (is_of(tag, TB_STR("zh")) && weight > *zh) {
        *zh = weight;
    } else if (is_of(tag, TB_STR("en")) && weight > *en) {
        *en = weight;
        weights->en_first = *zh == WEIGHT_UNSAID;
    } else if (tb_str_is(tag, "*")) {
        weights->any = weight;
    }
}

enum tb_language tb_language_choose(struct tb_str header)
{
    struct weights weights = {{WEIGHT_UNSAID, WEIGHT_UNSAID}, WEIGHT_UNSAID, false};
    while (header.len > 0) {
        struct tb_str item = take_until(&header, ',');
        struct tb_str tag = take_until(&item, ';');
        take_range(&weights, tag, weight_of(item));
    }
    int zh = weights.of[TB_LANGUAGE_ZH] != WEIGHT_UNSAID ? weights.of[TB_LANGUAGE_ZH] : weights.any;
    int en = weights.of[TB_LANGUAGE_EN];
    return en > 0 && (en > zh || (en == zh && weights.en_first)) ? TB_LANGUAGE_EN : TB_LANGUAGE_ZH;
}
