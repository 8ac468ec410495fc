#include "json.h"
#include <string.h>

typedef struct {
    const uint8_t *at, *end;
} Reader;

static int peek(const Reader *reader) {
    return reader->at < reader->end ? *reader->at : -1;
}

static void skip_spaces(Reader *reader) {
    while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\n' || peek(reader) == '\r')
        reader->at++;
}

static int take(Reader *reader, int byte) {
    skip_spaces(reader);
    if (peek(reader) != byte)
        return 0;
    reader->at++;
    return 1;
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
static int is_utf8(Slice text) {
    uint32_t i = 0;
    while (i < text.size) {
        uint8_t first = text.bytes[i++];
        if (first < 0x80)
            continue;
        int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4 || text.size - i < (uint32_t)more)
            return 0;
        uint8_t second = text.bytes[i];
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
            (first == 0xf4 && second > 0x8f))
            return 0;
        for (; more > 0; more--)
            if ((text.bytes[i++] & 0xc0) != 0x80)
                return 0;
    }
    return 1;
}

static int take_hex4(Reader *reader, uint32_t *unit) {
    if (reader->end - reader->at < 4)
        return 0;
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = *reader->at++;
        int lower = digit | 0x20;
        if (digit >= '0' && digit <= '9')
            *unit = *unit * 16 + (uint32_t)(digit - '0');
        else if (lower >= 'a' && lower <= 'f')
            *unit = *unit * 16 + (uint32_t)(lower - 'a' + 10);
        else
            return 0;
    }
    return 1;
}

static uint8_t *encode(uint8_t *to, uint32_t scalar) {
    if (scalar < 0x80) {
        *to++ = (uint8_t)scalar;
        return to;
    }
    int more = scalar < 0x800 ? 1 : scalar < 0x10000 ? 2 : 3;
    static const uint8_t lead[4] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (uint8_t)(lead[more] | scalar >> (6 * more));
    while (more-- > 0)
        *to++ = (uint8_t)(0x80 | (scalar >> (6 * more) & 0x3f));
    return to;
}

static int take_unicode(Reader *reader, uint8_t **to) {
    uint32_t unit, low;
    if (!take_hex4(reader, &unit) || (unit >= 0xdc00 && unit <= 0xdfff))
        return 0;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        if (reader->end - reader->at < 6 || *reader->at++ != '\\' || *reader->at++ != 'u' || !take_hex4(reader, &low) || low < 0xdc00 ||
            low > 0xdfff)
            return 0;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = encode(*to, unit);
    return 1;
}

// The result is never longer than its quoted form, so it is written into room of that size.
static int take_string(Reader *reader, Slice *result) {
    if (!take(reader, '"'))
        return 0;
    uint8_t *start = arena_take((uint32_t)(reader->end - reader->at));
    uint8_t *to = start;
    while (reader->at < reader->end) {
        uint8_t byte = *reader->at++;
        if (byte == '"') {
            *result = (Slice){start, (uint32_t)(to - start)};
            return 1;
        }
        if (byte < 0x20)
            return 0;
        if (byte != '\\') {
            *to++ = byte;
            continue;
        }
        static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
        int escape = peek(reader);
        const char *name = escape > 0 ? strchr(names, escape) : 0;
        reader->at++;
        if (name)
            *to++ = (uint8_t)meant[name - names];
        else if (escape != 'u' || !take_unicode(reader, &to))
            return 0;
    }
    return 0;
}

static int equals(Slice text, const char *literal) {
    return text.size == strlen(literal) && memcmp(text.bytes, literal, text.size) == 0;
}

static const char *take_field(Reader *reader, Request *request) {
    Slice name, value;
    if (!take_string(reader, &name))
        return "invalid json: expected a field's name";
    if (!take(reader, ':'))
        return "invalid json: expected ':'";
    if (!take_string(reader, &value))
        return "invalid json: every value must be a string";
    Slice *slot = 0;
    int *seen = 0;
    if (equals(name, "op"))
        slot = &request->op, seen = &request->has_op;
    else if (equals(name, "key"))
        slot = &request->key, seen = &request->has_key;
    else if (equals(name, "data_base64"))
        slot = &request->data_base64, seen = &request->has_data;
    if (slot == 0)
        return 0;
    if (*seen)
        return "invalid json: a field comes twice";
    *slot = value;
    *seen = 1;
    return 0;
}

const char *json_read_request(Slice text, Request *request) {
    *request = (Request){0};
    if (!is_utf8(text))
        return "invalid json: the text is not UTF-8";
    Reader reader = {text.bytes, text.bytes + text.size};
    if (!take(&reader, '{'))
        return "invalid json: expected an object";
    if (!take(&reader, '}')) {
        do {
            skip_spaces(&reader);
            const char *wrong = take_field(&reader, request);
            if (wrong)
                return wrong;
        } while (take(&reader, ','));
        if (!take(&reader, '}'))
            return "invalid json: expected ',' or '}'";
    }
    skip_spaces(&reader);
    return reader.at == reader.end ? 0 : "invalid json: more text after the object";
}

void put_bytes(Writer *writer, const void *bytes, uint32_t size) {
    // Beyond a gibibyte the doubling would wrap around.
    if (size > 1u << 30 || writer->size + size > 1u << 30)
        __builtin_trap();
    if (writer->room - writer->size < size) {
        uint32_t room = (writer->size + size) * 2;
        uint8_t *larger = arena_take(room);
        if (writer->size > 0)
            memcpy(larger, writer->bytes, writer->size);
        writer->bytes = larger;
        writer->room = room;
    }
    memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
}

void put_text(Writer *writer, const char *text) {
    put_bytes(writer, text, (uint32_t)strlen(text));
}

void put_number(Writer *writer, uint32_t number) {
    char digits[10];
    int i = 10;
    do
        digits[--i] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put_bytes(writer, digits + i, (uint32_t)(10 - i));
}

void put_hex(Writer *writer, const uint8_t *bytes, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        char pair[2] = {"0123456789abcdef"[bytes[i] >> 4], "0123456789abcdef"[bytes[i] & 15]};
        put_bytes(writer, pair, 2);
    }
}

void put_string(Writer *writer, Slice text) {
    put_text(writer, "\"");
    for (uint32_t i = 0; i < text.size; i++) {
        uint8_t byte = text.bytes[i];
        if (byte == '"' || byte == '\\') {
            put_text(writer, "\\");
            put_bytes(writer, &byte, 1);
        } else if (byte < 0x20) {
            put_text(writer, "\\u00");
            put_hex(writer, &byte, 1);
        } else
            put_bytes(writer, &byte, 1);
    }
    put_text(writer, "\"");
}
