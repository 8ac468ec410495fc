#include "base64.h"
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit(uint8_t letter) {
    const char *at = letter ? strchr(alphabet, letter) : 0;
    return at ? (int)(at - alphabet) : -1;
}

int base64_read(Slice text, Slice *bytes) {
    if (text.size % 4 != 0)
        return 0;
    uint32_t padding = 0;
    while (padding < 2 && padding < text.size && text.bytes[text.size - 1 - padding] == '=')
        padding++;
    uint8_t *out = arena_take(text.size / 4 * 3);
    *bytes = (Slice){out, text.size / 4 * 3 - padding};
    for (uint32_t i = 0; i < text.size; i += 4) {
        uint32_t group = 0;
        for (uint32_t j = i; j < i + 4; j++) {
            int value = j >= text.size - padding ? 0 : digit(text.bytes[j]);
            if (value < 0)
                return 0;
            group = group << 6 | (uint32_t)value;
        }
        *out++ = (uint8_t)(group >> 16);
        *out++ = (uint8_t)(group >> 8);
        *out++ = (uint8_t)group;
    }
    // Bits that the padding cuts off must be zero, else two texts would mean the same bytes.
    for (uint32_t i = 0; i < padding; i++)
        if (bytes->bytes[bytes->size + i] != 0)
            return 0;
    return 1;
}

Slice base64_write(Slice bytes) {
    uint32_t groups = bytes.size / 3 + (bytes.size % 3 != 0);
    uint8_t *out = arena_take(groups * 4);
    Slice text = {out, groups * 4};
    for (uint32_t i = 0; i < bytes.size; i += 3) {
        uint32_t left = bytes.size - i;
        uint32_t group = (uint32_t)bytes.bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes.bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes.bytes[i + 2];
        *out++ = (uint8_t)alphabet[group >> 18];
        *out++ = (uint8_t)alphabet[group >> 12 & 63];
        *out++ = left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? (uint8_t)alphabet[group & 63] : '=';
    }
    return text;
}
