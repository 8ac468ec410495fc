// A key-value store on the program's state, for the ONVM ABI. One JSON request in, one JSON reply out:
//   {"op":"put","key":K,"data_base64":B} | {"op":"get","key":K} | {"op":"list"} | {"op":"clear"} | {"op":"stats"}
// Requests and replies have the fields of ONVM's own sample of this name, so its clients work with either.
#include "arena.h"
#include "base64.h"
#include "blake3.h"
#include "json.h"
#include <string.h>

#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))

IMPORT("onvm_state_put") int32_t state_put(const void *key, uint32_t key_size, const void *value, uint32_t value_size);
IMPORT("onvm_state_get") int32_t state_get(const void *key, uint32_t key_size, void *out, uint32_t room);
IMPORT("onvm_state_len") int64_t state_len(const void *key, uint32_t key_size);
IMPORT("onvm_state_del") int32_t state_del(const void *key, uint32_t key_size);
IMPORT("onvm_state_list") int32_t state_list(const void *prefix, uint32_t prefix_size, void *out, uint32_t room);

static const char refused[] = "the host refused the state call";

static void put_checksum(Writer *reply, Slice data) {
    uint8_t digest[32];
    blake3(data, digest);
    put_text(reply, ",\"checksum\":\"");
    put_hex(reply, digest, sizeof digest);
    put_text(reply, "\"");
}

static void put_entry(Writer *reply, Slice key, Slice value) {
    put_text(reply, "\"key\":");
    put_string(reply, key);
    put_text(reply, ",\"size\":");
    put_number(reply, value.size);
    put_checksum(reply, value);
}

// The length is asked first: onvm_state_get answers 0 for a missing key and for an empty value alike.
static const char *load(Slice key, Slice *value) {
    int64_t size = state_len(key.bytes, key.size);
    if (size < 0)
        return "missing key";
    *value = (Slice){arena_take((uint32_t)size), (uint32_t)size};
    return state_get(key.bytes, key.size, value->bytes, value->size) == (int32_t)size ? 0 : refused;
}

// All keys, ascending, each behind its length as four bytes. Room doubles until the list fits.
static const char *load_keys(Slice *keys) {
    for (uint32_t room = 4096; room <= 1u << 30; room *= 2) {
        uint8_t *out = arena_take(room);
        int32_t size = state_list("", 0, out, room);
        if (size >= 0) {
            *keys = (Slice){out, (uint32_t)size};
            return 0;
        }
    }
    return refused;
}

static int next_key(Slice *keys, Slice *key) {
    if (keys->size < 4)
        return 0;
    memcpy(&key->size, keys->bytes, 4);
    key->bytes = keys->bytes + 4;
    keys->bytes += 4 + key->size;
    keys->size -= 4 + key->size;
    return 1;
}

static const char *put(const Request *request, Writer *reply) {
    Slice data;
    if (!request->has_key)
        return "invalid json: missing field `key`";
    if (!request->has_data)
        return "invalid json: missing field `data_base64`";
    if (!base64_read(request->data_base64, &data))
        return "base64 decode: not canonical base64";
    if (state_put(request->key.bytes, request->key.size, data.bytes, data.size) != 0)
        return refused;
    put_text(reply, "{\"status\":\"okput\",");
    put_entry(reply, request->key, data);
    return 0;
}

static const char *get(const Request *request, Writer *reply) {
    Slice value;
    if (!request->has_key)
        return "invalid json: missing field `key`";
    const char *wrong = load(request->key, &value);
    if (wrong)
        return wrong;
    put_text(reply, "{\"status\":\"okget\",");
    put_entry(reply, request->key, value);
    put_text(reply, ",\"data_base64\":\"");
    Slice encoded = base64_write(value);
    put_bytes(reply, encoded.bytes, encoded.size);
    put_text(reply, "\"");
    return 0;
}

static const char *list(Writer *reply) {
    Slice keys, key, value;
    const char *wrong = load_keys(&keys);
    put_text(reply, "{\"status\":\"oklist\",\"entries\":[");
    for (int first = 1; !wrong && next_key(&keys, &key); first = 0) {
        wrong = load(key, &value);
        if (wrong)
            break;
        put_text(reply, first ? "{" : ",{");
        put_entry(reply, key, value);
        put_text(reply, "}");
    }
    put_text(reply, "]");
    return wrong;
}

static const char *clear(Writer *reply) {
    Slice keys, key;
    const char *wrong = load_keys(&keys);
    uint32_t removed = 0;
    for (; !wrong && next_key(&keys, &key); removed++)
        if (state_del(key.bytes, key.size) != 0)
            wrong = refused;
    put_text(reply, "{\"status\":\"okclear\",\"removed\":");
    put_number(reply, removed);
    return wrong;
}

static const char *stats(Writer *reply) {
    Slice keys, key, value;
    Writer all = {0};
    uint32_t count = 0, bytes = 0;
    const char *wrong = load_keys(&keys);
    for (; !wrong && next_key(&keys, &key); count++) {
        wrong = load(key, &value);
        if (wrong)
            break;
        bytes += value.size;
        put_bytes(&all, key.bytes, key.size);
        put_bytes(&all, value.bytes, value.size);
    }
    put_text(reply, "{\"status\":\"okstats\",\"total_keys\":");
    put_number(reply, count);
    put_text(reply, ",\"total_bytes\":");
    put_number(reply, bytes);
    put_checksum(reply, (Slice){all.bytes, all.size});
    return wrong;
}

static int is_op(const Request *request, const char *op) {
    return request->op.size == strlen(op) && memcmp(request->op.bytes, op, request->op.size) == 0;
}

static const char *answer(Slice input, Writer *reply) {
    Request request;
    const char *wrong = json_read_request(input, &request);
    if (wrong)
        return wrong;
    if (!request.has_op)
        return "invalid json: missing field `op`";
    if (is_op(&request, "put"))
        return put(&request, reply);
    if (is_op(&request, "get"))
        return get(&request, reply);
    if (is_op(&request, "list"))
        return list(reply);
    if (is_op(&request, "clear"))
        return clear(reply);
    if (is_op(&request, "stats"))
        return stats(reply);
    return "invalid json: unknown op, expected put, get, list, clear or stats";
}

// A structure returned by value is written through a hidden first parameter: the "sret" entry convention.
__attribute__((export_name("onvm_main"))) Slice onvm_main(uint8_t *input, uint32_t size) {
    Writer reply = {0};
    const char *wrong = answer((Slice){input, size}, &reply);
    if (wrong) {
        reply.size = 0;
        put_text(&reply, "{\"status\":\"err\",\"message\":");
        put_string(&reply, (Slice){(uint8_t *)wrong, (uint32_t)strlen(wrong)});
    }
    put_text(&reply, "}");
    return (Slice){reply.bytes, reply.size};
}
