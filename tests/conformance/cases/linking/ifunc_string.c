// The C library's own indirect functions, as the processor makes it choose them, in namespaces too: GNU ifunc.
#include <strings.h>
#include <wchar.h>

#include "library.h"

static void use(void* libc) {
  char text[300];
  void* (*set)(void*, int, size_t) = FUNCTION(void*(void*, int, size_t), libc, "memset");
  size_t (*length)(const char*) = FUNCTION(size_t(const char*), libc, "strlen");
  char* (*find)(const char*, int) = FUNCTION(char*(const char*, int), libc, "strchr");
  int (*compare)(const char*, const char*) = FUNCTION(int(const char*, const char*), libc, "strcasecmp");
  for (size_t size = 1; size < sizeof text; size += 37) {
    set(text, 'x', size);
    text[size - 1] = 0;
    NEED(length(text) == size - 1 && find(text, 0) == text + size - 1);
  }
  SHOW(compare("KYLIN", "kylin"));
  SHOW(FUNCTION(size_t(const wchar_t*), libc, "wcslen")(L"wide"));
}

CASE {
  use(RTLD_DEFAULT);
  use(dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW));
}
