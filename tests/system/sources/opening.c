// Opens the library `updatable` and closes it again, by commands on standard input; see updated.c.
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  char line[64];
  void *library = NULL;
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strncmp(line, "open", 4) == 0) {
      library = dlopen("libupdatable.so", RTLD_LAZY);
      puts(library != NULL ? "open" : dlerror());
    } else if (strncmp(line, "close", 5) == 0) {
      const int closed = dlclose(library);
      printf("closed %d, still there %d\n", closed, dlopen("libupdatable.so", RTLD_LAZY | RTLD_NOLOAD) != NULL);
    } else if (strncmp(line, "show", 4) == 0) {
      int (*version)(void) = (int (*)(void))dlsym(library, "updatable_version");
      int (*count)(void) = (int (*)(void))dlsym(library, "updatable_count");
      char *(*text)(int) = (char *(*)(int))dlsym(library, "updatable_text");
      int (*thread)(void) = (int (*)(void))dlsym(library, "updatable_in_thread");
      int (*added)(void) = (int (*)(void))dlsym(library, "updatable_added");
      printf("%d count %d text %s thread %d added %d\n", version(), count(), text(3), thread(), added != NULL ? added() : 0);
    }
  }
  return 0;
}
