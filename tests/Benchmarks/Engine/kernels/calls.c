// Builds search trees, walks them, and asks Ackermann and two functions that take turns: functions of a few instructions that do little but call others.
#include <stdint.h>
#define SMALL __attribute__((noinline)) static

struct node { uint32_t key, left, right; };
static struct node nodes[1 << 16];
static uint32_t used;

SMALL uint32_t odd(uint32_t n);
SMALL uint32_t even(uint32_t n) { return n == 0 ? 1 : odd(n - 1) + 1; }
SMALL uint32_t odd(uint32_t n) { return n == 0 ? 0 : even(n - 1) ^ 1; }

SMALL uint32_t key(uint32_t at) { return nodes[at].key; }
SMALL uint32_t left(uint32_t at) { return nodes[at].left; }
SMALL uint32_t right(uint32_t at) { return nodes[at].right; }
SMALL void set_left(uint32_t at, uint32_t to) { nodes[at].left = to; }
SMALL void set_right(uint32_t at, uint32_t to) { nodes[at].right = to; }
SMALL int before(uint32_t a, uint32_t b) { return a < b; }
SMALL uint32_t rotate(uint32_t a, int by) { return a << by | a >> (32 - by); }
SMALL uint32_t mix(uint32_t a, uint32_t b) { return rotate(a ^ b, 13) * 2654435761u; }

SMALL uint32_t make(uint32_t of)
{
    nodes[++used] = (struct node){ of, 0, 0 };
    return used;
}

SMALL uint32_t insert(uint32_t at, uint32_t of)
{
    if (at == 0)
        return make(of);
    if (before(of, key(at)))
        set_left(at, insert(left(at), of));
    else
        set_right(at, insert(right(at), of));
    return at;
}

SMALL uint32_t visit(uint32_t at, uint32_t sum, int forwards);
SMALL uint32_t visit_backwards(uint32_t at, uint32_t sum) { return visit(right(at), mix(visit(left(at), sum, 1), key(at)), 0); }
SMALL uint32_t visit_forwards(uint32_t at, uint32_t sum) { return visit(left(at), mix(visit(right(at), sum, 0), key(at)), 1); }
SMALL uint32_t visit(uint32_t at, uint32_t sum, int forwards)
{
    return at == 0 ? sum : forwards ? visit_forwards(at, sum) : visit_backwards(at, sum);
}

SMALL uint32_t up(uint32_t n) { return n + 1; }
SMALL uint32_t down(uint32_t n) { return n - 1; }
SMALL uint32_t ackermann(uint32_t m, uint32_t n)
{
    return m == 0 ? up(n) : n == 0 ? ackermann(down(m), 1) : ackermann(down(m), ackermann(m, down(n)));
}

int run(int n)
{
    uint32_t sum = 0;
    for (int round = 0; round < n; round++)
    {
        used = 0;
        uint32_t root = 0;
        for (uint32_t i = 0; i < 1000; i++)
            root = insert(root, mix(i, sum));
        for (uint32_t i = 0; i < 10; i++)
            sum = visit(root, sum, i & 1);
        for (uint32_t i = 0; i < 30; i++)
            sum = mix(sum, even(1000 + (sum & 7)));
        sum = mix(sum, ackermann(2, 60 + (sum & 7)));
    }
    return (int)sum;
}
