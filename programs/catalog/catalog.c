// Looks through /in and all directories in it, and leaves two files: /out/index.txt with the path, size and line count of each file, and
// /out/text/all.txt with the files one after the other. Prints how many files there were.
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static FILE *list, *all;
static unsigned files;

static int take_file(const char *path) {
    static char buffer[16 * 1024];
    FILE *file = fopen(path, "r");
    if (!file)
        return perror(path), -1;
    unsigned long long bytes = 0, lines = 0;
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, file)) > 0; bytes += size) {
        for (size_t i = 0; i < size; i++)
            lines += buffer[i] == '\n';
        if (fwrite(buffer, 1, size, all) != size)
            return perror("/out/text/all.txt"), -1;
    }
    fclose(file);
    files++;
    return fprintf(list, "%s %llu %llu\n", path + strlen("/in/"), bytes, lines) < 0 ? -1 : 0;
}

static int take_directory(const char *path) {
    DIR *directory = opendir(path);
    if (!directory)
        return perror(path), -1;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char inner[512];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            return fprintf(stderr, "%s: the path is too long\n", entry->d_name), -1;
        if ((entry->d_type == DT_DIR ? take_directory(inner) : take_file(inner)) < 0)
            return -1;
    }
    return closedir(directory);
}

int main(void) {
    if (mkdir("/out/text", 0777) < 0 || !(list = fopen("/out/index.txt", "w")) || !(all = fopen("/out/text/all.txt", "w")))
        return perror("/out"), 1;
    if (take_directory("/in") < 0 || fclose(list) != 0 || fclose(all) != 0)
        return 1;
    printf("%u files\n", files);
    return 0;
}
