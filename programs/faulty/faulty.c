// Goes wrong in the way that its input names. The table in programs/README.md says how each run must end.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Volatile, so that the compiler neither folds the fault away nor proves it undefined and drops it.
static volatile int32_t zero = 0;
static volatile int32_t least = INT32_MIN;
static volatile uint32_t far_away = 0xfffffff0u;
static volatile int32_t depth = 0;

static char filler[4096];

static void say(int file, const char *text) {
    write(file, text, strlen(text));
}

static int recurse(int32_t level) {
    if (level < zero)
        return 0;
    depth = level;
    int below = recurse(level + 1);
    return below + depth;
}

static void add_one(int32_t *number) {
    *number += 1;
}

// Takes all memory that it can get and uses every page, so that a limit on address space alone does not help.
static void bomb_memory(void) {
    for (;;) {
        size_t page = __builtin_wasm_memory_grow(0, 16);
        if (page == (size_t)-1)
            abort();
        for (size_t i = 0; i < 16; i++)
            *(volatile char *)((page + i) * 65536) = 1;
    }
}

static void fill(int file, int blocks) {
    memset(filler, 'x', sizeof filler);
    for (int i = 0; blocks < 0 || i < blocks; i++)
        if (write(file, filler, sizeof filler) < 0)
            abort();
}

static void call_by_wrong_type(void) {
    void (*volatile target)(int32_t *) = add_one;
    int64_t (*wrong)(int64_t, int64_t) = (int64_t (*)(int64_t, int64_t))(uintptr_t)target;
    zero = (int32_t)wrong(1, 2);
}

// Terminal escapes, a forged log line, markup, bytes that are no UTF-8, a change of direction and a zero byte at the end.
static void speak_hostile(void) {
    static const char text[] =
        "\x1b[2J\x1b]0;owned\x07\x1b[31mred\n2026-01-01 INFO forged\r<script>alert(1)</script>[bold]"
        "\xff\xfe\xc0\x80\xed\xa0\x80\xe2\x80\xae\n";
    write(STDOUT_FILENO, text, sizeof text);
    write(STDERR_FILENO, text, sizeof text);
}

static int run(const char *mode) {
    if (strcmp(mode, "none") == 0)
        say(STDOUT_FILENO, "nothing went wrong\n");
    else if (strcmp(mode, "unreachable") == 0)
        __builtin_trap();
    else if (strcmp(mode, "divide") == 0)
        zero = 7 / zero;
    else if (strcmp(mode, "overflow") == 0)
        zero = least / (zero - 1);
    else if (strcmp(mode, "bounds") == 0)
        zero = *(volatile int32_t *)(uintptr_t)(far_away + 12);
    else if (strcmp(mode, "signature") == 0)
        call_by_wrong_type();
    else if (strcmp(mode, "loop") == 0)
        for (;;)
            depth++;
    else if (strcmp(mode, "recursion") == 0)
        return recurse(0);
    else if (strcmp(mode, "memory") == 0)
        bomb_memory();
    else if (strcmp(mode, "output") == 0)
        fill(STDOUT_FILENO, -1);
    else if (strcmp(mode, "log") == 0)
        fill(STDERR_FILENO, 1024);
    else if (strcmp(mode, "hostile") == 0)
        speak_hostile();
    else if (strncmp(mode, "exit ", 5) == 0)
        return atoi(mode + 5);
    else {
        say(STDERR_FILENO, "unknown mode; see programs/README.md\n");
        return 64;
    }
    return 0;
}

int main(void) {
    char mode[32];
    ssize_t size = read(STDIN_FILENO, mode, sizeof mode - 1);
    if (size < 0)
        return 1;
    while (size > 0 && (mode[size - 1] == '\n' || mode[size - 1] == '\r'))
        size--;
    mode[size] = 0;
    return run(mode);
}
