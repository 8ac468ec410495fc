#include "arena.h"

#define PAGE 65536u

static uint32_t next_free = 0;
static uint32_t end = 0;

// The arena lives in pages that it asked for itself: the host puts the input behind what the module declared, so that is not free.
uint8_t *arena_take(uint32_t size) {
    uint32_t needed = (size + 7) & ~7u;
    if (needed < size)
        __builtin_trap();
    if (end - next_free < needed) {
        uint32_t pages = needed / PAGE + 1;
        size_t grown = __builtin_wasm_memory_grow(0, pages);
        if (grown == (size_t)-1)
            __builtin_trap();
        uint32_t start = (uint32_t)grown * PAGE;
        if (start != end)
            next_free = start;
        end = start + pages * PAGE;
    }
    uint8_t *taken = (uint8_t *)next_free;
    next_free += needed;
    return taken;
}
