// Counts the primes below N, where the input is N as a decimal number: work whose amount the client chooses.
// A segmented sieve of Eratosthenes, so that memory stays small whatever N is. N above the limit is refused with exit code 2.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The square of the largest base prime's bound: base primes below 65,536 sieve every number below 2^32.
#define NUMBER_MAX 4294967296ull
#define BASE_MAX 65536
#define BASE_PRIMES 6542
#define SEGMENT (32 * 1024)

static uint8_t base_composite[BASE_MAX];
static uint32_t base_primes[BASE_PRIMES];
static uint8_t composite[SEGMENT];

static int find_base_primes(void) {
    int count = 0;
    for (uint32_t number = 2; number < BASE_MAX; number++) {
        if (base_composite[number])
            continue;
        base_primes[count++] = number;
        for (uint64_t multiple = (uint64_t)number * number; multiple < BASE_MAX; multiple += number)
            base_composite[multiple] = 1;
    }
    return count;
}

static uint32_t count_segment(uint64_t low, uint64_t high, int base_count) {
    memset(composite, 0, sizeof composite);
    for (int i = 0; i < base_count; i++) {
        uint64_t prime = base_primes[i];
        if (prime * prime >= high)
            break;
        uint64_t first = (low + prime - 1) / prime * prime;
        if (first < prime * prime)
            first = prime * prime;
        for (uint64_t multiple = first; multiple < high; multiple += prime)
            composite[multiple - low] = 1;
    }
    uint32_t count = 0;
    for (uint64_t number = low; number < high; number++)
        count += number >= 2 && !composite[number - low];
    return count;
}

static int fail(const char *message) {
    write(STDERR_FILENO, message, strlen(message));
    return 2;
}

int main(void) {
    char text[32];
    size_t size = 0;
    for (;;) {
        ssize_t part = read(STDIN_FILENO, text + size, sizeof text - size);
        if (part < 0)
            return 1;
        if (part == 0)
            break;
        size += (size_t)part;
        if (size == sizeof text)
            return fail("the input is too long: expected one decimal number up to 4294967296\n");
    }
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r' || text[size - 1] == ' '))
        size--;
    if (size == 0)
        return fail("the input is empty: expected one decimal number up to 4294967296\n");
    uint64_t limit = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return fail("the input is not a number: expected one decimal number up to 4294967296\n");
        limit = limit * 10 + (uint64_t)(text[i] - '0');
        if (limit > NUMBER_MAX)
            return fail("the number is too large: expected one decimal number up to 4294967296\n");
    }

    int base_count = find_base_primes();
    uint32_t count = 0;
    for (uint64_t low = 0; low < limit; low += SEGMENT)
        count += count_segment(low, limit - low < SEGMENT ? limit : low + SEGMENT, base_count);

    char reply[16];
    int length = snprintf(reply, sizeof reply, "%u\n", (unsigned)count);
    return write(STDOUT_FILENO, reply, (size_t)length) == length ? 0 : 1;
}
