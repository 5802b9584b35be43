/* The two languages in which people are spoken to; Chinese where nothing else is said. */
#ifndef TIMEBANK_LANGUAGE_H
#define TIMEBANK_LANGUAGE_H

enum tb_language { TB_LANGUAGE_ZH, TB_LANGUAGE_EN, TB_LANGUAGE_COUNT };

/* For Content-Language. */
static inline const char *tb_language_tag(enum tb_language language)
{
    return language == TB_LANGUAGE_EN ? "en" : "zh-CN";
}

#endif
