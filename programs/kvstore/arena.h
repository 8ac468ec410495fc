// Memory for one run. Nothing is given back: the host makes a fresh instance for each run.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *bytes;
    uint32_t size;
} Slice;

// Traps where the job's memory limit leaves no room, because a reply that says so could not be built either.
uint8_t *arena_take(uint32_t size);
