// Writes its input back with the letters a to z as capitals. All other bytes pass unchanged, so UTF-8 stays whole.
#include <unistd.h>

static char buffer[16 * 1024];

// A write may take less than it was given; what is left is offered again.
static int write_all(const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, size);
        if (written <= 0)
            return 0;
        bytes += written;
        size -= (size_t)written;
    }
    return 1;
}

int main(void) {
    for (;;) {
        ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
        if (size < 0)
            return 1;
        if (size == 0)
            return 0;
        for (ssize_t i = 0; i < size; i++)
            if (buffer[i] >= 'a' && buffer[i] <= 'z')
                buffer[i] = (char)(buffer[i] - 'a' + 'A');
        if (!write_all(buffer, (size_t)size))
            return 1;
    }
}
