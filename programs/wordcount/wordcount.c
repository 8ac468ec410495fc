// Counts lines, words and bytes of its input, as wc does: a line ends with a newline, a word is a run of bytes that are no ASCII space.
#include <stdio.h>
#include <unistd.h>

static unsigned char buffer[16 * 1024];

static int is_space(unsigned char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

int main(void) {
    unsigned long long lines = 0, words = 0, bytes = 0;
    int inside_word = 0;
    ssize_t size;
    while ((size = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
        bytes += (unsigned long long)size;
        for (ssize_t i = 0; i < size; i++) {
            lines += buffer[i] == '\n';
            int space = is_space(buffer[i]);
            words += !space && !inside_word;
            inside_word = !space;
        }
    }
    if (size < 0)
        return 1;
    char reply[128];
    int length = snprintf(reply, sizeof reply, "lines %llu\nwords %llu\nbytes %llu\n", lines, words, bytes);
    return write(STDOUT_FILENO, reply, (size_t)length) == length ? 0 : 1;
}
