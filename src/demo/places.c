#include "demo/plan.h"

#include <stdio.h>

const struct tb_demo_office tb_demo_offices[TB_DEMO_OFFICES] = {
    {371402001000, "新湖街道", false}, {371402002000, "新华街道", false},
    {371402003000, "天衢街道", false}, {371402004000, "广川街道", false},
    {371402100000, "二屯镇", true},    {371402101000, "黄河涯镇", true},
};

/* What the document names comes first; in which street it lies is made up. */
static const char *const xinhu[] = {"丰华", "北园", "小锅市", "尉署", "湖滨", "东方红",
                                    "迎宾", "文化", "解放",   "胜利", "青年", "人民"};
static const char *const xinhua[] = {"长乐", "南营", "新兴", "新建", "新园", "育红",
                                     "铁路", "前进", "和平", "光明", "建设", "友谊"};
static const char *const tianqu[] = {"岔河", "天祥", "天宁", "康博", "学府", "阳光",
                                     "紫荆", "东风", "东升", "星河", "兴河", "嘉诚"};
static const char *const guangchuan[] = {"广源", "广安", "广福", "广和", "仁和", "仁爱",
                                         "董子", "儒林", "德兴", "明月", "春晖"};
static const char *const ertun[] = {
    "二屯",   "前小屯", "后小屯", "东王庄", "西王庄", "北李庄", "南李庄", "刘集", "张家店",
    "赵庄",   "孙庄",   "于官屯", "高庄",   "杨庄",   "柳行",   "槐树庄", "枣园", "大杨树",
    "马家铺", "周庄",   "郑庄",   "田庄",   "宋庄",   "董庄",   "许庄",   "梁庄"};
static const char *const huangheya[] = {
    "黄河涯", "前河涯", "后河涯", "东堤", "西堤",   "桥头", "沙窝", "南卢庄", "北卢庄",
    "陈庄",   "曹庄",   "蔡庄",   "魏庄", "韩庄",   "徐庄", "何庄", "罗庄",   "谢庄",
    "邓庄",   "冯庄",   "袁庄",   "吕庄", "苏家集", "丁庄", "任庄"};

static const struct {
    const char *const *names;
    unsigned count;
    unsigned of_document;
} lists[TB_DEMO_OFFICES] = {
    {xinhu, 12, 4},      {xinhua, 12, 2}, {tianqu, 12, 1},
    {guangchuan, 11, 0}, {ertun, 26, 0},  {huangheya, 25, 0},
};

void tb_demo_places_make(struct tb_demo_place ret_places[TB_DEMO_COMMUNITIES])
{
    unsigned n = 0;
    for (unsigned office = 0; office < TB_DEMO_OFFICES; office++) {
        bool is_urban = !tb_demo_offices[office].is_town;
        for (unsigned i = 0; i < lists[office].count; i++, n++) {
            TB_BUG_IF(n == TB_DEMO_COMMUNITIES);
            struct tb_demo_place *place = &ret_places[n];
            *place = (struct tb_demo_place){
                .code = tb_demo_offices[office].code + (is_urban ? 1 : 200) + i,
                .office = office,
                .is_urban = is_urban,
                .is_of_document = i < lists[office].of_document,
            };
            (void)snprintf(place->name, sizeof(place->name), "%s社区", lists[office].names[i]);
        }
    }
    TB_BUG_IF(n != TB_DEMO_COMMUNITIES);
}

unsigned tb_demo_place_find(const struct tb_demo_place *places, const char *name)
{
    for (unsigned i = 0; i < TB_DEMO_COMMUNITIES; i++)
        if (strcmp(places[i].name, name) == 0)
            return i;
    tb_bug(__FILE__, __LINE__, name);
}
