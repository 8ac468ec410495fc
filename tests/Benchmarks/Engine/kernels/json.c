// Writes an array of n objects as JSON text, parses it and adds up what it says.
#include <stdint.h>
static char text[8 * 1024 * 1024];
static int end, at;

static void put(const char *s) { while (*s) text[end++] = *s++; }

static void put_number(uint32_t n)
{
    char digits[10];
    int count = 0;
    do digits[count++] = (char)('0' + n % 10); while (n /= 10);
    while (count) text[end++] = digits[--count];
}

static void skip(void) { while (text[at] == ' ' || text[at] == '\n') at++; }

static int value(int depth);

static int string(void)
{
    int hash = 5381;
    at++;
    while (text[at] != '"')
    {
        if (text[at] == '\\')
            at++;
        hash = hash * 33 ^ text[at++];
    }
    at++;
    return hash & 0xff;
}

static int members(char close, int depth)
{
    int sum = 0;
    at++;
    for (skip(); text[at] != close; skip())
    {
        if (close == '}')
        {
            sum += string();
            skip(), at++;
        }
        sum += value(depth + 1);
        skip();
        if (text[at] == ',')
            at++;
    }
    at++;
    return sum;
}

static int number(void)
{
    int negative = text[at] == '-', n = 0;
    at += negative;
    while (text[at] >= '0' && text[at] <= '9')
        n = n * 10 + text[at++] - '0';
    return negative ? -n : n;
}

static int value(int depth)
{
    skip();
    switch (text[at])
    {
        case '{': return depth > 64 ? 0 : members('}', depth);
        case '[': return depth > 64 ? 0 : members(']', depth);
        case '"': return string();
        case 't': at += 4; return 1;
        case 'f': at += 5; return 2;
        case 'n': at += 4; return 3;
        default: return number();
    }
}

int run(int n)
{
    end = at = 0;
    put("[");
    for (int i = 0; i < n; i++)
    {
        put(i ? ",\n{\"id\": " : "{\"id\": "), put_number((uint32_t)i);
        put(", \"name\": \"worker \\\""), put_number((uint32_t)i * 7919u), put("\\\"\", \"online\": ");
        put(i & 1 ? "true" : i & 2 ? "false" : "null"), put(", \"fuel\": [-1, 22, "), put_number((uint32_t)i * 31u), put("], \"offer\": {\"price\": 5}}");
    }
    put("]");
    text[end] = 0;
    return value(0);
}
