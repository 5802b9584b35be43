#include "timebank/contract.h"

static const char *const role_names[TB_ROLE_COUNT] = {
    [TB_ROLE_DISTRICT_ADMIN] = "district_admin",
    [TB_ROLE_SUBDISTRICT_ADMIN] = "subdistrict_admin",
    [TB_ROLE_SUBDISTRICT_CLERK] = "subdistrict_clerk",
    [TB_ROLE_COMMUNITY_SECRETARY] = "community_secretary",
    [TB_ROLE_COMMUNITY_CLERK] = "community_clerk",
    [TB_ROLE_TEAM_LEADER] = "team_leader",
    [TB_ROLE_RESIDENTS_GROUP_HEAD] = "residents_group_head",
    [TB_ROLE_INFORMATION_OFFICER] = "information_officer",
    [TB_ROLE_VOLUNTEER] = "volunteer",
    [TB_ROLE_RESIDENT] = "resident",
    [TB_ROLE_AUDITOR] = "auditor",
    [TB_ROLE_REPORT_READER] = "report_reader",
};

static const char *const method_names[TB_METHOD_COUNT] = {
    [TB_GET] = "GET", [TB_POST] = "POST",     [TB_PATCH] = "PATCH",
    [TB_PUT] = "PUT", [TB_DELETE] = "DELETE",
};

static bool find_name(const char *const *names, int count, struct tb_str name, int *ret_index)
{
    for (int i = 0; i < count; i++) {
        if (tb_str_is(name, names[i])) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

const char *tb_role_name(enum tb_role role)
{
    return role_names[role];
}

bool tb_role_parse(struct tb_str name, enum tb_role *ret_role)
{
    int index;
    if (!find_name(role_names, TB_ROLE_COUNT, name, &index))
        return false;
    *ret_role = (enum tb_role)index;
    return true;
}

const char *tb_method_name(enum tb_method method)
{
    return method_names[method];
}

bool tb_method_parse(struct tb_str name, enum tb_method *ret_method)
{
    int index;
    if (!find_name(method_names, TB_METHOD_COUNT, name, &index))
        return false;
    *ret_method = (enum tb_method)index;
    return true;
}
