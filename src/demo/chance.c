#include "demo/plan.h"

#include <stdio.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t tb_demo_chance_next(struct tb_demo_chance *chance)
{
    chance->state += 0x9e3779b97f4a7c15u;
    return mix(chance->state);
}

/* The stream's name by FNV-1a; mix() then separates neighbouring numbers. */
struct tb_demo_chance tb_demo_chance_of(uint64_t seed, const char *stream, uint64_t number)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *c = stream; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    return (struct tb_demo_chance){mix(seed + mix(hash + mix(number + 1)))};
}

unsigned tb_demo_chance_below(struct tb_demo_chance *chance, unsigned limit)
{
    TB_BUG_IF(limit == 0);
    return (unsigned)(((tb_demo_chance_next(chance) >> 32) * limit) >> 32);
}

bool tb_demo_chance_permille(struct tb_demo_chance *chance, unsigned permille)
{
    return tb_demo_chance_below(chance, 1000) < permille;
}

void tb_demo_id(uint64_t seed, const char *kind, unsigned a, unsigned b, unsigned c,
                char ret_id[TB_UUID_TEXT_BYTES])
{
    char name[128];
    int len = snprintf(name, sizeof(name), "timebank.demo.1/%llu/%s/%u/%u/%u",
                       (unsigned long long)seed, kind, a, b, c);
    TB_BUG_IF(len < 0 || (size_t)len >= sizeof(name));
    tb_uuid_v8((struct tb_str){name, (size_t)len}, ret_id);
}
