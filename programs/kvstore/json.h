// The little JSON that requests and replies need.
#pragma once
#include "arena.h"

typedef struct {
    Slice op, key, data_base64;
    int has_op, has_key, has_data;
} Request;

// Reads one object whose values are all strings; unknown names are passed over.
// Returns null, or a sentence saying what is wrong with the text.
const char *json_read_request(Slice text, Request *request);

// A growing text; `room` is kept by doubling.
typedef struct {
    uint8_t *bytes;
    uint32_t size, room;
} Writer;

void put_bytes(Writer *writer, const void *bytes, uint32_t size);
void put_text(Writer *writer, const char *text);
void put_number(Writer *writer, uint32_t number);
void put_hex(Writer *writer, const uint8_t *bytes, uint32_t size);

// Writes a quoted string; the bytes are UTF-8, as every request's strings are.
void put_string(Writer *writer, Slice text);
