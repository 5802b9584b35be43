/* What makes a person look like one: a name, a birthday, numbers that belong to nobody. */
#include "demo/plan.h"

#include <stdio.h>

static const char *const surnames[] = {
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡",
    "郭", "何", "高", "林", "郑", "谢", "罗", "梁", "宋", "唐", "许", "韩", "冯", "邓", "曹",
    "彭", "曾", "肖", "田", "董", "潘", "袁", "于", "蒋", "蔡", "余", "杜", "叶", "程", "苏",
    "魏", "吕", "丁", "任", "沈", "姚", "卢", "姜", "崔", "钟", "谭", "陆", "汪", "范", "金",
};
/* Frequent among the Hui of the region. */
static const char *const hui_surnames[] = {"马", "杨", "回", "沙", "哈", "白", "丁", "金"};
static const char *const male_first[] = {"国", "德", "玉", "志", "文", "永",
                                         "振", "金", "福", "庆", "茂", "光"};
static const char *const male_second[] = {"华", "明", "山", "林", "祥", "海",
                                          "军", "忠", "义", "生", "平", "祯"};
static const char *const female_first[] = {"桂", "秀", "淑", "玉", "凤", "春",
                                           "月", "兰", "翠", "素", "爱", "慧"};
static const char *const female_second[] = {"英", "芳", "珍", "华", "云", "荣",
                                            "芝", "梅", "琴", "霞", "玲", "贞"};

#define PICK(chance, list) ((list)[tb_demo_chance_below(chance, sizeof(list) / sizeof((list)[0]))])

static void make_name(struct tb_demo_person *person, struct tb_demo_chance *chance)
{
    bool is_hui = strcmp(person->ethnicity, "回族") == 0;
    const char *surname = is_hui ? PICK(chance, hui_surnames) : PICK(chance, surnames);
    const char *first = person->is_female ? PICK(chance, female_first) : PICK(chance, male_first);
    const char *second =
        person->is_female ? PICK(chance, female_second) : PICK(chance, male_second);
    bool is_short = tb_demo_chance_permille(chance, 120);
    (void)snprintf(person->name, sizeof(person->name), "%s%s%s", surname, is_short ? "" : first,
                   second);
}

/* A lixiu served before October 1949; others are pensioners, staff or those who are served. */
static void make_birthday(struct tb_demo_person *person, struct tb_demo_chance *chance)
{
    int year = 0;
    switch (person->standing) {
    case TB_DEMO_IS_LIXIU:
        year = 1919 + (int)tb_demo_chance_below(chance, 14);
        break;
    case TB_DEMO_IS_TUIXIU:
        year = 1934 + (int)tb_demo_chance_below(chance, 19);
        break;
    case TB_DEMO_OTHER:
        year = person->category != NULL ? 1928 + (int)tb_demo_chance_below(chance, 20)
                                        : 1962 + (int)tb_demo_chance_below(chance, 24);
        break;
    }
    struct tb_ymd ymd = {year, 1 + (int)tb_demo_chance_below(chance, 12),
                         1 + (int)tb_demo_chance_below(chance, 28)};
    TB_BUG_IF(tb_date_from_ymd(ymd, &person->born) != TB_OK);
    ymd = (struct tb_ymd){1986 + (int)tb_demo_chance_below(chance, 24), ymd.month, 1};
    TB_BUG_IF(tb_date_from_ymd(ymd, &person->since) != TB_OK);
}

/* Areas 371490 to 371499 were never given out, so that the number is nobody's; its check digit is
 * right (GB 11643-1999). No mobile number begins with 100. */
static void make_numbers(struct tb_demo_person *person, unsigned index)
{
    static const int weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    struct tb_ymd born = tb_date_to_ymd(person->born);
    char text[40];
    int len = snprintf(text, sizeof(text), "%06u%04d%02d%02d%03u", 371490 + index / 500, born.year,
                       born.month, born.day, index % 500 * 2 + (person->is_female ? 0 : 1));
    TB_BUG_IF(len != 17 || index >= TB_DEMO_PERSONS_MAX);
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (text[i] - '0') * weights[i];
    memcpy(person->id_number, text, 17);
    person->id_number[17] = "10X98765432"[sum % 11];
    person->id_number[18] = '\0';
    (void)snprintf(person->phone, sizeof(person->phone), "100%08u", index + 1);
}

void tb_demo_person_make_up(struct tb_demo_plan *plan, unsigned index)
{
    struct tb_demo_person *person = &plan->persons[index];
    struct tb_demo_chance chance = tb_demo_chance_of(plan->seed, "person", index);
    make_name(person, &chance);
    make_birthday(person, &chance);
    make_numbers(person, index);
}
