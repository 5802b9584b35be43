#include "contract/schema.h"
#include "timebank/json.h"

#include <stdlib.h>

/* digits * 10^exponent, digits >= 0: a sign does not matter for divisibility. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* The decimal that was written, for up to 17 significant digits: 0.0075 is 75 * 10^-4, although
 * no double is. */
static struct decimal decimal_of_real(double real)
{
    char text[TB_JSON_REAL_BYTES];
    tb_json_real_text(real, text);
    struct decimal decimal = {0, 0};
    bool behind_point = false;
    const char *c = text;
    for (; *c != '\0' && *c != 'e'; c++) {
        if (*c == '.')
            behind_point = true;
        if (*c < '0' || *c > '9')
            continue;
        decimal.digits = decimal.digits * 10 + (uint64_t)(*c - '0');
        decimal.exponent -= behind_point ? 1 : 0;
    }
    if (*c == 'e')
        decimal.exponent += (int)strtol(c + 1, NULL, 10);
    return decimal;
}

static struct decimal decimal_of(const json_t *number)
{
    if (json_is_real(number))
        return decimal_of_real(json_real_value(number));
    json_int_t value = json_integer_value(number);
    uint64_t bits = (uint64_t)value;
    return (struct decimal){value < 0 ? 0 - bits : bits, 0};
}

/* (a * 10^shift) mod b; the product stays below 10 * 2^64. */
static uint64_t shifted_remainder(uint64_t a, int shift, uint64_t b)
{
    uint64_t rest = a % b;
    for (; shift > 0 && rest != 0; shift--)
        rest = (uint64_t)((unsigned __int128)rest * 10 % b);
    return rest;
}

bool tb_schema_is_multiple(const json_t *value, const json_t *divisor)
{
    struct decimal a = decimal_of(value);
    struct decimal b = decimal_of(divisor);
    TB_BUG_IF(b.digits == 0);
    if (a.digits == 0)
        return true;
    if (a.exponent >= b.exponent)
        return shifted_remainder(a.digits, a.exponent - b.exponent, b.digits) == 0;
    for (int shift = b.exponent - a.exponent; shift > 0; shift--)
        if (__builtin_mul_overflow(b.digits, 10, &b.digits))
            return false; /* larger than any value */
    return a.digits % b.digits == 0;
}
