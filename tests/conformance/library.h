// For cases about shared libraries, which lie beside the program: opening them, finding symbols, errors in words.
//
// The program finds them by its run path, so "libNAME.so" is name enough; library_path() is for those who need the
// file. What is printed of a path is its last part: folders of the build are nobody's business.
#ifndef KX_LIBRARY_H
#define KX_LIBRARY_H

#include <dlfcn.h>
#include <link.h>

#include "case.h"

// The file of library NAME; the text is good until the next call.
static KX_UNUSED const char* library_path(const char* name) {
  static char path[PATH_MAX];
  char program[PATH_MAX - 300];
  ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
  NEED(size > 0);
  program[size] = 0;
  snprintf(path, sizeof path, "%s.libs/lib%s.so", program, name);
  return path;
}

static KX_UNUSED const char* last_part(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

// Opens what has to be there.
static KX_UNUSED void* must_open(const char* name, int flags) {
  void* library = dlopen(name, flags);
  if (!library) {
    say("preparation failed: %s\n", dlerror());
    _exit(98);
  }
  return library;
}

static KX_UNUSED void* must_find(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (!found) {
    say("preparation failed: %s\n", dlerror());
    _exit(98);
  }
  return found;
}

// FUNCTION(int(void), library, "name")() calls what has to be there.
#define FUNCTION(type, library, name) ((__typeof__(type)*)must_find(library, name))

// Prints whether the handle or address is there, or what dlerror says.
static KX_UNUSED void* say_found(const char* what, void* found) {
  say("%s: %s\n", what, found ? "there" : dlerror());
  return found;
}
#define FOUND(expression) say_found(#expression, expression)

// Writes the first `most` bytes of a file to another, which is made.
static KX_UNUSED void copy_part(const char* from, const char* to, size_t most) {
  static char buffer[65536];
  int source = open(from, O_RDONLY), target = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  NEED(source >= 0 && target >= 0);
  while (most > 0) {
    ssize_t got = read(source, buffer, most < sizeof buffer ? most : sizeof buffer);
    NEED(got >= 0);
    if (got == 0) break;
    NEED(write(target, buffer, (size_t)got) == got);
    most -= (size_t)got;
  }
  NEED(close(source) == 0 && close(target) == 0);
}

static KX_UNUSED void copy_library(const char* name, const char* to) {
  copy_part(library_path(name), to, SIZE_MAX);
}

// Whether a line of /proc/self/maps ends with this.
static KX_UNUSED int is_mapped(const char* ending) {
  char line[PATH_MAX + 200];
  int found = 0;
  FILE* maps = fopen("/proc/self/maps", "r");
  NEED(maps != NULL);
  while (fgets(line, sizeof line, maps)) {
    size_t size = strcspn(line, "\n"), wanted = strlen(ending);
    line[size] = 0;
    found |= size > wanted && strcmp(line + size - wanted, ending) == 0;
  }
  fclose(maps);
  return found;
}

#endif
