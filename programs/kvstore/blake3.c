#include "blake3.h"
#include <string.h>

enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };
enum { BLOCK = 64, CHUNK = 1024, DEPTH_MAX = 22 }; // 2^22 chunks are 4 GiB, more than a 32-bit memory holds.

static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const uint8_t permutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};

static uint32_t rotate(uint32_t word, int count) {
    return word >> count | word << (32 - count);
}

static void mix(uint32_t *v, int a, int b, int c, int d, uint32_t x, uint32_t y) {
    v[a] += v[b] + x;
    v[d] = rotate(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 12);
    v[a] += v[b] + y;
    v[d] = rotate(v[d] ^ v[a], 8);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 7);
}

// Section 2.2; the first eight words of the result are the new chaining value.
static void compress(uint32_t chain[8], const uint8_t block[BLOCK], uint32_t size, uint64_t counter, uint32_t flags) {
    uint32_t words[16], permuted[16], v[16];
    memcpy(words, block, BLOCK);
    memcpy(v, chain, 32);
    memcpy(v + 8, initial, 16);
    v[12] = (uint32_t)counter;
    v[13] = (uint32_t)(counter >> 32);
    v[14] = size;
    v[15] = flags;
    for (int round = 0; round < 7; round++) {
        for (int i = 0; i < 4; i++)
            mix(v, i, 4 + i, 8 + i, 12 + i, words[2 * i], words[2 * i + 1]);
        for (int i = 0; i < 4; i++)
            mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, words[8 + 2 * i], words[9 + 2 * i]);
        for (int i = 0; i < 16; i++)
            permuted[i] = words[permutation[i]];
        memcpy(words, permuted, sizeof words);
    }
    for (int i = 0; i < 8; i++)
        chain[i] = v[i] ^ v[i + 8];
}

static void hash_chunk(uint32_t chain[8], const uint8_t *bytes, uint32_t size, uint64_t index, uint32_t last_flags) {
    memcpy(chain, initial, 32);
    uint32_t flags = CHUNK_START;
    do {
        uint32_t part = size < BLOCK ? size : BLOCK;
        uint8_t block[BLOCK] = {0};
        memcpy(block, bytes, part);
        bytes += part;
        size -= part;
        compress(chain, block, part, index, flags | (size == 0 ? CHUNK_END | last_flags : 0));
        flags = 0;
    } while (size > 0);
}

static void hash_parent(uint32_t left[8], const uint32_t right[8], uint32_t flags) {
    uint8_t block[BLOCK];
    memcpy(block, left, 32);
    memcpy(block + 32, right, 32);
    memcpy(left, initial, 32);
    compress(left, block, BLOCK, 0, PARENT | flags);
}

void blake3(Slice message, uint8_t digest[32]) {
    uint32_t stack[DEPTH_MAX + 1][8];
    uint32_t chain[8];
    int depth = 0;
    uint32_t index = 0;
    while (message.size > CHUNK) {
        hash_chunk(stack[depth++], message.bytes, CHUNK, index++, 0);
        message.bytes += CHUNK;
        message.size -= CHUNK;
        // One merge for each subtree that this chunk completed: as many as the count of chunks has trailing zeros.
        for (uint32_t chunks = index; (chunks & 1) == 0; chunks >>= 1, depth--)
            hash_parent(stack[depth - 2], stack[depth - 1], 0);
    }
    hash_chunk(chain, message.bytes, message.size, index, depth == 0 ? ROOT : 0);
    while (depth > 0) {
        depth--;
        hash_parent(stack[depth], chain, depth == 0 ? ROOT : 0);
        memcpy(chain, stack[depth], 32);
    }
    memcpy(digest, chain, 32);
}
