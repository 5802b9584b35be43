/*
 * The two languages in which people are spoken to, and the choice between them.
 * Source: RFC 9110, 12.5.4 (Accept-Language); RFC 4647, 3.3.1 (a range matches what begins with
 * it).
 */
#ifndef TIMEBANK_LANGUAGE_H
#define TIMEBANK_LANGUAGE_H

#include "timebank/str.h"

enum tb_language { TB_LANGUAGE_ZH, TB_LANGUAGE_EN, TB_LANGUAGE_COUNT };

/* "zh-CN", "en": for Content-Language. */
const char *tb_language_tag(enum tb_language language);

/* Of an Accept-Language header (ptr NULL: none): the one with the higher weight, the first named of
 * two with the same. Chinese where the header prefers none of them. */
enum tb_language tb_language_choose(struct tb_str header);

#endif
