// The lines of a library in /proc/self/maps: protections, offsets, what lies between its segments: proc(5).
// library: separate -Wl,-z,separate-code,-z,relro,-z,now
// library: joined -Wl,-z,noseparate-code,-z,norelro
#include "library.h"

#if defined LIBRARY_separate || defined LIBRARY_joined
int data[2000] = {1};
int zeros[5000];
int* const relocated[] = {data};
int sum(void) {
  return data[0] + zeros[0] + *relocated[0];
}
#else
static void show(const char* name) {
  must_open(name, RTLD_NOW);
  char line[PATH_MAX + 200];
  FILE* maps = fopen("/proc/self/maps", "r");
  unsigned long last = 0;
  int is_rest = 0;
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end, offset;
    char protection[8];
    NEED(sscanf(line, "%lx-%lx %7s %lx", &start, &end, protection, &offset) == 4);
    int is_ours = strstr(line, name) != NULL;
    // What follows the last segment is anonymous memory for variables that begin as zero.
    if (is_ours || (is_rest && start == last && strchr(line, '/') == NULL))
      say("%s %lu pages, offset %lx%s\n", protection, (end - start) / KX_PAGE, offset,
          !is_ours                     ? ", anonymous"
          : last != 0 && start != last ? ", after a hole"
                                       : "");
    last = is_ours ? end : 0, is_rest = is_ours && strcmp(protection, "rw-p") == 0;
  }
  fclose(maps);
}

CASE {
  show("libseparate.so");
  show("libjoined.so");
}
#endif
