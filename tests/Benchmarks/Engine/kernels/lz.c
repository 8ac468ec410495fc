// Compresses n KiB of text-like bytes (n at most 4096) by matches found through a hash of four bytes, expands them and compares; the compressed size.
#include <stdint.h>
#define MAX (4096 * 1024)
static uint8_t plain[MAX], packed[MAX + MAX / 8 + 16], expanded[MAX];
static int32_t seen[1 << 15];

static void fill(int size)
{
    static const char *words[] = {"market ", "worker ", "lease ", "fuel ", "receipt ", "blob ", "the ", "of ", "a ", "and ", "price ", "1024 ", "\n"};
    uint32_t chance = 1;
    for (int at = 0; at < size;)
    {
        chance = chance * 1664525 + 1013904223;
        for (const char *c = words[(chance >> 16) % 13]; *c && at < size; c++)
            plain[at++] = (uint8_t)*c;
        if (chance >> 28 == 0 && at < size)
            plain[at++] = (uint8_t)(chance >> 8);
    }
}

static uint32_t four(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24; }

// A token: one byte of literals' count and one of match length, the literals, two bytes of distance.
static int pack(int size)
{
    int out = 0, from = 0, at = 0;
    for (int i = 0; i < 1 << 15; i++)
        seen[i] = -1;
    while (at + 4 <= size)
    {
        uint32_t hash = four(plain + at) * 2654435761u >> 17;
        int before = seen[hash], length = 0;
        seen[hash] = at;
        if (before >= 0 && at - before < 65536)
            while (length < 255 && at + length < size && plain[before + length] == plain[at + length])
                length++;
        if (length < 4 && at - from < 255)
        {
            at++;
            continue;
        }
        if (length < 4)
            length = 0;
        packed[out++] = (uint8_t)(at - from), packed[out++] = (uint8_t)length;
        while (from < at)
            packed[out++] = plain[from++];
        packed[out++] = (uint8_t)(at - before), packed[out++] = (uint8_t)((at - before) >> 8);
        from = at += length;
    }
    packed[out++] = (uint8_t)(size - from), packed[out++] = 0;
    while (from < size)
        packed[out++] = plain[from++];
    return out;
}

static int expand(int size)
{
    int out = 0;
    for (int at = 0; at < size;)
    {
        int literals = packed[at++], length = packed[at++];
        for (int i = 0; i < literals; i++)
            expanded[out++] = packed[at++];
        if (at >= size)
            break;
        int distance = packed[at] | packed[at + 1] << 8;
        at += 2;
        for (int i = 0; i < length; i++, out++)
            expanded[out] = expanded[out - distance];
    }
    return out;
}

int run(int n)
{
    int size = n * 1024;
    fill(size);
    int length = pack(size);
    if (expand(length) != size)
        return -1;
    for (int i = 0; i < size; i++)
        if (plain[i] != expanded[i])
            return -2;
    return length;
}
