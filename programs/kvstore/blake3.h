// BLAKE3-256 of one message: https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf
#pragma once
#include "arena.h"

void blake3(Slice message, uint8_t digest[32]);
