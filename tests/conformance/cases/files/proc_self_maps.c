// /proc/self/maps shows this program's mappings with their protections and names: proc(5).
#include "case.h"

static char text[262144];

static const char* line_of(const void* address) {
  for (char* line = text; *line;) {
    unsigned long first, last;
    if (sscanf(line, "%lx-%lx", &first, &last) == 2 && (uintptr_t)address >= first && (uintptr_t)address < last)
      return line;
    line = strchr(line, '\n');
    if (!line++) break;
  }
  return "none none none\n";
}

static void show(const char* what, const void* address) {
  int fd = open("/proc/self/maps", O_RDONLY);
  long size = 0, got;
  while ((got = read(fd, text + size, sizeof text - 1 - (size_t)size)) > 0) size += got;
  close(fd);
  text[size] = 0;
  char line[PATH_MAX + 128], protection[8] = "", name[PATH_MAX] = "";
  const char* found = line_of(address);
  snprintf(line, sizeof line, "%.*s", (int)strcspn(found, "\n"), found);
  sscanf(line, "%*s %7s %*s %*s %*s %4000s", protection, name);
  char* slash = strrchr(name, '/');
  say("%s: %s %s\n", what, protection, slash ? slash + 1 : name);
}

CASE {
  static const char constant[] = "constant";
  static int data = 5;
  int local;
  char* memory = fresh_pages(4);
  int fd = file_with("file", "text");
  show("text", (void*)(uintptr_t)show);
  show("constants", constant);
  show("data", &data);
  show("stack", &local);
  show("heap", malloc(10));
  show("anonymous", memory);
  NEED(mprotect(memory, KX_PAGE, PROT_READ) == 0);
  show("read-only", memory);
  show("after it", memory + KX_PAGE);
  show("shared file", mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  show("private file", mmap(NULL, KX_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
  NEED(munmap(memory, 4 * KX_PAGE) == 0);
  show("unmapped", (void*)8);
  CHECK(strstr(text, "[vdso]") != NULL);
}
