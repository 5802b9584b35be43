#include "contract/route.h"

/* The next segment of *path without its slash; false at the end. */
static bool next_segment(struct tb_str *path, struct tb_str *ret_segment)
{
    if (path->len == 0 || path->ptr[0] != '/')
        return false;
    size_t end = 1;
    while (end < path->len && path->ptr[end] != '/')
        end++;
    *ret_segment = (struct tb_str){path->ptr + 1, end - 1};
    *path = (struct tb_str){path->ptr + end, path->len - end};
    return true;
}

static struct tb_route *find_literal(const struct tb_route *parent, struct tb_str segment)
{
    for (struct tb_route *child = parent->literals; child != NULL; child = child->next)
        if (tb_str_eq(child->segment, segment))
            return child;
    return NULL;
}

static struct tb_route *child_for(struct tb_route *parent, struct tb_str segment,
                                  struct tb_arena *arena)
{
    bool is_parameter = segment.len > 2 && segment.ptr[0] == '{';
    struct tb_route *child = is_parameter ? parent->parameter : find_literal(parent, segment);
    if (child != NULL)
        return child;
    child = tb_arena_alloc(arena, sizeof(*child));
    if (child == NULL)
        return NULL;
    child->segment = segment;
    if (is_parameter) {
        parent->parameter = child;
    } else {
        child->next = parent->literals;
        parent->literals = child;
    }
    return child;
}

enum tb_err tb_route_add(struct tb_route *root, struct tb_operation *operation,
                         struct tb_arena *arena)
{
    struct tb_str path = tb_str_of(operation->path);
    struct tb_route *at = root;
    struct tb_str segment;
    while (next_segment(&path, &segment)) {
        at = child_for(at, segment, arena);
        if (at == NULL)
            return TB_ERR_NO_MEMORY;
    }
    if (path.len != 0 || at->operations[operation->method] != NULL)
        return TB_ERR_CONFIG;
    at->operations[operation->method] = operation;
    return TB_OK;
}

static bool has_operation(const struct tb_route *route)
{
    for (int method = 0; method < TB_METHOD_COUNT; method++)
        if (route->operations[method] != NULL)
            return true;
    return false;
}

/* Depth is bounded by the contract's own paths. */
static const struct tb_route *walk(const struct tb_route *at, struct tb_str path,
                                   struct tb_match *match)
{
    struct tb_str segment;
    if (path.len == 0)
        return has_operation(at) ? at : NULL;
    if (!next_segment(&path, &segment))
        return NULL;
    const struct tb_route *literal = find_literal(at, segment);
    const struct tb_route *found = literal != NULL ? walk(literal, path, match) : NULL;
    if (found != NULL || at->parameter == NULL || segment.len == 0)
        return found;
    TB_BUG_IF(match->values_count == TB_PATH_PARAMETERS_MAX);
    match->values[match->values_count++] = segment;
    found = walk(at->parameter, path, match);
    if (found == NULL)
        match->values_count--;
    return found;
}

bool tb_contract_route(const struct tb_contract *contract, struct tb_str path,
                       struct tb_match *ret_match)
{
    struct tb_match match = {0};
    const struct tb_route *found = walk(contract->routes, path, &match);
    if (found == NULL)
        return false;
    match.operations = found->operations;
    *ret_match = match;
    return true;
}
